// firstlight compare: figures of merit of a result against a simulated scan's truth, or against another result.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "host/cli/command.hpp"
#include "host/cli/console.hpp"
#include "host/cli/file_kind.hpp"
#include "host/cli/result_report.hpp"
#include "host/figures_of_merit/image_quality.hpp"

namespace firstlight::cli {
namespace {

struct CompareOptions {
    std::string result, truth;
    bool json = false;
};

using Selected = std::vector<std::uint8_t>;

// A figure with the name for people and the key for programs.
struct Figure {
    std::string key, name, unit;
    double value = 0;
};
using Figures = std::vector<Figure>;

// What is known of one view, and what people must know to read it.
struct Comparison {
    Figures figures;
    std::vector<std::string> notes;
};

constexpr float pure_above = 0.9F;          // estimated purity of pixels that pulls are taken of
constexpr double near_arrival_s = 100e-12;  // 15 mm of depth in air
constexpr double speed_of_light = 299'792'458.0;

// Layers of one view of a result, as the figures of merit take them.
class View {
  public:
    View(const GatedImages& images, std::int64_t view)
        : images_(images), offset_(view * images.rows * images.columns) {}
    [[nodiscard]] bool has(const char* layer) const { return images_.layer(layer) != nullptr; }
    [[nodiscard]] ImageView of(const char* layer) const {
        return {images_.layer(layer)->values.data() + offset_, images_.rows, images_.columns};
    }
    [[nodiscard]] ImageView of(const std::vector<float>& values) const {
        return {values.data(), images_.rows, images_.columns};
    }
    [[nodiscard]] std::size_t pixels() const { return static_cast<std::size_t>(images_.rows * images_.columns); }
    // Pixels that were measured, not inpainted.
    [[nodiscard]] Selected unmasked() const {
        Selected selected(pixels(), 1);
        if (!images_.mask.empty())
            for (std::size_t p = 0; p < selected.size(); ++p)
                selected[p] = (images_.mask[static_cast<std::size_t>(offset_) + p] & masked_flags) == 0 ? 1 : 0;
        return selected;
    }

