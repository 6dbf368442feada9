#include "kernels/corrections/time_skew.hpp"

#include <cmath>
#include <numeric>

#include "kernels/support/corrected_trace.hpp"
#include "tests/support/stage_test.hpp"

namespace firstlight {
namespace {

class TimeSkewTest : public StageTest {};
INSTANTIATE_TEST_SUITE_P(, TimeSkewTest, all_backends(), backend_name);

TEST_P(TimeSkewTest, shift_is_delay_over_bin_width) {
    for (const auto& [rows, columns] : {std::pair{1, 1}, std::pair{1, 31}, std::pair{257, 1}, std::pair{5, 7}}) {
        HostTile tile(rows, columns, 4);
        for (std::int64_t p = 0; p < tile.traces(); ++p) tile.scan.t0_map_s.push_back(3.5e-12 * static_cast<double>(p));
        run_trace_stage<TimeSkew>(queue(), tile);
        for (std::size_t p = 0; p < tile.shift.size(); ++p) {
            EXPECT_FLOAT_EQ(tile.shift[p], 0.35F * static_cast<float>(p));
            EXPECT_EQ(tile.flags[p], 0);
            EXPECT_EQ(tile.effect[p], 0);
        }
        run_trace_stage<TimeSkew>(queue(), tile, {.apply = false});
        for (const float shift : tile.shift) EXPECT_EQ(shift, 0);
    }
}

TEST_P(TimeSkewTest, unknown_delays_are_flagged) {
    HostTile tile(1, 3, 4);
    tile.scan.t0_map_s = {1e-11, NAN, -2e-11};
    run_trace_stage<TimeSkew>(queue(), tile);
    EXPECT_EQ(tile.shift, (std::vector<float>{1, 0, -2}));
    EXPECT_EQ(tile.flags, (std::vector<std::uint8_t>{0, noisy, 0}));
    EXPECT_EQ(tile.warnings.size(), 1U);
}

double full_width(const std::vector<double>& trace) {
    const auto top = std::max_element(trace.begin(), trace.end());
    const auto crossing = [&](auto from, int step) {
        auto at = from;
        while (*at > *top / 2) at += step;
        const double inner = *(at - step);
        return static_cast<double>(at - trace.begin()) - step * (*top / 2 - *at) / (inner - *at);
    };
    return crossing(top, 1) - crossing(top, -1);
}

// Many pixels with delays of all fractions, the same light in each: aligned, they must give the response again.
TEST(TimeSkew, alignment_conserves_counts_and_keeps_the_width) {
    constexpr double sigma = 6;
    constexpr std::int64_t bins = 200;
    const auto light = [](double begin) {  // of a bin, exactly
        return 0.5 * (std::erf((begin + 1) / (sigma * std::sqrt(2))) - std::erf(begin / (sigma * std::sqrt(2))));
    };
    HostTile tile(20, 20, bins, CountType::f4);
    for (std::int64_t p = 0; p < 400; ++p) {
        tile.scan.t0_map_s.push_back((static_cast<double>(p) / 400 * 30 - 15) * 10e-12);
        for (std::int64_t i = 0; i < bins; ++i)
            tile.set(p, i, 1e4 * light(static_cast<double>(i) - 100 - tile.scan.t0_map_s.back() / 10e-12));
    }
    const auto queue = open_cpu_queue(1);
    run_trace_stage<TimeSkew>(*queue, tile);
    std::vector<double> response(bins);
    for (std::int64_t i = 0; i < bins; ++i) response[static_cast<std::size_t>(i)] = light(static_cast<double>(i) - 100);
    for (const Interpolation how : {Interpolation::linear, Interpolation::fourier}) {
        std::vector<double> pooled(bins, 0.0);
        std::vector<float> one(bins);
        const TraceTile view = tile.view();
        double measured = 0;
        for (std::int64_t p = 0; p < 400; ++p) {
            corrected_trace(view, p, how, one.data());
            for (std::size_t i = 0; i < bins; ++i) {
                pooled[i] += static_cast<double>(one[i]);
                measured += static_cast<double>(
                    reinterpret_cast<float*>(tile.counts.data())[static_cast<std::size_t>(p) * bins + i]);
            }
        }
        const double sum = std::accumulate(pooled.begin(), pooled.end(), 0.0);
        EXPECT_NEAR(sum / measured, 1, 1e-6) << static_cast<int>(how);
        EXPECT_NEAR(full_width(pooled) / full_width(response), 1, 0.02) << static_cast<int>(how);
    }
}

TEST(CorrectedTrace, takes_the_whole_model_out) {
    HostTile tile(1, 1, 4);
    tile.use_live = tile.use_edges = true;
    tile.edges = {0, 1.5F, 2, 3, 4};
    tile.live = {1, 0.5F, 1, 1};
    tile.gain = {2};
    tile.dark = {2};
    for (const auto& [bin, y] : {std::pair{0, 15}, std::pair{1, 3}, std::pair{2, 10}, std::pair{3, 6}})
        tile.set(0, bin, y);
    std::vector<float> out(4);
    corrected_trace(tile.view(), 0, Interpolation::linear, out.data());
    // True bins hold (15 - 3)/2 = 6 over [0, 1.5), (3/0.5 - 1)/2 = 2.5 over [1.5, 2), 4 and 2.
    EXPECT_EQ(out, (std::vector<float>{4, 4.5F, 4, 2}));
    tile.use_live = tile.use_edges = false;
    tile.gain = {1};
    tile.dark = {0};
    tile.shift = {1.25F};
    for (int i = 0; i < 4; ++i) tile.set(0, i, i == 2 ? 8 : 0);
    corrected_trace(tile.view(), 0, Interpolation::linear, out.data());
    EXPECT_EQ(out, (std::vector<float>{2, 6, 0, 0}));
}

}  // namespace
}  // namespace firstlight
