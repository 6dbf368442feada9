#include "host/simulation/lost_light.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/support/speed_of_light.hpp"

namespace firstlight {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

struct Span {
    double first = infinite, last = -infinite;
    void add(double from, double to) {
        first = std::min(first, from);
        last = std::max(last, to);
    }
};

void tell(std::vector<std::string>& texts, const std::string& light, const Span& arrives, const Span& window) {
    const bool late = arrives.first >= window.last && arrives.first < infinite;
    const bool early = arrives.last < window.first && arrives.last > -infinite;
    if (!late && !early) return;
    texts.push_back(
        fmt::format("{} arrives {} {:.4g} ps, outside the time window of {:.4g} to {:.4g} ps: change "
                    "[detector] bins, bin_width_ps or first_edge_ps",
                    light, late ? "from" : "until", (late ? arrives.first : arrives.last) * 1e12, window.first * 1e12,
                    window.last * 1e12));
}

// The shortest and the longest way from a side of the scan, around 0, to a place along it.
Span ways_along(double side_m, double place_m) {
    const double half = 0.5 * side_m, at = std::abs(place_m);
    return {std::max(0.0, at - half), at + half};
}

// Distances from the slab's far face to what is there of a surface.
Span distances(const ConfocalSetup& setup, const HiddenSurface& h) {
    Span r;
    const Pattern& p = h.pattern;
    const auto centre = [&](std::int64_t i, std::int64_t n) {
        return (static_cast<double>(i) + 0.5 - 0.5 * static_cast<double>(n)) * p.pitch_m;
    };
    for (std::int64_t i = 0; i < p.rows; ++i)
        for (std::int64_t j = 0; j < p.columns; ++j) {
            if (!(p.values[static_cast<std::size_t>(i * p.columns + j)] > 0)) continue;
            const Span y = ways_along(setup.height_m, p.centre_y_m + centre(i, p.rows)),
                       x = ways_along(setup.width_m, p.centre_x_m + centre(j, p.columns));
            r.add(std::hypot(x.first, y.first, h.z_m), std::hypot(x.last, y.last, h.z_m));
        }
    return r;
}

}  // namespace

std::vector<std::string> light_outside(const ConfocalSetup& setup) {
    const Span window{setup.first_edge_s, setup.first_edge_s + static_cast<double>(setup.bins) * setup.bin_width_s};
    const double in_slab = setup.slab ? setup.slab->refractive_index * setup.slab->thickness_m : 0;
    std::vector<std::string> texts;
    for (std::size_t k = 0; k < setup.surfaces.size(); ++k) {
        const Span r = distances(setup, setup.surfaces[k]);
        const Span arrives{2 * (r.first + in_slab) / speed_of_light,
                           setup.slab ? infinite : 2 * r.last / speed_of_light};
        tell(texts, fmt::format("the light of [[hidden]] surface {}", k + 1), arrives, window);
    }
    return texts;
}

std::vector<std::string> light_outside(const SimulationScene& scene, const Scan& scan,
                                       const std::vector<UnscatteredLight>& light) {
    const double start = scan.first_bin_centre_s - 0.5 * scan.bin_width_s;
    const Span window{start, start + static_cast<double>(scan.bins) * scan.bin_width_s};
    std::vector<std::size_t> number;  // of the targets that have light of their own, in the scene file
    for (std::size_t t = 0; t < scene.transport.targets.size(); ++t)
        if (scene.transport.targets[t].reflects) number.push_back(t + 1);
    std::vector<std::string> texts;
    for (std::size_t k = 0; k < light.size(); ++k) {
        Span arrives;
        for (std::size_t p = 0; p < light[k].share.size(); ++p)
            if (light[k].share[p] > 0) arrives.add(light[k].time_s[p], light[k].time_s[p]);
        const bool of_target = scan.path != LightPath::transmission && k < number.size();
        tell(texts, of_target ? fmt::format("the unscattered light of [[target]] {}", number[k]) : "unscattered light",
             arrives, window);
    }
    return texts;
}

std::string counts_cut(const Scan& scan, const std::vector<std::uint32_t>& counts) {
    if (scan.type == CountType::u4) return "";
    const std::uint32_t most = scan.type == CountType::u1 ? 255 : 65535;
    const auto cut = std::count_if(counts.begin(), counts.end(), [most](std::uint32_t n) { return n > most; });
    if (cut == 0) return "";
    return fmt::format(
        "{} of {} bins hold more counts than their type can and were cut to {}: give [detector] counts "
        "= \"u4\", or fewer pulses",
        cut, counts.size(), most);
}

}  // namespace firstlight
