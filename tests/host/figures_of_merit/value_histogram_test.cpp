#include "host/figures_of_merit/value_histogram.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

#include "kernels/rendering/tone_map.hpp"
#include "kernels/support/parallel_for.hpp"

namespace firstlight {
namespace {

constexpr float nan_float = std::numeric_limits<float>::quiet_NaN();

std::int64_t sum_of(const ValueHistogram& h) {
    return std::accumulate(h.pixels.begin(), h.pixels.end(), std::int64_t{0}) + h.below + h.above + h.masked +
           h.no_value;
}

TEST(ValueHistogram, every_pixel_has_one_place) {
    const std::vector<float> values{-1, 0, 0.5F, 1, 2.5F, 4, 4.5F, nan_float, INFINITY, 2, 3};
    std::vector<std::uint8_t> flags(values.size(), 0);
    flags[9] = hot;
    flags[10] = low_counts;  // still counts
    const ValueHistogram h = value_histogram(values.data(), flags.data(), 11, {4, 0, 4, false});
    EXPECT_EQ(h.pixels, (std::vector<std::int64_t>{2, 1, 1, 2}));  // 4 is in the last bin, as 3 is
    EXPECT_EQ(h.below, 1);
    EXPECT_EQ(h.above, 1);
    EXPECT_EQ(h.masked, 1);
    EXPECT_EQ(h.no_value, 2);
    EXPECT_EQ(sum_of(h), 11);
}

TEST(ValueHistogram, edges_are_where_they_say) {
    // Whole numbers on edges that rounding would put beside their bins.
    for (const double high : {3.0, 7.0, 49.0, 120.0, 1e6}) {
        const HistogramAxis axis{static_cast<std::int64_t>(std::min(high, 1000.0)), 0, high, false};
        std::vector<float> values;
        for (std::int64_t i = 0; i <= axis.bins; ++i) values.push_back(static_cast<float>(axis.edge(i)));
        const ValueHistogram h = value_histogram(values.data(), nullptr, axis.bins + 1, axis);
        std::vector<std::int64_t> wanted(static_cast<std::size_t>(axis.bins), 0);
        for (const float v : values) {
            std::int64_t bin = axis.bins - 1;
            while (bin > 0 && static_cast<double>(v) < axis.edge(bin)) --bin;
            ++wanted[static_cast<std::size_t>(bin)];
        }
        EXPECT_EQ(h.pixels, wanted) << high;
    }
}

TEST(ValueHistogram, logarithmic_bins_are_equal_in_ratio) {
    const HistogramAxis axis{3, 1, 1000, true};
    EXPECT_NEAR(axis.edge(0), 1, 1e-12);
    EXPECT_NEAR(axis.edge(1), 10, 1e-12);
    EXPECT_NEAR(axis.edge(3), 1000, 1e-9);
    const std::vector<float> values{0, -5, 1, 9, 11, 99, 101, 999, 1001, nan_float};
    const ValueHistogram h = value_histogram(values.data(), nullptr, 10, axis);
    EXPECT_EQ(h.pixels, (std::vector<std::int64_t>{2, 2, 2}));
    EXPECT_EQ(h.below, 2);
    EXPECT_EQ(h.above, 1);
    EXPECT_EQ(h.no_value, 1);
}

TEST(ValueHistogram, an_axis_that_cannot_be_is_refused) {
    const float one = 1;
    for (const HistogramAxis& axis :
         {HistogramAxis{0, 0, 1, false}, HistogramAxis{4, 1, 1, false}, HistogramAxis{4, 2, 1, false},
          HistogramAxis{4, 0, 1, true}, HistogramAxis{4, std::nan(""), 1, false}, HistogramAxis{4, 0, INFINITY, false}})
        EXPECT_THROW((void)value_histogram(&one, nullptr, 1, axis), Error);
    EXPECT_EQ(sum_of(value_histogram(&one, nullptr, 0, {4, 0, 1, false})), 0);
}

TEST(ValueHistogram, ten_million_pixels_on_any_number_of_threads) {
    std::vector<float> values(10'000'000);
    std::mt19937 random(1);
    for (float& v : values) v = static_cast<float>(random()) * 0x1p-32F * 1.2F - 0.1F;
    ValueHistogram one, many;
    const HistogramAxis axis{256, 0, 1, false};
    with_threads(1, [&] { one = value_histogram(values.data(), nullptr, 10'000'000, axis); });
    const auto start = std::chrono::steady_clock::now();
    with_threads(4, [&] { many = value_histogram(values.data(), nullptr, 10'000'000, axis); });
    RecordProperty("seconds",
                   std::to_string(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count()));
    EXPECT_EQ(one.pixels, many.pixels);
    EXPECT_EQ(sum_of(many), 10'000'000);
    EXPECT_NEAR(static_cast<double>(many.below) / 1e7, 0.1 / 1.2, 1e-3);
    EXPECT_NEAR(static_cast<double>(many.pixels[100]) / 1e7, 1 / 1.2 / 256, 1e-4);
}

TEST(Percentiles, are_those_of_the_tone_map) {
    std::vector<float> values;
    std::vector<std::uint8_t> flags;
    std::mt19937 random(2);
    for (int i = 0; i < 1003; ++i) {
        values.push_back(i % 50 == 0 ? nan_float : static_cast<float>(random() % 1000) - 100);
        flags.push_back(i % 31 == 0 ? hot : 0);
    }
    for (const bool log : {false, true}) {
        ToneMap::Params tone;
        tone.scale = log ? ToneMap::Scale::log : ToneMap::Scale::linear;
        tone.low_percentile = 3;
        tone.high_percentile = 98.7;
        const ToneWindow window = ToneMap::window(tone, values.data(), flags.data(), 1003);
        const std::vector<double> found = percentiles_of(values.data(), flags.data(), 1003, {3, 98.7}, log);
        EXPECT_EQ(found[0], window.low);
        EXPECT_EQ(found[1], window.high);
    }
}

TEST(Percentiles, lie_between_order_statistics) {
    const std::vector<float> values{10, 3, 2, 1};
    const std::vector<double> found = percentiles_of(values.data(), nullptr, 4, {0, 50, 100, 90}, false);
    EXPECT_EQ(found[0], 1);
    EXPECT_EQ(found[1], 2.5);
    EXPECT_EQ(found[2], 10);
    EXPECT_NEAR(found[3], 3 + 0.7 * 7, 1e-12);
    const float none = nan_float;
    EXPECT_TRUE(std::isnan(percentiles_of(&none, nullptr, 1, {50}, false)[0]));
    EXPECT_THROW((void)percentiles_of(values.data(), nullptr, 4, {101}, false), Error);
}

}  // namespace
}  // namespace firstlight
