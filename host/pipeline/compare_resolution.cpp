#include "host/pipeline/compare_resolution.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <numbers>
#include <optional>

#include "host/figures_of_merit/bar_groups.hpp"
#include "kernels/support/error.hpp"

namespace firstlight::merits {
namespace {

std::optional<std::vector<double>> numbers_in(const std::string& text) {
    std::vector<double> numbers;
    const char* at = text.data();
    const char* end = at + text.size();
    while (true) {
        double value = 0;
        const auto [next, error] = std::from_chars(at, end, value);
        if (error != std::errc() || !std::isfinite(value)) return std::nullopt;
        numbers.push_back(value);
        if (next == end) return numbers;
        if (*next != ',') return std::nullopt;
        at = next + 1;
    }
}

// Four whole numbers, and `more` others.
std::vector<double> region_numbers(const std::string& name, const std::string& text, std::size_t more,
                                   const char* expected) {
    const auto numbers = numbers_in(text);
    bool good = numbers && numbers->size() == 4 + more;
    for (std::size_t k = 0; good && k < 4; ++k)
        good = std::abs((*numbers)[k]) < 1e9 && std::rint((*numbers)[k]) == (*numbers)[k];
    if (!good)
        throw Error(ExitCode::usage, fmt::format("{}: not a region", name),
                    fmt::format("expected {} in pixels, whole numbers, X1 and Y1 not included", expected));
    return *numbers;
}

Region region_of(const std::vector<double>& n) {
    return {static_cast<std::int64_t>(n[0]), static_cast<std::int64_t>(n[1]), static_cast<std::int64_t>(n[2]),
            static_cast<std::int64_t>(n[3])};
}

// Frequencies of one axis: cycles per pixel as line pairs per mm where the axis is in m.
struct Pitch {
    double pixels_per_mm = 0;  // 0: not known
    explicit Pitch(const Axis& axis) {
        if (axis.unit == "m" && axis.size > 1)
            pixels_per_mm = static_cast<double>(axis.size - 1) / (std::abs(axis.at(axis.size - 1) - axis.at(0)) * 1e3);
    }
    [[nodiscard]] const char* unit() const { return pixels_per_mm > 0 ? "lp/mm" : "cycles/pixel"; }
    [[nodiscard]] const char* key() const { return pixels_per_mm > 0 ? "lp_per_mm" : "cycles_per_pixel"; }
    [[nodiscard]] double of(double cycles_per_pixel) const {
        return pixels_per_mm > 0 ? cycles_per_pixel * pixels_per_mm : cycles_per_pixel;
    }
};

std::string numbered(const char* name, std::size_t k, std::size_t all) {
    return all > 1 ? fmt::format("{}_{}", name, k + 1) : name;
}

// Contrast of bars over what the target has, 1 for a perfect image.
double transfer(const ImageView& image, const Region& region, double period, bool along_x, const Selected& selected,
                const ImageView& target) {
    const double seen = bar_modulation(image, region, period, along_x, selected.data());
    const double there = target.values == nullptr ? 4 / std::numbers::pi
                                                  : bar_modulation(target, region, period, along_x, selected.data());
    return seen / there;
}

void add_curve(Figures& out, const Pitch& pitch, const std::vector<double>& at, const std::vector<double>& values) {
    std::vector<double> from{0}, curve{1};
    from.insert(from.end(), at.begin(), at.end());
    curve.insert(curve.end(), values.begin(), values.end());
    out.push_back(
        {std::string("bars_mtf50_") + pitch.key(), "MTF50 of bars", pitch.unit(), first_fall_to(0.5, from, curve)});
    out.push_back(
        {std::string("bars_mtf10_") + pitch.key(), "MTF10 of bars", pitch.unit(), first_fall_to(0.1, from, curve)});
}

}  // namespace

EdgeRequest parse_edge(const std::string& text) {
    const std::string name = "--edge " + text;
    return {name, region_of(region_numbers(name, text, 0, "X0,Y0,X1,Y1"))};
}

BarsRequest parse_bars(const std::string& text) {
    const std::string name = "--bars " + text;
    const std::vector<double> numbers = region_numbers(name, text, 1, "X0,Y0,X1,Y1,PERIOD");
    return {name, region_of(numbers), numbers[4]};
}

void add_resolution(Comparison& out, const GatedImages& images, std::int64_t number,
                    const std::vector<EdgeRequest>& edges, const std::vector<BarsRequest>& bars,
                    const std::vector<float>& transmission, const std::string& scene) {
    const View view(images, number);
    const std::string layer = view.has("ballistic") ? "ballistic" : images.signal;
    if (!view.has(layer.c_str())) return;
    const ImageView image = view.of(layer.c_str());
    const Selected unmasked = view.unmasked();
    const Pitch x(images.x), y(images.y);
    Figures& figures = out.figures;
    for (std::size_t k = 0; k < edges.size(); ++k) {
        const SlantedEdge e = slanted_edge(image, edges[k].region, unmasked.data(), edges[k].name);
        const Pitch& pitch = e.across_columns ? x : y;
        const std::string key = numbered("edge", k, edges.size()), name = in_words(key);
        figures.push_back({key + "_angle_deg", name + ", angle to the pixels", "degrees", e.angle_deg});
        figures.push_back({key + "_contrast", name + ", contrast", "", (e.high - e.low) / (e.high + e.low)});
        figures.push_back({key + "_mtf50_" + pitch.key(), name + ", MTF50", pitch.unit(), pitch.of(e.mtf50)});
        figures.push_back({key + "_mtf10_" + pitch.key(), name + ", MTF10", pitch.unit(), pitch.of(e.mtf10)});
    }
    ImageView target;
    if (!transmission.empty()) target = view.of(transmission);
    std::vector<double> at, curve;
    for (std::size_t k = 0; k < bars.size(); ++k) {
        const BarContrast c = bar_contrast(image, bars[k].region, bars[k].period_px, unmasked.data(), bars[k].name);
        const Pitch& pitch = c.along_x ? x : y;
        const std::string key = numbered("bars", k, bars.size()), name = in_words(key);
        const double frequency = pitch.of(1 / bars[k].period_px);
        const double mtf = transfer(image, bars[k].region, bars[k].period_px, c.along_x, unmasked, target);
        figures.push_back({key + "_" + pitch.key(), name + ", frequency", pitch.unit(), frequency});
        figures.push_back({key + "_modulation", name + ", modulation", "", c.modulation});
        figures.push_back({key + "_mtf", name + ", MTF", "", mtf});
    }
    if (target.values == nullptr || scene.empty() || x.pixels_per_mm <= 0 || y.pixels_per_mm <= 0) return;
    const std::vector<BarGroup> groups = bar_groups_of(scene, positions(images.x), positions(images.y));
    for (std::size_t k = 0; k < groups.size(); ++k) {
        const BarGroup& g = groups[k];
        const double period_x = 2 * g.bar_width_m * 1e3 * x.pixels_per_mm,
                     period_y = 2 * g.bar_width_m * 1e3 * y.pixels_per_mm;
        const double upright = transfer(image, g.upright, period_x, true, unmasked, target);
        const double lying = transfer(image, g.lying, period_y, false, unmasked, target);
        const std::string key = fmt::format("bar_group_{}", k + 1);
        const double frequency = 1 / (2 * g.bar_width_m * 1e3);
        const std::string name = fmt::format("bars of {:.3g} lp/mm", frequency);
        figures.push_back({key + "_lp_per_mm", in_words(key), "lp/mm", frequency});
        figures.push_back({key + "_mtf_x", name + ", MTF along x", "", upright});
        figures.push_back({key + "_mtf_y", name + ", MTF along y", "", lying});
        at.push_back(frequency);
        curve.push_back((upright + lying) / 2);
    }
    if (!groups.empty()) {
        add_curve(figures, x, at, curve);
        out.notes.push_back(
            "MTF of bars is their contrast over that of the true transmission, pixel by pixel: the "
            "pixel's own size is not in it");
    }
}

}  // namespace firstlight::merits
