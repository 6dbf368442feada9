#include "kernels/rendering/colormaps.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

namespace firstlight {
namespace {

constexpr std::array<std::pair<Colormap, const char*>, 5> maps{{{Colormap::viridis, "viridis"},
                                                                {Colormap::magma, "magma"},
                                                                {Colormap::inferno, "inferno"},
                                                                {Colormap::gray, "gray"},
                                                                {Colormap::turbo, "turbo"}}};

double farthest_channel(const Rgb& a, const Rgb& b) {
    return std::max({std::abs(a.red - b.red), std::abs(a.green - b.green), std::abs(a.blue - b.blue)});
}

// What `command` prints, line by line; empty when it fails.
std::vector<std::string> lines_of(const std::string& command) {
    std::vector<std::string> lines;
    FILE* pipe = popen(command.c_str(), "r");
    if (pipe == nullptr) return lines;
    std::array<char, 256> line{};
    while (std::fgets(line.data(), static_cast<int>(line.size()), pipe) != nullptr) lines.emplace_back(line.data());
    if (pclose(pipe) != 0) lines.clear();
    return lines;
}

// Colours published with the maps (matplotlib's tables, rows 0, 128 and 255).
TEST(Colormaps, anchors_are_the_published_colours) {
    const std::vector<std::pair<Colormap, std::array<Rgb, 3>>> published{
        {Colormap::viridis,
         {{{0.267004, 0.004874, 0.329415}, {0.127568, 0.566949, 0.550556}, {0.993248, 0.906157, 0.143936}}}},
        {Colormap::magma,
         {{{0.001462, 0.000466, 0.013866}, {0.716387, 0.214982, 0.475290}, {0.987053, 0.991438, 0.749504}}}},
        {Colormap::inferno,
         {{{0.001462, 0.000466, 0.013866}, {0.735683, 0.215906, 0.330245}, {0.988362, 0.998364, 0.644924}}}},
        {Colormap::turbo, {{{0.18995, 0.07176, 0.23217}, {0.64362, 0.98999, 0.23356}, {0.47960, 0.01583, 0.01055}}}},
        {Colormap::gray, {{{0, 0, 0}, {128.0 / 255, 128.0 / 255, 128.0 / 255}, {1, 1, 1}}}}};
    for (const auto& [map, colours] : published)
        for (int k = 0; k < 3; ++k)
            EXPECT_LT(farthest_channel(colormap(map, std::array{0.0, 128.0 / 255, 1.0}[static_cast<std::size_t>(k)]),
                                       colours[static_cast<std::size_t>(k)]),
                      1.5 / 255)
                << static_cast<int>(map) << " anchor " << k;
}

TEST(Colormaps, agree_with_matplotlib_everywhere) {
    const char* python = std::getenv("FIRSTLIGHT_PYTHON");
    if (python == nullptr) GTEST_SKIP() << "FIRSTLIGHT_PYTHON names no Python with matplotlib";
    for (const auto& [map, name] : maps) {
        const std::vector<std::string> rows =
            lines_of(std::string(python) + " -c \"import matplotlib as m\nfor r in m.colormaps['" + name +
                     "'](range(256)): print(*r[:3])\" 2>/dev/null");
        if (rows.size() != 256) GTEST_SKIP() << "no matplotlib in " << python;
        for (std::size_t k = 0; k < rows.size(); ++k) {
            Rgb want;
            ASSERT_EQ(std::sscanf(rows[k].c_str(), "%lf %lf %lf", &want.red, &want.green, &want.blue), 3);
            EXPECT_LT(farthest_channel(colormap(map, static_cast<double>(k) / 255), want), 1.0 / 255) << name << k;
        }
    }
}

TEST(Colormaps, are_smooth_and_stay_in_range) {
    for (const auto& [map, name] : maps) {
        Rgb before = colormap(map, 0);
        for (int k = 1; k <= 4095; ++k) {
            const Rgb now = colormap(map, k / 4095.0);
            EXPECT_LT(farthest_channel(before, now), 8.0 / 4095) << name << " at " << k;
            EXPECT_GE(std::min({now.red, now.green, now.blue}), 0.0);
            EXPECT_LE(std::max({now.red, now.green, now.blue}), 1.0);
            before = now;
        }
    }
}

// The perceptual maps and gray grow lighter all the way; turbo does not claim to.
TEST(Colormaps, perceptual_maps_grow_lighter) {
    for (const auto& [map, name] : maps) {
        if (map == Colormap::turbo) continue;
        double before = -1;
        for (int k = 0; k <= 64; ++k) {
            const Rgb c = colormap(map, k / 64.0);
            const double luma = 0.2126 * c.red + 0.7152 * c.green + 0.0722 * c.blue;
            EXPECT_GT(luma, before) << name << " at " << k;
            before = luma;
        }
    }
}

TEST(Colormaps, positions_outside_take_the_nearer_end) {
    EXPECT_EQ(farthest_channel(colormap(Colormap::magma, -3), colormap(Colormap::magma, 0)), 0);
    EXPECT_EQ(farthest_channel(colormap(Colormap::magma, 7), colormap(Colormap::magma, 1)), 0);
    EXPECT_EQ(farthest_channel(colormap(Colormap::magma, std::numeric_limits<double>::quiet_NaN()),
                               colormap(Colormap::magma, 0)),
              0);
}

TEST(Colormaps, no_value_colour_is_in_no_map) {
    for (const auto& [map, name] : maps)
        for (int k = 0; k <= 4095; ++k)
            EXPECT_GE(farthest_channel(colormap(map, k / 4095.0), no_value_colour), 25.0 / 255) << name << " at " << k;
}

}  // namespace
}  // namespace firstlight
