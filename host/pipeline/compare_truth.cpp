#include "host/pipeline/compare_truth.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>

#include "kernels/support/speed_of_light.hpp"

namespace firstlight::merits {
namespace {

constexpr float pure_above = 0.9F;          // estimated purity of pixels that pulls are taken of
constexpr double near_arrival_s = 100e-12;  // 15 mm of depth in air
constexpr double near_depth_m = 15e-3;
constexpr float enough_photons = 3;    // expected unscattered ones of a pixel whose depth can be found
constexpr double enough_contrast = 3;  // CNR from which on a target counts as seen

// What is compared: a view of the result with the truth, and which pixels are which.
struct Case {
    const Result& result;
    std::int64_t number;
    View view;
    const Truth& truth;
    const Scan& scan;
    Selected unmasked, open, closed;
};

double add_contrast(Figures& out, const Case& c, const char* layer, const char* name, const char* key) {
    if (!c.view.has(layer)) return std::numeric_limits<double>::quiet_NaN();
    const double value = cnr(c.view.of(layer), c.open.data(), c.closed.data());
    out.push_back({std::string("cnr_") + key, std::string("CNR ") + name, "", value});
    out.push_back({std::string("contrast_") + key, std::string("contrast ") + name, "",
                   michelson_contrast(c.view.of(layer), c.open.data(), c.closed.data())});
    return value;
}

void add_contrasts(Figures& out, const Case& c) {
    const double gated = add_contrast(out, c, "ballistic", "gated", "gated");
    const double ungated = add_contrast(out, c, "counts", "ungated", "ungated");
    if (c.view.has("ballistic") && c.view.has("counts"))
        out.push_back({"cnr_gain", "CNR gated / ungated", "", gated / ungated});
}

// The optical depth of the medium alone up to which open pixels stand out from closed ones: by classes of half a unit
// of at least 20 pixels, the mean of the deepest class that is seen.
void add_depth_reached(Comparison& out, const Case& c) {
    std::map<int, Selected> classes;
    std::map<int, double> sums;
    double deepest = std::numeric_limits<double>::quiet_NaN();
    const auto depths = view_of(c.truth.optical_depth, c.number, c.view.pixels());
    for (std::size_t p = 0; p < c.open.size(); ++p) {
        const double depth = static_cast<double>(depths[p]) + std::log(c.truth.transmission[p]);
        if (c.open[p] == 0 || !std::isfinite(depth)) continue;
        const int k = static_cast<int>(std::floor(2 * depth));
        classes.try_emplace(k, Selected(c.open.size(), 0)).first->second[p] = 1;
        sums[k] += depth;
    }
    for (const auto& [k, selected] : classes)
        if (count(selected) >= 20 && cnr(c.view.of("ballistic"), selected.data(), c.closed.data()) >= enough_contrast)
            deepest = sums[k] / count(selected);
    out.figures.push_back({"optical_depth_at_cnr_3", "optical depth seen with CNR of 3 and more", "", deepest});
    const Medium& m = c.scan.medium;
    if (!m.thickness_m || !m.mu_s_per_m) return;
    std::optional<double> reduced = m.mu_s_prime_per_m;
    if (!reduced && m.g) reduced = *m.mu_s_per_m * (1 - *m.g);
    out.figures.push_back({"mu_s_length", "scattering mean free paths, mu_s L", "", *m.mu_s_per_m * *m.thickness_m});
    if (reduced)
        out.figures.push_back(
            {"mu_s_prime_length", "transport mean free paths, mu_s' L", "", *reduced * *m.thickness_m});
}

// Pixels of `selected` whose counts are all but unscattered, as far as the result can tell.
Selected pure_of(const View& view, const Selected& selected) {
    if (!view.has("purity")) return selected;
    return where(selected, [&](std::size_t p) { return view.of("purity").values[p] > pure_above; });
}

// The purity of all counts of open pixels together: as estimated, and as the truth has it. One pixel's true share could
// only be had from its own counts, which are noisy.
void add_purity(Comparison& out, const Case& c, const std::vector<float>& expected) {
    const ImageView purity = c.view.of("purity"), ballistic = c.view.of("ballistic");
    double counts = 0, estimated = 0, unscattered = 0, variance = 0;
    for (std::size_t p = 0; p < c.open.size(); ++p) {
        if (c.open[p] == 0 || !std::isfinite(purity.values[p]) || !std::isfinite(ballistic.values[p])) continue;
        const double n = static_cast<double>(ballistic.values[p]);
        counts += n;
        estimated += n * static_cast<double>(purity.values[p]);
        unscattered += static_cast<double>(expected[p]);
        if (c.view.has("ballistic_sigma"))
            variance += std::pow(static_cast<double>(c.view.of("ballistic_sigma").values[p]), 2);
    }
    const double truth = unscattered / counts;
    out.figures.push_back({"purity_open", "purity of open pixels, estimated", "", estimated / counts});
    out.figures.push_back({"purity_open_true", "purity of open pixels, true", "", truth});
    if (variance > 0)
        out.figures.push_back(
            {"purity_open_true_sigma", "its error from counting", "", truth * std::sqrt(variance) / counts});
}

// The truth holds all unscattered counts; `ballistic` those within the gate, and scattered ones that came with them.
// So the truth is multiplied by the share that the gate held, and where purity is known, ballistic x purity (the
// estimate of its unscattered part) is compared too.
void add_ballistic(Comparison& out, const Case& c) {
    const View& view = c.view;
    const std::optional<double> share = gate_share(c.result.process, c.number);
    std::vector<float> expected = view_of(c.truth.ballistic, c.number, view.pixels());
    for (float& v : expected) v = static_cast<float>(static_cast<double>(v) * share.value_or(1));
    if (share) out.figures.push_back({"gate_share", "share of unscattered light in the gate", "", *share});
    out.notes.push_back(
        share ? fmt::format("ballistic is compared with the truth's unscattered counts x {:.4g}, the share of them "
                            "that the gate holds",
                            *share)
              : std::string("ballistic is compared with all of the truth's unscattered counts: the result does not say "
                            "which share of them its gate holds"));
    add_similarity(out.figures, "ballistic", "counts", view.of("ballistic"), view.of(expected), c.unmasked);
    if (view.has("purity")) add_purity(out, c, expected);
    if (!view.has("ballistic_sigma")) return;
    const Selected pure = pure_of(view, c.open);
    add_pulls(out.figures, "ballistic", view.of("ballistic"), view.of("ballistic_sigma"), view.of(expected), pure);
    if (!view.has("purity")) return;
    std::vector<float> unscattered(view.pixels());
    for (std::size_t p = 0; p < unscattered.size(); ++p)
        unscattered[p] = view.of("ballistic").values[p] * view.of("purity").values[p];
    const Pulls p = pulls(view.of(unscattered), view.of("ballistic_sigma"), view.of(expected), pure.data());
    out.figures.push_back({"unscattered_pull_mean", "ballistic x purity pulls, mean", "", p.mean});
    out.notes.push_back(
        fmt::format("pulls are of open pixels with purity above {:g}; scattered light within the gate "
                    "moves ballistic up and optical depth down",
                    static_cast<double>(pure_above)));
}

// Pulls of pixels that found the light or surface that the truth means; others are outliers, which no sigma covers.
void add_near_pulls(Figures& out, const Case& c, const char* layer, const char* sigma, const ImageView& truth,
                    double nearer_than, const Selected& selected) {
    if (!c.view.has(sigma)) return;
    const ImageView image = c.view.of(layer);
    const Selected near = where(selected, [&](std::size_t p) {
        return std::abs(static_cast<double>(image.values[p]) - static_cast<double>(truth.values[p])) <= nearer_than;
    });
    add_pulls(out, layer, image, c.view.of(sigma), truth, near);
}

void add_arrivals(Figures& out, const Case& c, const std::vector<float>& expected, const Selected& selected) {
    const ImageView arrival = c.view.of("arrival"), at = c.view.of(expected);
    const DepthError near = depth_error(arrival, at, near_arrival_s, selected.data());
    out.push_back({"arrival_pixels", "pixels with a true arrival", "", static_cast<double>(near.pixels)});
    out.push_back({"arrival_rmse", "arrival RMSE", "s", rmse(arrival, at, selected.data())});
    out.push_back({"arrival_within_100_ps", "arrival within 100 ps (share of pixels)", "", 1 - near.outlier_share});
    out.push_back({"arrival_rmse_within_100_ps", "arrival RMSE of those", "s", near.rmse_of_inliers});
    add_near_pulls(out, c, "arrival", "arrival_sigma", at, near_arrival_s, selected);
}

// Light goes to the true depth and back: 2 n z / c after the pulse enters the medium, which is when time is 0.
void add_returned_arrival(Comparison& out, const Case& c) {
    const double index = c.scan.medium.refractive_index.value_or(1);
    std::vector<float> expected = view_of(c.truth.depth_m, c.number, c.view.pixels());
    for (float& z : expected) z = static_cast<float>(2 * index * static_cast<double>(z) / speed_of_light);
    add_arrivals(out.figures, c, expected, c.unmasked);
    out.notes.push_back(fmt::format("arrival is compared with 2 n z / c of the true depth, n = {:g}", index));
}

// Through a medium unscattered light arrives everywhere at once; the layer is without the pixels' own delays. Where it
// has no standard deviation it was not measured but taken from the calibration that it would be compared with.
void add_one_arrival(Comparison& out, const Case& c) {
    add_arrivals(out.figures, c, std::vector<float>(c.view.pixels(), static_cast<float>(*c.scan.arrival_s)), c.open);
    out.notes.push_back("arrival is compared with the calibrated arrival, in open pixels");
}

void add_depth(Comparison& out, const Case& c) {
    const std::vector<float> expected = view_of(c.truth.depth_m, c.number, c.view.pixels());
    const ImageView depth = c.view.of("depth"), at = c.view.of(expected);
    const DepthError near = depth_error(depth, at, near_depth_m, c.unmasked.data());
    out.figures.push_back({"depth_pixels", "pixels with a true depth", "", static_cast<double>(near.pixels)});
    out.figures.push_back({"depth_rmse", "depth RMSE", "m", rmse(depth, at, c.unmasked.data())});
    out.figures.push_back({"depth_within_15_mm", "depth within 15 mm (share of pixels)", "", 1 - near.outlier_share});
    out.figures.push_back({"depth_rmse_within_15_mm", "depth RMSE of those", "m", near.rmse_of_inliers});
    out.figures.push_back({"depth_outlier_share", "depth outliers (farther, or none)", "", near.outlier_share});
    if (!c.truth.ballistic.empty()) {
        const std::vector<float> photons = view_of(c.truth.ballistic, c.number, c.view.pixels());
        const Selected enough = where(c.unmasked, [&](std::size_t p) { return photons[p] >= enough_photons; });
        const DepthError seen = depth_error(depth, at, near_depth_m, enough.data());
        out.figures.push_back({"depth_3_photons_pixels", "pixels of 3 and more unscattered photons", "",
                               static_cast<double>(seen.pixels)});
        out.figures.push_back({"depth_3_photons_rmse", "depth RMSE of those within 15 mm", "m", seen.rmse_of_inliers});
        out.figures.push_back({"depth_3_photons_outlier_share", "depth outliers of those", "", seen.outlier_share});
    }
    add_near_pulls(out.figures, c, "depth", "depth_sigma", at, near_depth_m, c.unmasked);
}

void add_optical_depth(Comparison& out, const Case& c) {
    const std::vector<float> expected = view_of(c.truth.optical_depth, c.number, c.view.pixels());
    const ImageView depth = c.view.of("optical_depth"), sigma = c.view.of("optical_depth_sigma"),
                    at = c.view.of(expected);
    const Selected pure = where(pure_of(c.view, c.open), [&](std::size_t p) { return std::isfinite(depth.values[p]); });
    out.figures.push_back({"optical_depth_rmse", "optical depth RMSE", "", rmse(depth, at, pure.data())});
    add_pulls(out.figures, "optical_depth", depth, sigma, at, pure);
    const Selected good = where(pure, [&](std::size_t p) {
        return std::abs(depth.values[p] - at.values[p]) <= 2 * static_cast<double>(sigma.values[p]);
    });
    out.figures.push_back(
        {"optical_depth_within_2_sigma", "optical depth within 2 sigma", "", count(good) / count(pure)});
}

}  // namespace

std::optional<double> gate_share(const Process& process, std::int64_t view) {
    for (const StageRecord& stage : process.stages)
        for (const std::string& name : {std::string("gate_share"), fmt::format("gate_share[{}]", view)})
            if (const auto found = stage.survey.find(name); found != stage.survey.end()) return found->second;
    return std::nullopt;
}

std::vector<float> view_of(const std::vector<double>& values, std::int64_t view, std::size_t pixels) {
    const std::size_t offset = values.size() > pixels ? static_cast<std::size_t>(view) * pixels : 0;
    return {values.begin() + static_cast<std::ptrdiff_t>(offset),
            values.begin() + static_cast<std::ptrdiff_t>(offset + pixels)};
}

Comparison against_truth(const Result& result, std::int64_t number, const Truth& truth, const Scan& scan) {
    const View view(result.images, number);
    const Selected unmasked = view.unmasked();
    Case c{result, number, view, truth, scan, unmasked, unmasked, Selected(unmasked.size(), 0)};
    if (!truth.transmission.empty()) {
        c.open = where(unmasked, [&](std::size_t p) { return truth.transmission[p] >= 0.5; });
        c.closed = where(unmasked, [&](std::size_t p) { return !(truth.transmission[p] >= 0.5); });
    }
    Comparison all{
        {{"pixels_open", "open pixels", "", count(c.open)}, {"pixels_closed", "closed pixels", "", count(c.closed)}},
        {}};
    if (!truth.transmission.empty()) add_contrasts(all.figures, c);
    if (!truth.transmission.empty() && !truth.optical_depth.empty() && view.has("ballistic")) add_depth_reached(all, c);
    if (!truth.ballistic.empty() && view.has("ballistic")) add_ballistic(all, c);
    if (view.has("arrival")) {
        if (!truth.depth_m.empty()) add_returned_arrival(all, c);
        else if (scan.path == LightPath::transmission && scan.arrival_s && view.has("arrival_sigma"))
            add_one_arrival(all, c);
    }
    if (!truth.depth_m.empty() && view.has("depth")) add_depth(all, c);
    if (!truth.optical_depth.empty() && view.has("optical_depth") && view.has("optical_depth_sigma"))
        add_optical_depth(all, c);
    return all;
}

}  // namespace firstlight::merits
