#include "host/figures_of_merit/volume_quality.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/volume_examples.hpp"

namespace firstlight {
namespace {

double slope(std::int64_t z, std::int64_t y, std::int64_t x) {
    return 3 * static_cast<double>(z) - 2 * static_cast<double>(y) + 0.5 * static_cast<double>(x);
}

TEST(VolumeQuality, the_same_grid_changes_nothing) {
    const Volume v = numbered_volume(5, 6, 7);
    const std::vector<float> found = on_grid_of(v, v);
    for (std::size_t i = 0; i < found.size(); ++i)
        EXPECT_TRUE(found[i] == v.values[i] || (std::isnan(found[i]) && std::isnan(v.values[i]))) << i;
    const VolumeQuality q = volume_quality(v.values, found);
    EXPECT_EQ(q.voxels, 5 * 6 * 7 - 1);
    EXPECT_EQ(q.rmse, 0);
    EXPECT_EQ(q.nrmse, 0);
    EXPECT_EQ(q.bias, 0);
    EXPECT_NEAR(q.ncc, 1, 1e-12);
}

// A linear function is what trilinear interpolation keeps, on grids finer, coarser, shifted and turned around.
TEST(VolumeQuality, a_slope_is_kept_on_any_grid) {
    const Volume expected = volume_of(9, 9, 9, slope);
    struct Grid {
        std::int64_t size;
        double origin, step;  // in elements of the expected grid
    };
    for (const Grid& g :
         {Grid{4, 1.25, 0.5}, Grid{3, 1.5, 2.0}, Grid{2, 3, 2.6}, Grid{5, 7, -1.0}, Grid{3, 2.3, 0.9}}) {
        Volume v;
        const auto axis = [&](const Axis& of) {
            return uniform_axis(of.name, "m", of.name, g.size, of.at(0) + g.origin * of.step, g.step * of.step);
        };
        v.z = axis(expected.z);
        v.y = axis(expected.y);
        v.x = axis(expected.x);
        v.values.assign(static_cast<std::size_t>(g.size * g.size * g.size), 0);
        const std::vector<float> found = on_grid_of(v, expected);
        std::size_t i = 0;
        for (std::int64_t z = 0; z < g.size; ++z)
            for (std::int64_t y = 0; y < g.size; ++y)
                for (std::int64_t x = 0; x < g.size; ++x) {
                    const auto at = [&](std::int64_t k) { return g.origin + static_cast<double>(k) * g.step; };
                    EXPECT_NEAR(found[i++], 3 * at(z) - 2 * at(y) + 0.5 * at(x), 1e-4) << g.step;
                }
    }
}

// Voxels twice as wide as a stripe pattern of 0 and 8 hold its mean; their centres alone would hit edges.
TEST(VolumeQuality, coarse_voxels_hold_means) {
    const Volume fine = volume_of(8, 8, 8, [](std::int64_t z, auto, auto) { return z % 2 * 8; });
    Volume v = fine;
    v.z = uniform_axis("z", "m", "z", 4, 0.2e-3, 0.8e-3);
    v.values.assign(4 * 8 * 8, 0);
    for (const float value : on_grid_of(v, fine)) EXPECT_FLOAT_EQ(value, 4);
}

TEST(VolumeQuality, what_lies_outside_takes_no_part) {
    const Volume expected = volume_of(4, 4, 4, [](auto, auto, auto) { return 2; });
    Volume v = expected;
    v.x.origin -= 2 * v.x.step;  // the first two columns are outside
    const std::vector<float> found = on_grid_of(v, expected);
    for (std::size_t i = 0; i < found.size(); ++i) EXPECT_EQ(std::isnan(found[i]), i % 4 < 2) << i;
    EXPECT_EQ(volume_quality(v.values, found).voxels, 32);
}

TEST(VolumeQuality, grids_without_positions_must_have_one_size) {
    Volume v = volume_of(4, 4, 4, slope), other = v;
    other.z = index_axis("z", "z", 4);
    EXPECT_EQ(on_grid_of(v, other), v.values);
    other = volume_of(5, 4, 4, slope);
    other.z = index_axis("z", "z", 5);
    EXPECT_THROW((void)on_grid_of(v, other), Error);
}

// 8 voxels of 10 among 24 of 0; found 9 and 1.
TEST(VolumeQuality, figures_are_those_of_the_formulas) {
    std::vector<float> expected(32, 0), found(32, 1);
    for (std::size_t i = 0; i < 8; ++i) {
        expected[i] = 10;
        found[i] = 9;
    }
    const VolumeQuality q = volume_quality(found, expected);
    EXPECT_EQ(q.voxels, 32);
    EXPECT_DOUBLE_EQ(q.rmse, 1);
    EXPECT_DOUBLE_EQ(q.nrmse, 0.1);
    EXPECT_DOUBLE_EQ(q.bias, (24.0 - 8) / 32);
    EXPECT_NEAR(q.ncc, 1, 1e-12);
    EXPECT_EQ(q.inside_voxels, 8);
    EXPECT_DOUBLE_EQ(q.inside_mean, 9);
    EXPECT_DOUBLE_EQ(q.inside_expected, 10);
    EXPECT_DOUBLE_EQ(q.outside_mean, 1);
    EXPECT_DOUBLE_EQ(q.outside_expected, 0);
    const VolumeQuality none = volume_quality({}, {});
    EXPECT_EQ(none.voxels, 0);
    EXPECT_TRUE(std::isnan(none.bias));
}

}  // namespace
}  // namespace firstlight
