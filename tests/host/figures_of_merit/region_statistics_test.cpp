#include "host/figures_of_merit/region_statistics.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "kernels/support/error.hpp"
#include "kernels/support/views.hpp"

namespace firstlight {
namespace {

constexpr float nan_float = std::numeric_limits<float>::quiet_NaN();

// 7 rows of 11 columns, value 100 y + x: no two pixels alike, so that swapped axes show.
struct Numbered {
    static constexpr std::int64_t rows = 7, columns = 11;
    std::vector<float> values;
    std::vector<std::uint8_t> flags = std::vector<std::uint8_t>(rows * columns, 0);

    Numbered() {
        for (std::int64_t y = 0; y < rows; ++y)
            for (std::int64_t x = 0; x < columns; ++x) values.push_back(static_cast<float>(100 * y + x));
    }
    [[nodiscard]] MeasuredImage image() const { return {{values.data(), rows, columns}, nullptr, flags.data(), false}; }
    float& at(std::int64_t y, std::int64_t x) { return values[static_cast<std::size_t>(y * columns + x)]; }
    std::uint8_t& flag(std::int64_t y, std::int64_t x) { return flags[static_cast<std::size_t>(y * columns + x)]; }
};

TEST(RegionStatistics, rectangle_off_the_origin) {
    const Numbered n;
    // Columns 2, 3, 4 of rows 5 and 6.
    const RegionStatistics s = statistics_of(n.image(), {RegionShape::rectangle, 2, 5, 5, 7});
    EXPECT_EQ(s.pixels, 6);
    EXPECT_DOUBLE_EQ(s.sum, 3 * 500 + 3 * 600 + 2 * (2 + 3 + 4));
    EXPECT_DOUBLE_EQ(s.mean, 553);
    EXPECT_DOUBLE_EQ(s.median, 553);  // between 504 and 602
    EXPECT_DOUBLE_EQ(s.minimum, 502);
    EXPECT_DOUBLE_EQ(s.maximum, 604);
    // Rows spread by +-50, columns by -1, 0, 1: squares 6 * 2500 + 4 * 1, over 5.
    EXPECT_NEAR(s.standard_deviation, std::sqrt((6 * 2500.0 + 4) / 5), 1e-9);
    // The other diagonal and order of corners.
    const RegionStatistics again = statistics_of(n.image(), {RegionShape::rectangle, 5, 5, 2, 7});
    EXPECT_EQ(again.pixels, 6);
    EXPECT_DOUBLE_EQ(again.sum, s.sum);
}

TEST(RegionStatistics, a_pixel_belongs_to_where_its_centre_is) {
    const Numbered n;
    EXPECT_EQ(pixels_in({RegionShape::rectangle, 1.5, 0, 2.5, 1}, 7, 11), (std::vector<std::int64_t>{1}));
    EXPECT_EQ(pixels_in({RegionShape::rectangle, 1.51, 0, 2.51, 1}, 7, 11), (std::vector<std::int64_t>{2}));
    // Side by side: each pixel once.
    std::vector<int> hits(77, 0);
    for (const double from : {-1.0, 3.5, 6.5})
        for (const double down : {0.0, 2.5})
            for (const std::int64_t p : pixels_in({RegionShape::rectangle, from, down,
                                                   from < 0   ? 3.5
                                                   : from < 4 ? 6.5
                                                              : 20,
                                                   down == 0 ? 2.5 : 7},
                                                  7, 11))
                ++hits[static_cast<std::size_t>(p)];
    EXPECT_EQ(hits, std::vector<int>(77, 1));
}

TEST(RegionStatistics, ellipse_holds_the_centres_inside) {
    // Half axes 3 across and 1.5 down around (5.5, 3.5), the centre of pixel (3, 5).
    std::vector<std::int64_t> wanted;
    for (std::int64_t y = 0; y < 7; ++y)
        for (std::int64_t x = 0; x < 11; ++x) {
            const double u = static_cast<double>(x - 5) / 3, v = static_cast<double>(y - 3) / 1.5;
            if (u * u + v * v <= 1) wanted.push_back(y * 11 + x);
        }
    EXPECT_EQ(wanted.size(), 7U + 5U + 5U);
    EXPECT_EQ(pixels_in({RegionShape::ellipse, 2.5, 2, 8.5, 5}, 7, 11), wanted);
    // Its area, for a large one.
    const auto many = static_cast<double>(pixels_in({RegionShape::ellipse, 20.3, 10.1, 420.3, 310.1}, 400, 500).size());
    EXPECT_NEAR(many / (M_PI * 200 * 150), 1, 1e-3);
}

TEST(RegionStatistics, is_clipped_at_the_border) {
    const Numbered n;
    const RegionStatistics corner = statistics_of(n.image(), {RegionShape::rectangle, 9, 5, 40, 1e9});
    EXPECT_EQ(corner.pixels, 4);
    EXPECT_DOUBLE_EQ(corner.mean, (509 + 510 + 609 + 610) / 4.0);
    EXPECT_EQ(statistics_of(n.image(), {RegionShape::ellipse, -4, -4, 4, 4}).pixels, 4 + 4 + 3 + 2);
    for (const RegionShape shape : {RegionShape::rectangle, RegionShape::ellipse})
        for (const Region& outside : {Region{shape, 11, 0, 20, 7}, Region{shape, -9, -9, 0, 0}}) {
            const RegionStatistics s = statistics_of(n.image(), outside);
            EXPECT_EQ(s.pixels, 0);
            EXPECT_EQ(s.masked + s.no_value, 0);
            for (const double figure : {s.mean, s.standard_deviation, s.median, s.minimum, s.maximum, s.sum,
                                        s.expected_sigma, s.snr, s.excess})
                EXPECT_TRUE(std::isnan(figure));
        }
}

TEST(RegionStatistics, one_pixel_and_none) {
    const Numbered n;
    const RegionStatistics one = statistics_of(n.image(), {RegionShape::rectangle, 4, 2, 5, 3});
    EXPECT_EQ(one.pixels, 1);
    EXPECT_EQ(one.mean, 204);
    EXPECT_EQ(one.median, 204);
    EXPECT_EQ(one.sum, 204);
    EXPECT_TRUE(std::isnan(one.standard_deviation));
    for (const RegionShape shape : {RegionShape::rectangle, RegionShape::ellipse}) {
        EXPECT_EQ(statistics_of(n.image(), {shape, 4, 2, 4, 2}).pixels, 0);
        EXPECT_EQ(statistics_of(n.image(), {shape, 4, 2, 4, 6}).pixels, 0);
        EXPECT_EQ(statistics_of(n.image(), {shape, std::nan(""), 2, 4, 6}).pixels, 0);
    }
}

TEST(RegionStatistics, leaves_out_what_is_masked_or_has_no_value_and_says_so) {
    Numbered n;
    n.at(1, 1) = nan_float;
    n.at(1, 2) = std::numeric_limits<float>::infinity();
    n.flag(2, 1) = hot;
    n.at(2, 2) = nan_float;
    n.flag(2, 2) = saturated;   // counted as masked
    n.flag(3, 1) = low_counts;  // stays in
    const RegionStatistics s = statistics_of(n.image(), {RegionShape::rectangle, 1, 1, 3, 4});
    EXPECT_EQ(s.pixels, 2);
    EXPECT_EQ(s.masked, 2);
    EXPECT_EQ(s.no_value, 2);
    EXPECT_DOUBLE_EQ(s.mean, 301.5);
    EXPECT_DOUBLE_EQ(s.median, 301.5);
}

TEST(RegionStatistics, agrees_with_the_figures_of_compare) {
    Numbered n;
    n.at(3, 4) = nan_float;
    const Region one{RegionShape::ellipse, 1, 1, 8, 7}, other{RegionShape::rectangle, 8, 0, 11, 4};
    std::vector<std::uint8_t> inside(77, 0), outside(77, 0);
    for (const std::int64_t p : pixels_in(one, 7, 11)) inside[static_cast<std::size_t>(p)] = 1;
    for (const std::int64_t p : pixels_in(other, 7, 11)) outside[static_cast<std::size_t>(p)] = 1;
    const MeasuredImage image = n.image();
    const RegionContrast c = contrast_of(statistics_of(image, one), statistics_of(image, other));
    EXPECT_NEAR(c.cnr, cnr(image.values, inside.data(), outside.data()), 1e-12);
    EXPECT_NEAR(c.weber, weber_contrast(image.values, inside.data(), outside.data()), 1e-12);
    EXPECT_NEAR(c.michelson, michelson_contrast(image.values, inside.data(), outside.data()), 1e-12);
    EXPECT_GT(c.cnr, 0.1);
    const RegionContrast none = contrast_of(statistics_of(image, one), statistics_of(image, {{}, 90, 90, 99, 99}));
    EXPECT_TRUE(std::isnan(none.cnr) && std::isnan(none.weber) && std::isnan(none.michelson));
}

GatedImages noisy_images(double mean, double extra_sigma) {
    GatedImages images;
    images.rows = 200;
    images.columns = 300;
    images.y = index_axis("y", "", 200);
    images.x = index_axis("x", "", 300);
    images.layers = {{"counts", "counts", "", {}}, {"depth", "m", "", {}}, {"depth_sigma", "m", "", {}}};
    std::mt19937 random(3);
    std::poisson_distribution<int> poisson(mean);
    std::normal_distribution<double> extra(0, extra_sigma);
    for (int i = 0; i < 60000; ++i) {
        images.layers[0].values.push_back(static_cast<float>(poisson(random) + (extra_sigma > 0 ? extra(random) : 0)));
        images.layers[1].values.push_back(static_cast<float>(2 + 0.01 * std::normal_distribution<double>()(random)));
        images.layers[2].values.push_back(i % 2 == 0 ? 0.005F : nan_float);
    }
    return images;
}

TEST(RegionStatistics, photon_noise_explains_the_spread_of_counts) {
    const Region whole{RegionShape::rectangle, 0, 0, 300, 200};
    const GatedImages images = noisy_images(50, 0);
    const RegionStatistics s = statistics_of(measured_image(images, "counts", 0), whole);
    EXPECT_NEAR(s.expected_sigma, std::sqrt(s.mean), 1e-9);
    // The variance of 60,000 values is known to sqrt(2 / n) = 0.6 %.
    EXPECT_NEAR(s.excess, 1, 5 * std::sqrt(2 / 60000.0));
    EXPECT_NEAR(s.snr, std::sqrt(s.sum), 1e-6);  // counts over their root
    const GatedImages noisy = noisy_images(50, 10);
    const RegionStatistics more = statistics_of(measured_image(noisy, "counts", 0), whole);
    EXPECT_NEAR(more.excess, 3, 0.1);  // 50 + 100 over 50
}

TEST(RegionStatistics, takes_the_layers_own_sigma) {
    const GatedImages images = noisy_images(50, 0);
    const RegionStatistics s =
        statistics_of(measured_image(images, "depth", 0), {RegionShape::rectangle, 0, 0, 300, 200});
    EXPECT_NEAR(s.expected_sigma, 0.005, 1e-8);  // of those that have one
    EXPECT_NEAR(s.excess, 4, 0.1);
    EXPECT_NEAR(s.snr, s.mean / (0.005 / std::sqrt(60000.0)), 1e-3 * s.snr);
    // Of a layer in m without sigma nothing is known.
    const RegionStatistics unknown =
        statistics_of(measured_image(images, "depth_sigma", 0), {RegionShape::rectangle, 0, 0, 300, 200});
    EXPECT_GT(unknown.pixels, 0);
    EXPECT_TRUE(std::isnan(unknown.snr) && std::isnan(unknown.excess) && std::isnan(unknown.expected_sigma));
    EXPECT_THROW((void)measured_image(images, "depths", 0), Error);
    EXPECT_THROW((void)measured_image(images, "depth", 1), Error);
}

TEST(RegionStatistics, views_are_apart) {
    GatedImages images = noisy_images(50, 0);
    images.views = 2;
    images.rows = 100;
    images.has_views_axis = true;
    images.mask.assign(60000, 0);
    images.mask[30000 + 5] = dead;
    images.layers[0].values[30000] = 7;
    const RegionStatistics s = statistics_of(measured_image(images, "counts", 1), {RegionShape::rectangle, 0, 0, 1, 1});
    EXPECT_EQ(s.mean, 7);
    EXPECT_EQ(statistics_of(measured_image(images, "counts", 1), {RegionShape::rectangle, 0, 0, 6, 1}).masked, 1);
    EXPECT_EQ(statistics_of(measured_image(images, "counts", 0), {RegionShape::rectangle, 0, 0, 6, 1}).masked, 0);
}

TEST(LineProfile, a_plane_is_met_exactly) {
    const Numbered n;
    // Value at (x, y) is 100 (y - 0.5) + (x - 0.5).
    const LineProfile p = line_profile(n.image(), {1.2, 0.9, 1.2 + 3, 0.9 + 4, 1}, 0.002, 0.001);
    ASSERT_EQ(p.value.size(), 6U);  // length 5
    for (std::size_t k = 0; k < 6; ++k) {
        const auto at = static_cast<double>(k);
        EXPECT_DOUBLE_EQ(p.position_px[k], at);
        EXPECT_NEAR(p.x[k], 1.2 + 0.6 * at, 1e-12);
        EXPECT_NEAR(p.y[k], 0.9 + 0.8 * at, 1e-12);
        EXPECT_NEAR(p.value[k], 100 * (p.y[k] - 0.5) + p.x[k] - 0.5, 1e-9);
        EXPECT_EQ(p.samples[k], 1);
        // 0.6 px of 2 mm across, 0.8 px of 1 mm down.
        EXPECT_NEAR(p.position_mm[k], at * std::hypot(1.2, 0.8), 1e-12);
    }
    EXPECT_TRUE(std::isnan(line_profile(n.image(), {1, 1, 5, 1, 1}, 0, 0.001).position_mm[2]));
}

TEST(LineProfile, width_averages_across_the_line) {
    Numbered n;
    for (std::int64_t x = 0; x < 11; ++x) n.at(3, x) = 1000;  // a bright row
    const LineProfile along = line_profile(n.image(), {0.5, 3.5, 10.5, 3.5, 3}, 0, 0);
    ASSERT_EQ(along.value.size(), 11U);
    for (std::size_t k = 0; k < 11; ++k) {
        EXPECT_NEAR(along.value[k], (1000 + 200 + 400 + 2 * static_cast<double>(k)) / 3, 1e-9);
        EXPECT_EQ(along.samples[k], 3);
    }
    // Down the image, as wide as even numbers of pixels.
    const LineProfile down = line_profile(n.image(), {5, 0.5, 5, 6.5, 2}, 0, 0);
    ASSERT_EQ(down.value.size(), 7U);
    EXPECT_NEAR(down.value[2], 204.5, 1e-9);
    EXPECT_NEAR(down.value[3], 1000, 1e-9);
}

TEST(LineProfile, outside_and_bad_pixels_are_left_out) {
    Numbered n;
    n.at(2, 4) = nan_float;
    n.flag(2, 7) = hot;
    const LineProfile p = line_profile(n.image(), {-1.5, 2.5, 12.5, 2.5, 1}, 0, 0);
    ASSERT_EQ(p.value.size(), 15U);
    for (std::size_t k = 0; k < 15; ++k) {
        const bool bad = k < 2 || k > 12 || k == 6 || k == 9;
        EXPECT_EQ(std::isnan(p.value[k]), bad) << k;
        EXPECT_EQ(p.samples[k], bad ? 0 : 1) << k;
        if (!bad) EXPECT_NEAR(p.value[k], 200 + static_cast<double>(k) - 2, 1e-9);
    }
    // A quarter of a bad pixel is no part of a sample; three quarters of it are too much.
    EXPECT_NEAR(line_profile(n.image(), {3.75, 2.5, 3.75, 2.5, 1}, 0, 0).value[0], 203, 1e-9);
    EXPECT_TRUE(std::isnan(line_profile(n.image(), {4.25, 2.5, 4.25, 2.5, 1}, 0, 0).value[0]));
    // With others beside it a bad sample is one of three.
    const LineProfile wide = line_profile(n.image(), {4.5, 2.5, 4.5, 2.5, 3}, 0, 0);
    EXPECT_EQ(wide.samples[0], 2);
    EXPECT_EQ(wide.value.size(), 1U);
    // At the border as at the nearest centre.
    EXPECT_NEAR(line_profile(n.image(), {0, 0, 0, 0, 1}, 0, 0).value[0], 0, 1e-9);
    EXPECT_NEAR(line_profile(n.image(), {11, 7, 11, 7, 1}, 0, 0).value[0], 610, 1e-9);
}

}  // namespace
}  // namespace firstlight
