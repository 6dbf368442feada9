#include "kernels/corrections/pixel_mask.hpp"

#include <random>

#include "tests/support/stage_test.hpp"

namespace firstlight {
namespace {

class PixelMaskTest : public StageTest {};
INSTANTIATE_TEST_SUITE_P(, PixelMaskTest, all_backends(), backend_name);

constexpr CountType all_types[] = {CountType::u1, CountType::u2, CountType::u4, CountType::f4};

// Even dark counts of 1, 2, 3 per bin, then light from bin `light` on, ten times as bright in every fifth pixel.
void fill_scene(HostTile& tile, std::int64_t light) {
    for (std::int64_t p = 0; p < tile.traces(); ++p)
        for (std::int64_t i = 0; i < tile.scan.bins; ++i)
            tile.set(p, i, i >= light ? (p % 5 == 0 ? 200 : 20) : static_cast<double>(1 + (i + p) % 3));
}

TEST_P(PixelMaskTest, hot_pixel_shows_before_the_light_and_bright_ones_do_not) {
    for (const CountType type : all_types) {
        HostTile tile(7, 11, 80, type);
        fill_scene(tile, 60);
        for (std::int64_t i = 0; i < 60; ++i) tile.set(9, i, 9);
        run_trace_stage<PixelMask>(queue(), tile);
        EXPECT_EQ(tile.found.at("hot_bins"), 40);  // 60 less 200 ps
        for (std::size_t p = 0; p < 77; ++p) EXPECT_EQ(tile.flags[p], p == 9 ? hot : 0) << p;
        EXPECT_EQ(tile.effect[9], -(60 * 9 + 20 * 20));
        EXPECT_EQ(tile.effect[10], 0.0F);
    }
}

TEST_P(PixelMaskTest, threshold_is_median_plus_robust_deviations) {
    // Totals 100, 100 + step, …; the last pixel stands just under or just over the limit.
    //   step 10: median 200, MAD 50, so 200 + 2 * 1.4826 * 50 = 348.26
    //   step 1: MAD 5 is less than the Poisson spread of some 110 counts: 110 + 2 * 10.5 = 131.0
    for (const auto& [step, last, flagged] : {std::tuple{10.0, 348.0, 0}, std::tuple{10.0, 349.0, 1},
                                              std::tuple{1.0, 130.0, 0}, std::tuple{1.0, 132.0, 1}}) {
        HostTile tile(1, 21, 4, CountType::u4);
        for (std::int64_t p = 0; p < 20; ++p) tile.set(p, 1, 100 + step * static_cast<double>(p));
        tile.set(20, 1, last);
        PixelMask::Params params;
        params.statistic = PixelMask::Statistic::total;
        params.threshold_mad = 2;
        run_trace_stage<PixelMask>(queue(), tile, params);
        EXPECT_EQ(tile.flags[20], flagged) << last;
        for (std::size_t p = 0; p < 20; ++p) EXPECT_EQ(tile.flags[p], 0);
    }
}

TEST_P(PixelMaskTest, even_poisson_counts_flag_nothing_at_any_level) {
    for (const double per_bin : {0.001, 0.02, 0.5, 20.0}) {
        HostTile tile(50, 40, 64);
        std::mt19937 random(11);
        std::poisson_distribution<int> dark(per_bin);
        for (std::int64_t p = 0; p < 2000; ++p)
            for (std::int64_t i = 0; i < 64; ++i) tile.set(p, i, i >= 50 ? 500 : dark(random));
        run_trace_stage<PixelMask>(queue(), tile);
        for (std::size_t p = 0; p < 2000; ++p) EXPECT_EQ(tile.flags[p], 0) << per_bin;
    }
}

TEST_P(PixelMaskTest, rates_are_per_pulse_where_exposures_differ) {
    HostTile tile(4, 8, 64, CountType::u4);
    for (std::int64_t p = 0; p < 32; ++p) {
        const double longer = p < 8 ? 100 : 1;  // exposed longer, not hot
        tile.scan.pulses.push_back(1e4 * longer);
        for (std::int64_t i = 0; i < 64; ++i) tile.set(p, i, i >= 50 ? 900 * longer : 2 * longer);
    }
    for (std::int64_t i = 0; i < 50; ++i) tile.set(3, i, 300);
    run_trace_stage<PixelMask>(queue(), tile);
    for (std::size_t p = 0; p < 32; ++p) EXPECT_EQ(tile.flags[p], p == 3 ? hot : 0) << p;
}

TEST_P(PixelMaskTest, dead_saturated_and_given_flags) {
    for (const CountType type : all_types) {
        HostTile tile(6, 7, 80, type);
        fill_scene(tile, 60);
        for (std::int64_t i = 0; i < 80; ++i) tile.set(4, i, 0);
        const double largest = type == CountType::u1 ? 255 : type == CountType::u2 ? 65535 : 4294967295.0;
        if (type == CountType::f4) tile.set(13, 79, std::numeric_limits<double>::infinity());
        else tile.set(13, 79, largest);
        tile.set(14, 79, type == CountType::f4 ? 1e30 : largest - 1);
        tile.scan.pixel_mask.assign(42, 0);
        tile.scan.pixel_mask[21] = noisy;
        tile.flags[22] = hot;  // of an earlier stage: stays
        run_trace_stage<PixelMask>(queue(), tile);
        for (std::size_t p = 0; p < 42; ++p) {
            int expected = 0;
            if (p == 4) expected = dead;
            if (p == 13) expected = type == CountType::f4 ? noisy : saturated;
            if (p == 21) expected = noisy;
            if (p == 22) expected = hot;
            EXPECT_EQ(tile.flags[p], expected) << p;
        }
        PixelMask::Params params;
        params.source = PixelMask::Source::given;
        std::fill(tile.flags.begin(), tile.flags.end(), std::uint8_t{0});
        run_trace_stage<PixelMask>(queue(), tile, params);
        for (std::size_t p = 0; p < 42; ++p) EXPECT_EQ(tile.flags[p], p == 21 ? noisy : 0);
        params.source = PixelMask::Source::measured;
        std::fill(tile.flags.begin(), tile.flags.end(), std::uint8_t{0});
        run_trace_stage<PixelMask>(queue(), tile, params);
        EXPECT_EQ(tile.flags[21], 0);
        EXPECT_EQ(tile.flags[4], dead);
    }
}

TEST_P(PixelMaskTest, any_size_and_nothing_to_learn_from) {
    for (const auto& [rows, columns, bins] : {std::tuple{1, 1, 1}, std::tuple{0, 5, 31}, std::tuple{1, 31, 257},
                                              std::tuple{257, 1, 31}, std::tuple{5, 7, 33}}) {
        HostTile tile(rows, columns, bins);
        tile.scan.pixel_mask.assign(static_cast<std::size_t>(tile.traces()), dead);  // all masked: no division by 0
        run_trace_stage<PixelMask>(queue(), tile);
        for (std::size_t p = 0; p < static_cast<std::size_t>(tile.traces()); ++p) {
            EXPECT_EQ(tile.flags[p], dead);
            EXPECT_EQ(tile.effect[p], 0.0F);
        }
    }
}

TEST(PixelMask, dark_parts_of_a_scene_are_not_dead) {
    const auto queue = open_cpu_queue(1);
    HostTile tile(4, 5, 40);
    for (std::int64_t p = 0; p < 16; ++p) tile.set(p, 20, 100);  // the last row is behind something opaque
    run_trace_stage<PixelMask>(*queue, tile);
    for (std::size_t p = 0; p < 20; ++p) EXPECT_EQ(tile.flags[p] & dead, 0);
}

TEST(PixelMask, says_what_is_missing) {
    const auto queue = open_cpu_queue(1);
    HostTile tile(1, 20, 64);
    for (std::int64_t p = 0; p < 20; ++p) tile.set(p, 3, 50);
    run_trace_stage<PixelMask>(*queue, tile);
    EXPECT_TRUE(tile.warnings.empty());  // nothing is flagged that could be a bright part of the scene
    tile.set(7, 3, 5000);
    run_trace_stage<PixelMask>(*queue, tile);
    ASSERT_EQ(tile.warnings.size(), 1U);
    EXPECT_NE(tile.warnings.front().find("1 of 20 pixels looked at count as hot"), std::string::npos)
        << tile.warnings.front();
    PixelMask::Params params;
    params.statistic = PixelMask::Statistic::before_light;
    EXPECT_THROW(run_trace_stage<PixelMask>(*queue, tile, params), Error);
    params.source = PixelMask::Source::given;
    EXPECT_THROW(run_trace_stage<PixelMask>(*queue, tile, params), Error);
    tile.scan.pixel_mask.assign(3, 0);
    EXPECT_THROW(run_trace_stage<PixelMask>(*queue, tile, params), Error);
}

}  // namespace
}  // namespace firstlight
