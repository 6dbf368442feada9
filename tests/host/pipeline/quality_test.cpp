#include "host/pipeline/quality.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "kernels/support/views.hpp"

namespace firstlight {
namespace {

constexpr float none = std::numeric_limits<float>::quiet_NaN();

// A panel beside a nearer one, in depths of 1 mm sigma.
GatedImages depths(std::int64_t rows, std::int64_t columns) {
    GatedImages images;
    images.rows = rows;
    images.columns = columns;
    const auto n = static_cast<std::size_t>(rows * columns);
    images.mask.assign(n, 0);
    images.layers = {{"depth", "m", "", std::vector<float>(n)}, {"depth_sigma", "m", "", std::vector<float>(n, 1e-3F)}};
    std::mt19937 random(4);
    std::normal_distribution<float> noise(0, 1e-3F);
    for (std::size_t p = 0; p < n; ++p)
        images.layers[0].values[p] =
            (2 * (static_cast<std::int64_t>(p) % columns) < columns ? 0.6F : 0.8F) + noise(random);
    return images;
}

TEST(Quality, depths_far_from_their_neighbours_are_outliers) {
    GatedImages images = depths(40, 50);
    EXPECT_EQ(quality_of(images).at("depth_outlier_share"), 0) << "an edge is none";
    for (const std::size_t p : {105U, 512U, 999U, 1433U}) images.layers[0].values[p] += 0.1F;
    EXPECT_DOUBLE_EQ(quality_of(images).at("depth_outlier_share"), 4.0 / 2000);
    images.mask[512] = hot;
    images.layers[0].values[999] = none;
    EXPECT_DOUBLE_EQ(quality_of(images).at("depth_outlier_share"), 2.0 / 1998);
    images.layers[1].values[105] = 0.1F;  // it said that it is not sure
    EXPECT_DOUBLE_EQ(quality_of(images).at("depth_outlier_share"), 1.0 / 1998);
}

TEST(Quality, has_no_outlier_share_without_neighbours_or_depths) {
    EXPECT_EQ(quality_of(depths(1, 3)).count("depth_outlier_share"), 0U);
    EXPECT_EQ(quality_of(depths(1, 1)).count("depth_outlier_share"), 0U);
    GatedImages images = depths(5, 5);
    images.layers[0].name = "arrival";
    EXPECT_EQ(quality_of(images).count("depth_outlier_share"), 0U);
    images = depths(5, 5);
    images.layers[0].values.assign(25, none);
    EXPECT_EQ(quality_of(images).count("depth_outlier_share"), 0U);
}

}  // namespace
}  // namespace firstlight
