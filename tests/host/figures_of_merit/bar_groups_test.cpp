#include "host/figures_of_merit/bar_groups.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "host/simulation/patterns.hpp"

namespace firstlight {
namespace {

std::vector<double> centres(std::int64_t n, double pitch_m) {
    std::vector<double> at;
    for (std::int64_t i = 0; i < n; ++i)
        at.push_back((static_cast<double>(i) + 0.5 - 0.5 * static_cast<double>(n)) * pitch_m);
    return at;
}

// The pattern itself, sampled at the pixels: bars that are black and white have 4/pi in the group's own regions, and
// nothing in the other direction.
TEST(BarGroups, lie_where_the_pattern_has_them) {
    const double pitch_m = 50e-6;
    const std::vector<double> widths{800e-6, 400e-6};
    const Pattern pattern = bar_groups(widths, 10e-6);
    constexpr std::int64_t rows = 260, columns = 240;
    const std::vector<double> x_m = centres(columns, pitch_m), y_m = centres(rows, pitch_m);
    const double x_mm = 0.3, y_mm = -0.2;
    std::vector<float> image;
    for (const double y : y_m)
        for (const double x : x_m) {
            const auto i = static_cast<std::int64_t>(
                std::floor((y - y_mm * 1e-3) / 10e-6 + 0.5 * static_cast<double>(pattern.rows)));
            const auto j = static_cast<std::int64_t>(
                std::floor((x - x_mm * 1e-3) / 10e-6 + 0.5 * static_cast<double>(pattern.columns)));
            const bool inside = i >= 0 && j >= 0 && i < pattern.rows && j < pattern.columns;
            image.push_back(inside ? pattern.values[static_cast<std::size_t>(i * pattern.columns + j)] : 0.0F);
        }
    const ImageView view{image.data(), rows, columns};
    const std::string scene =
        "[[target]]\npattern = \"star\"\n[[target]]\npattern = \"bars\"\nbar_widths_um = [800, 400]\nx_mm = 0.3\ny_mm "
        "= -0.2\n";
    const std::vector<BarGroup> groups = bar_groups_of(scene, x_m, y_m);
    ASSERT_EQ(groups.size(), 2U);
    for (std::size_t k = 0; k < 2; ++k) {
        EXPECT_NEAR(groups[k].bar_width_m, widths[k], 1e-12);
        const double period = 2 * widths[k] / pitch_m;
        EXPECT_NEAR(bar_modulation(view, groups[k].upright, period, true, nullptr), 4 / M_PI, 0.02);
        EXPECT_NEAR(bar_modulation(view, groups[k].lying, period, false, nullptr), 4 / M_PI, 0.02);
        EXPECT_NEAR(bar_modulation(view, groups[k].upright, period, false, nullptr), 0, 1e-9);
        EXPECT_NEAR(bar_modulation(view, groups[k].lying, period, true, nullptr), 0, 1e-9);
    }
}

TEST(BarGroups, none_where_there_are_none) {
    const std::vector<double> at = centres(100, 1e-4);
    EXPECT_TRUE(bar_groups_of("", at, at).empty());
    EXPECT_TRUE(bar_groups_of("not = [toml", at, at).empty());
    EXPECT_TRUE(bar_groups_of("[[target]]\npattern = \"star\"", at, at).empty());
    EXPECT_TRUE(bar_groups_of("[[target]]\npattern = \"bars\"\nbar_widths_um = [3000]", at, at).empty());  // too large
    EXPECT_TRUE(bar_groups_of("[[target]]\npattern = \"bars\"\nbar_widths_um = [50]", at, at).empty());    // too fine
    EXPECT_TRUE(bar_groups_of("[[target]]\npattern = \"bars\"\nbar_widths_um = [-500]", at, at).empty());
    EXPECT_EQ(bar_groups_of("[[target]]\npattern = \"bars\"\nbar_widths_um = [500]", at, at).size(), 1U);
}

}  // namespace
}  // namespace firstlight
