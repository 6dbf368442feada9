#include "host/figures_of_merit/bar_groups.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace firstlight {
namespace {

// Pixels whose centres lie in [from, to): first and one past the last; none when the image ends before.
std::optional<std::pair<std::int64_t, std::int64_t>> pixels_within(const std::vector<double>& at, double from,
                                                                   double to) {
    const double pitch = (at.back() - at.front()) / static_cast<double>(at.size() - 1);
    const auto first = static_cast<std::int64_t>(std::ceil((from - at.front()) / pitch - 1e-9));
    const auto end = static_cast<std::int64_t>(std::ceil((to - at.front()) / pitch - 1e-9));
    if (!(pitch > 0) || first < 0 || end > static_cast<std::int64_t>(at.size()) || end <= first) return std::nullopt;
    return std::pair{first, end};
}

std::optional<Region> region_within(const std::vector<double>& x_m, const std::vector<double>& y_m, double x0,
                                    double x1, double y0, double y1) {
    const auto x = pixels_within(x_m, x0, x1), y = pixels_within(y_m, y0, y1);
    if (!x || !y) return std::nullopt;
    return Region{x->first, y->first, x->second, y->second};
}

}  // namespace

std::vector<BarGroup> bar_groups_of(const std::string& scene, const std::vector<double>& x_m,
                                    const std::vector<double>& y_m) {
    std::vector<BarGroup> groups;
    if (x_m.size() < 2 || y_m.size() < 2) return groups;
    toml::table table;
    try {
        table = toml::parse(scene);
    } catch (const toml::parse_error&) {
        return groups;
    }
    const toml::array* targets = table["target"].as_array();
    for (std::size_t t = 0; targets != nullptr && t < targets->size(); ++t) {
        const auto target = toml::node_view<const toml::node>(targets->get(t));
        const toml::array* widths = target["bar_widths_um"].as_array();
        if (target["pattern"].value_or(std::string()) != "bars" || widths == nullptr) continue;
        std::vector<double> bars;
        double all = 0;
        for (const toml::node& width : *widths) {
            bars.push_back(width.value_or(0.0) * 1e-6);
            if (!(bars.back() > 0)) return groups;
            all += 7 * bars.back();
        }
        double left = target["x_mm"].value_or(0.0) * 1e-3 - all / 2;
        const double middle = target["y_mm"].value_or(0.0) * 1e-3;
        const double pitch = (x_m.back() - x_m.front()) / static_cast<double>(x_m.size() - 1);
        for (const double w : bars) {
            // The bars begin a width after `left`; half a width more on each side makes three periods.
            const auto upright = region_within(x_m, y_m, left + 0.5 * w, left + 6.5 * w, middle - 5 * w, middle - w);
            const auto lying = region_within(x_m, y_m, left + 1.5 * w, left + 5.5 * w, middle, middle + 6 * w);
            if (upright && lying && w >= pitch) groups.push_back({w, *upright, *lying});
            left += 7 * w;
        }
        std::stable_sort(groups.begin(), groups.end(),
                         [](const BarGroup& a, const BarGroup& b) { return a.bar_width_m > b.bar_width_m; });
        return groups;
    }
    return groups;
}

}  // namespace firstlight
