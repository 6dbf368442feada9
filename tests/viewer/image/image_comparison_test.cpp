#include "viewer/image/image_comparison.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "kernels/rendering/colormaps.hpp"
#include "kernels/support/views.hpp"

namespace firstlight::viewer {
namespace {

constexpr float nan_f = std::numeric_limits<float>::quiet_NaN();

GatedImages images_of(std::int64_t rows, std::int64_t columns, std::vector<float> values, const char* unit = "counts") {
    GatedImages images;
    images.rows = rows;
    images.columns = columns;
    images.views = static_cast<std::int64_t>(values.size()) / (rows * columns);
    images.layers.push_back({"ballistic", unit, "", std::move(values)});
    return images;
}

TEST(ImageComparison, figures_are_those_of_the_closed_form) {
    // b = 2 a + 1: differences -(a + 1), perfectly correlated.
    const GatedImages a = images_of(2, 2, {1, 2, 3, 6}), b = images_of(2, 2, {3, 5, 7, 13});
    const DifferenceFigures f = difference_figures(compared_layer(a, b, "ballistic", 0));
    EXPECT_EQ(f.pixels, 4);
    EXPECT_DOUBLE_EQ(f.first_mean, 3);
    EXPECT_DOUBLE_EQ(f.second_mean, 7);
    EXPECT_DOUBLE_EQ(f.mean, -4);
    EXPECT_DOUBLE_EQ(f.rms, std::sqrt((4 + 9 + 16 + 49) / 4.0));
    EXPECT_DOUBLE_EQ(f.largest, -7);
    EXPECT_EQ(f.largest_at, (PixelAt{1, 1}));
    EXPECT_NEAR(f.ncc, 1, 1e-12);
}

TEST(ImageComparison, masked_pixels_and_gaps_of_either_take_no_part) {
    GatedImages a = images_of(1, 5, {1, 2, nan_f, 4, 5}), b = images_of(1, 5, {0, nan_f, 3, 3, 9});
    a.mask = {0, 0, 0, 0, hot};
    b.mask = {low_counts, 0, 0, 0, 0};  // doubtful, but measured
    const ComparedLayer both = compared_layer(a, b, "ballistic", 0);
    const std::vector<float> d = difference_of(both, false), relative = difference_of(both, true);
    EXPECT_EQ(d[0], 1);
    EXPECT_TRUE(std::isnan(d[1]) && std::isnan(d[2]) && std::isnan(d[4]));
    EXPECT_EQ(d[3], 1);
    EXPECT_TRUE(std::isnan(relative[0])) << "divided by 0";
    EXPECT_FLOAT_EQ(relative[3], 1.0F / 3);
    EXPECT_EQ(difference_figures(both).pixels, 2);
}

TEST(ImageComparison, without_a_pixel_in_common_there_are_no_figures) {
    const GatedImages a = images_of(1, 2, {nan_f, 1}), b = images_of(1, 2, {1, nan_f});
    const DifferenceFigures f = difference_figures(compared_layer(a, b, "ballistic", 0));
    EXPECT_EQ(f.pixels, 0);
    EXPECT_TRUE(std::isnan(f.mean) && std::isnan(f.rms) && std::isnan(f.largest) && std::isnan(f.ncc));
}

TEST(ImageComparison, views_are_compared_with_the_same_view) {
    const GatedImages a = images_of(1, 2, {1, 2, 30, 40}), b = images_of(1, 2, {1, 2, 10, 10});
    EXPECT_EQ(difference_figures(compared_layer(a, b, "ballistic", 0)).rms, 0);
    EXPECT_DOUBLE_EQ(difference_figures(compared_layer(a, b, "ballistic", 1)).mean, 25);
}

TEST(ImageComparison, what_cannot_be_compared_is_said_in_words) {
    const GatedImages a = images_of(2, 2, {1, 2, 3, 4});
    EXPECT_EQ(why_not_compared(a, a, "ballistic", 0, "A", "B"), "");
    EXPECT_EQ(why_not_compared(a, images_of(1, 4, {1, 2, 3, 4}), "ballistic", 0, "A", "B"),
              "sizes differ: A has 2 x 2 pixels, B has 4 x 1");
    EXPECT_EQ(why_not_compared(a, images_of(2, 2, {1, 2, 3, 4}, "m"), "ballistic", 0, "A", "B"),
              "units differ: ballistic is in counts in A and in m in B");
    GatedImages other = a;
    other.layers[0].name = "optical_depth";
    EXPECT_EQ(why_not_compared(a, other, "optical_depth", 0, "A", "B"), "A has no layer optical depth");
    EXPECT_EQ(why_not_compared(a, other, "ballistic", 0, "A", "B"), "B has no layer ballistic");
    EXPECT_EQ(why_not_compared(a, a, "ballistic", 1, "A", "B"), "A has 1 view, B has 1: there is no view 1 in both");
    EXPECT_TRUE(common_layers(a, other).empty());
    EXPECT_EQ(common_layers(a, a), std::vector<std::string>{"ballistic"});
}

TEST(ImageComparison, a_difference_is_blue_below_zero_grey_at_zero_and_red_above) {
    const std::vector<std::uint8_t> rgb = difference_colours({-2, 0, 1, 5, nan_f}, 2);
    const std::vector<std::uint8_t> wanted{59, 76, 192, 221, 221, 221, 201, 113, 130, 180, 4, 38, 180, 210, 236};
    ASSERT_EQ(rgb.size(), wanted.size());
    for (std::size_t i = 0; i < rgb.size(); ++i) EXPECT_NEAR(rgb[i], wanted[i], 1) << i;
}

TEST(ImageComparison, the_colours_of_a_difference_end_where_nearly_all_of_it_lies) {
    std::vector<float> d(1000, -1);
    d[0] = 1e6F;
    d[1] = nan_f;
    EXPECT_DOUBLE_EQ(difference_limit(d), 1);
    EXPECT_DOUBLE_EQ(difference_limit({0, 0}), 1);
    EXPECT_DOUBLE_EQ(difference_limit({}), 1);
    std::vector<float> one_only(1000, 0);
    one_only[3] = -4;
    EXPECT_DOUBLE_EQ(difference_limit(one_only), 4) << "one pixel that differs is seen";
}

TEST(ImageComparison, the_truth_has_the_results_layers_with_what_its_gate_held) {
    Result result;
    result.images = images_of(1, 2, {1, 2, 3, 4});
    StageRecord gate;
    gate.name = "time_gate";
    gate.survey["gate_share[0]"] = 0.5;
    gate.survey["gate_share[1]"] = 0.25;
    result.process.stages.push_back(gate);
    Truth truth;
    truth.ballistic = {10, 20, 40, 80};  // of each view
    truth.depth_m = {0.1, 0.2};          // the same in all
    truth.optical_depth = {1, 2, 3};     // of another size
    const GatedImages images = truth_images(truth, result);
    ASSERT_EQ(images.layers.size(), 2U);
    EXPECT_EQ(images.layer("ballistic")->values, (std::vector<float>{5, 10, 10, 20}));
    EXPECT_EQ(images.layer("ballistic")->unit, "counts");
    EXPECT_EQ(images.layer("depth")->values, (std::vector<float>{0.1F, 0.2F, 0.1F, 0.2F}));
}

}  // namespace
}  // namespace firstlight::viewer