  private:
    const GatedImages& images_;
    std::int64_t offset_;
};

Selected both(const Selected& a, const Selected& b) {
    Selected out(a.size());
    for (std::size_t i = 0; i < a.size(); ++i) out[i] = a[i] != 0 && b[i] != 0 ? 1 : 0;
    return out;
}

std::vector<float> view_of(const std::vector<double>& values, std::int64_t view, std::size_t pixels) {
    const std::size_t offset = values.size() > pixels ? static_cast<std::size_t>(view) * pixels : 0;
    return {values.begin() + static_cast<std::ptrdiff_t>(offset),
            values.begin() + static_cast<std::ptrdiff_t>(offset + pixels)};
}

// "optical_depth" as people write it.
std::string in_words(std::string name) {
    std::replace(name.begin(), name.end(), '_', ' ');
    return name;
}

double range_of(const ImageView& image, const Selected& selected) {
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (std::int64_t p = 0; p < image.pixels(); ++p) {
        const double v = static_cast<double>(image.values[p]);
        if (selected[static_cast<std::size_t>(p)] == 0 || !std::isfinite(v)) continue;
        low = std::min(low, v);
        high = std::max(high, v);
    }
    return high - low;
}

void add_similarity(Figures& out, const std::string& layer, const std::string& unit, const ImageView& image,
                    const ImageView& expected, const Selected& selected) {
    const double range = range_of(expected, selected);
    const std::string name = in_words(layer);
    out.push_back({layer + "_rmse", name + " RMSE", unit, rmse(image, expected, selected.data())});
    out.push_back({layer + "_psnr_db", name + " PSNR", "dB", psnr(image, expected, range, selected.data())});
    out.push_back({layer + "_ssim", name + " SSIM", "", ssim(image, expected, range, selected.data())});
    out.push_back({layer + "_ncc", name + " NCC", "", ncc(image, expected, selected.data())});
}

void add_pulls(Figures& out, const std::string& layer, const ImageView& image, const ImageView& sigma,
               const ImageView& truth, const Selected& selected) {
    const Pulls p = pulls(image, sigma, truth, selected.data());
    const std::string name = in_words(layer);
    out.push_back({layer + "_pull_pixels", name + " pulls, pixels", "", static_cast<double>(p.pixels)});
    out.push_back({layer + "_pull_mean", name + " pulls, mean", "", p.mean});
    out.push_back({layer + "_pull_sd", name + " pulls, standard deviation", "", p.standard_deviation});
    out.push_back({layer + "_coverage_68", name + " pulls, within 1 sigma", "", p.coverage_68});
}

Selected within(const ImageView& image, const ImageView& sigma, const ImageView& truth, double sigmas,
                const Selected& selected) {
    Selected out(selected.size(), 0);
    for (std::size_t p = 0; p < out.size(); ++p)
        out[p] = selected[p] != 0 &&
                         std::abs(image.values[p] - truth.values[p]) <= sigmas * static_cast<double>(sigma.values[p])
                     ? 1
                     : 0;
    return out;
}

double count(const Selected& selected) { return static_cast<double>(std::count(selected.begin(), selected.end(), 1)); }

void add_contrasts(Figures& out, const View& view, const Selected& open, const Selected& closed) {
    const auto one = [&](const char* layer, const char* name, const char* key) {
        if (!view.has(layer)) return std::numeric_limits<double>::quiet_NaN();
        const double value = cnr(view.of(layer), open.data(), closed.data());
        out.push_back({std::string("cnr_") + key, std::string("CNR ") + name, "", value});
        out.push_back({std::string("contrast_") + key, std::string("contrast ") + name, "",
                       michelson_contrast(view.of(layer), open.data(), closed.data())});
        return value;
    };
    const double gated = one("ballistic", "gated", "gated");
    const double ungated = one("counts", "ungated", "ungated");
    if (view.has("ballistic") && view.has("counts"))
        out.push_back({"cnr_gain", "CNR gated / ungated", "", gated / ungated});
}

// Share of the unscattered light's response that the gate held, as the run found it; none where it did not say.
std::optional<double> gate_share(const Process& process, std::int64_t view) {
    for (const StageRecord& stage : process.stages)
        for (const std::string& name : {std::string("gate_share"), fmt::format("gate_share[{}]", view)})
            if (const auto found = stage.survey.find(name); found != stage.survey.end()) return found->second;
    return std::nullopt;
}

// Pixels of `selected` whose counts are all but unscattered, as far as the result can tell.
Selected pure_of(const View& view, const Selected& selected) {
    Selected pure = selected;
    if (view.has("purity"))
        for (std::size_t p = 0; p < pure.size(); ++p)
            pure[p] = selected[p] != 0 && view.of("purity").values[p] > pure_above ? 1 : 0;
    return pure;
}

// The truth holds all unscattered counts; `ballistic` those within the gate, and scattered ones that came with them.
// So the truth is multiplied by the share that the gate held, and where purity is known, ballistic x purity (the
// estimate of its unscattered part) is compared too.
void add_ballistic(Comparison& out, const Result& result, std::int64_t number, const View& view, const Truth& truth,
                   const Selected& unmasked, const Selected& open) {
    const std::optional<double> share = gate_share(result.process, number);
    std::vector<float> expected = view_of(truth.ballistic, number, view.pixels());
    for (float& v : expected) v = static_cast<float>(static_cast<double>(v) * share.value_or(1));
    if (share) out.figures.push_back({"gate_share", "share of unscattered light in the gate", "", *share});
    out.notes.push_back(
        share ? fmt::format("ballistic is compared with the truth's unscattered counts x {:.4g}, the share of them "
                            "that the gate holds",
                            *share)
              : std::string("ballistic is compared with all of the truth's unscattered counts: the result does not say "
                            "which share of them its gate holds"));
    add_similarity(out.figures, "ballistic", "counts", view.of("ballistic"), view.of(expected), unmasked);
    if (!view.has("ballistic_sigma")) return;
    const Selected pure = pure_of(view, open);
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

// Light goes to the true depth and back: 2 n z / c after the pulse enters the medium, which is when time is 0.
void add_arrival(Comparison& out, std::int64_t number, const View& view, const Truth& truth, const Scan& scan,
                 const Selected& unmasked) {
    const double index = scan.medium.refractive_index.value_or(1);
    std::vector<float> expected = view_of(truth.depth_m, number, view.pixels());
    for (float& z : expected) z = static_cast<float>(2 * index * static_cast<double>(z) / speed_of_light);
    const ImageView arrival = view.of("arrival"), at = view.of(expected);
    const DepthError near = depth_error(arrival, at, near_arrival_s, unmasked.data());
    out.figures.push_back({"arrival_pixels", "pixels with a true depth", "", static_cast<double>(near.pixels)});
    out.figures.push_back({"arrival_rmse", "arrival RMSE", "s", rmse(arrival, at, unmasked.data())});
    out.figures.push_back(
        {"arrival_within_100_ps", "arrival within 100 ps (share of pixels)", "", 1 - near.outlier_share});
    out.figures.push_back({"arrival_rmse_within_100_ps", "arrival RMSE of those", "s", near.rmse_of_inliers});
    out.notes.push_back(fmt::format("arrival is compared with 2 n z / c of the true depth, n = {:g}", index));
}

Comparison against_truth(const Result& result, std::int64_t number, const Truth& truth, const Scan& scan) {
    const GatedImages& images = result.images;
    const View view(images, number);
    const Selected unmasked = view.unmasked();
    Selected open = unmasked, closed(unmasked.size(), 0);
    if (!truth.transmission.empty())
        for (std::size_t p = 0; p < open.size(); ++p) {
            const bool is_open = truth.transmission[p] >= 0.5;
            open[p] = unmasked[p] != 0 && is_open ? 1 : 0;
            closed[p] = unmasked[p] != 0 && !is_open ? 1 : 0;
        }
    Comparison all{
        {{"pixels_open", "open pixels", "", count(open)}, {"pixels_closed", "closed pixels", "", count(closed)}}, {}};
    Figures& out = all.figures;
    if (!truth.transmission.empty()) add_contrasts(out, view, open, closed);
    if (!truth.ballistic.empty() && view.has("ballistic"))
        add_ballistic(all, result, number, view, truth, unmasked, open);
    if (!truth.depth_m.empty() && view.has("arrival")) add_arrival(all, number, view, truth, scan, unmasked);
    if (!truth.optical_depth.empty() && view.has("optical_depth") && view.has("optical_depth_sigma")) {
        const std::vector<float> expected = view_of(truth.optical_depth, number, view.pixels());
        Selected pure = pure_of(view, open);
        for (std::size_t p = 0; p < pure.size(); ++p)
            if (!std::isfinite(view.of("optical_depth").values[p])) pure[p] = 0;
        out.push_back({"optical_depth_rmse", "optical depth RMSE", "",
                       rmse(view.of("optical_depth"), view.of(expected), pure.data())});
        add_pulls(out, "optical_depth", view.of("optical_depth"), view.of("optical_depth_sigma"), view.of(expected),
                  pure);
        const Selected good =
            within(view.of("optical_depth"), view.of("optical_depth_sigma"), view.of(expected), 2, pure);
        out.push_back({"optical_depth_within_2_sigma", "optical depth within 2 sigma", "", count(good) / count(pure)});
    }
    return all;
}

Comparison against_result(const GatedImages& images, const GatedImages& others, std::int64_t number) {
    const View view(images, number), other(others, number);
    const Selected selected = both(view.unmasked(), other.unmasked());
    Comparison all{{{"pixels", "pixels compared", "", count(selected)}}, {}};
    for (const ImageLayer& layer : images.layers) {
        if (others.layer(layer.name) == nullptr) continue;
        add_similarity(all.figures, layer.name, layer.unit == "1" ? "" : layer.unit, view.of(layer.name.c_str()),
                       other.of(layer.name.c_str()), selected);
    }
    return all;
}

void check_shapes(const CompareOptions& options, const GatedImages& images, std::int64_t views, std::int64_t rows,
                  std::int64_t columns) {
    if (images.rows == rows && images.columns == columns && images.views == views) return;
    throw Error(ExitCode::bad_input, fmt::format("{}: cannot be compared with {}", options.result, options.truth),
                fmt::format("{} views of {} x {} pixels against {} of {} x {}", images.views, images.rows,
                            images.columns, views, rows, columns));
}

std::string value_with_unit(const Figure& f) {
    if (std::isnan(f.value)) return "-";
    if (f.unit == "s") return readable_ps(f.value);
    return fmt::format("{:.4g}{}{}", f.value, f.unit.empty() ? "" : " ", f.unit);
}

int compare(const CompareOptions& options) {
    const Result result = read_result(options.result, {});
    const GatedImages& images = result.images;
    std::vector<Comparison> views;
    if (kind_of(options.truth) == FileKind::result) {
        const Result other = read_result(options.truth, {});
        check_shapes(options, images, other.images.views, other.images.rows, other.images.columns);
        for (std::int64_t v = 0; v < images.views; ++v) views.push_back(against_result(images, other.images, v));
    } else {
        const AcquisitionFile file = AcquisitionFile::open(options.truth, {});
        if (!file.has_truth())
            throw Error(ExitCode::bad_input, options.truth + ": /entry/truth is missing",
                        "only simulated scans know the truth", "compare with another result");
        check_shapes(options, images, file.scan().views, file.scan().rows, file.scan().columns);
        const Truth truth = file.read_truth();
        for (std::int64_t v = 0; v < images.views; ++v) views.push_back(against_truth(result, v, truth, file.scan()));
    }
    if (options.json) {
        Json json{{"result", options.result}, {"against", options.truth}};
        Json& list = json["views"] = Json::array();
        for (const Comparison& view : views) {
            Json one = Json::object();
            for (const Figure& f : view.figures) one[f.key] = finite_or_null(f.value);
            one["notes"] = view.notes;
            list.push_back(one);
        }
        print_json(json);
        return 0;
    }
    Facts facts{{"result", options.result}, {"against", options.truth}};
    for (std::size_t v = 0; v < views.size(); ++v) {
        if (views.size() > 1) facts.emplace_back("view", fmt::format("{}", v));
        for (const Figure& f : views[v].figures) facts.emplace_back(f.name, value_with_unit(f));
        for (const std::string& note : views[v].notes) facts.emplace_back("note", note);
    }
    print_facts(facts);
    return 0;
}

}  // namespace

void add_compare(CLI::App& program, CommandLine& line) {
    auto options = std::make_shared<CompareOptions>();
    CLI::App* command = program.add_subcommand("compare", "Print figures of merit of a result");
    command->add_option("RESULT", options->result, "Result file")->type_name("FILE")->required();
    command->add_option("TRUTH_OR_RESULT", options->truth, "Simulated acquisition with the truth, or another result")
        ->type_name("FILE")
        ->required();
    command->add_flag("--json", options->json, "Print one JSON object instead of text");
    command->callback([options, &line] { line.run = [options] { return compare(*options); }; });
}

}  // namespace firstlight::cli
