#include "kernels/corrections/dark_counts.hpp"

#include <random>

#include "tests/support/stage_test.hpp"

namespace firstlight {
namespace {

class DarkCountsTest : public StageTest {};
INSTANTIATE_TEST_SUITE_P(, DarkCountsTest, all_backends(), backend_name);

TEST_P(DarkCountsTest, rate_map_gives_rate_times_pulses_times_width) {
    for (const auto& [rows, columns] : {std::pair{1, 1}, std::pair{1, 31}, std::pair{257, 1}, std::pair{5, 7}}) {
        HostTile tile(rows, columns, 33);
        tile.scan.pulses = {2e6};
        for (std::int64_t p = 0; p < tile.traces(); ++p)
            tile.scan.dark_rate_hz.push_back(1000.0 + static_cast<double>(p));
        run_trace_stage<DarkCounts>(queue(), tile);
        for (std::int64_t p = 0; p < tile.traces(); ++p) {
            const double expected = (1000.0 + static_cast<double>(p)) * 2e6 * 10e-12;
            EXPECT_FLOAT_EQ(tile.dark[static_cast<std::size_t>(p)], static_cast<float>(expected));
            EXPECT_FLOAT_EQ(tile.effect[static_cast<std::size_t>(p)], static_cast<float>(-expected * 33));
        }
    }
}

TEST_P(DarkCountsTest, bins_before_the_light_are_averaged_over_live_fraction) {
    for (const CountType type : {CountType::u1, CountType::u2, CountType::u4, CountType::f4}) {
        HostTile tile(3, 5, 64, type);
        tile.use_live = true;
        std::fill(tile.live.begin(), tile.live.end(), 0.5F);
        for (std::int64_t p = 0; p < 15; ++p)
            for (std::int64_t i = 0; i < 64; ++i) tile.set(p, i, i >= 40 ? 200 : static_cast<double>((i + p) % 3));
        DarkCounts::Params params;
        params.guard_ps = 40;  // 4 bins of 10 ps: bins 0..35 count, that is 36 bins of mean 1
        run_trace_stage<DarkCounts>(queue(), tile, params);
        EXPECT_EQ(tile.found.at("lead_bins"), 36);
        for (std::size_t p = 0; p < 15; ++p) {
            EXPECT_FLOAT_EQ(tile.dark[p], 2.0F);
            EXPECT_FLOAT_EQ(tile.dark_variance[p], 4.0F / 36);  // of y / 0.5, y of variance 1
        }
    }
}

TEST_P(DarkCountsTest, mean_of_sparse_counts_is_unbiased) {
    HostTile tile(40, 25, 300);
    std::mt19937 random(7);
    std::poisson_distribution<int> dark(0.02);
    for (std::int64_t p = 0; p < 1000; ++p)
        for (std::int64_t i = 0; i < 300; ++i) tile.set(p, i, i >= 220 ? 50 : dark(random));
    run_trace_stage<DarkCounts>(queue(), tile);
    double mean = 0;
    double variance = 0;
    for (std::size_t p = 0; p < 1000; ++p) {
        mean += tile.dark[p] / 1000;
        variance += tile.dark_variance[p] / 1000;
    }
    EXPECT_NEAR(mean, 0.02, 2 * std::sqrt(variance / 1000));
    EXPECT_NEAR(variance, 0.02 / tile.found.at("lead_bins"), 1e-5);
}

TEST(DarkCounts, says_what_is_missing) {
    HostTile tile(1, 2, 64);
    tile.scan.dark_rate_hz = {10, 10};
    const auto queue = open_cpu_queue(1);
    try {
        run_trace_stage<DarkCounts>(*queue, tile);
        FAIL();
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), ExitCode::bad_input);
        EXPECT_NE(std::string(e.what()).find("/entry/exposure/pulses is missing"), std::string::npos) << e.what();
    }
    tile.scan.dark_rate_hz.clear();
    for (std::int64_t i = 0; i < 64; ++i) tile.set(0, i, i < 3 ? 0 : 100);
    run_trace_stage<DarkCounts>(*queue, tile);  // light from bin 3 on: nothing to measure in, said as a warning
    EXPECT_EQ(tile.dark[0], 0.0F);
    EXPECT_EQ(tile.warnings.size(), 1U);
    DarkCounts::Params params;
    params.source = DarkCounts::Source::before_light;
    EXPECT_THROW(run_trace_stage<DarkCounts>(*queue, tile, params), Error);
}

}  // namespace
}  // namespace firstlight
