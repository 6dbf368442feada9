// time_gate on a signal that a deconvolution estimated: value by hand, error against the scatter of simulated traces.
#include <cmath>
#include <random>

#include "kernels/deconvolution/richardson_lucy.hpp"
#include "kernels/deconvolution/wiener.hpp"
#include "kernels/gating/time_gate.hpp"
#include "kernels/support/response.hpp"
#include "tests/support/stage_test.hpp"

namespace firstlight {
namespace {

class TimeGateSignalTest : public StageTest {};
INSTANTIATE_TEST_SUITE_P(, TimeGateSignalTest, all_backends(), backend_name);

TimeGate::Params gate(double open_bins, double close_bins, TimeGate::Background background) {
    TimeGate::Params params;
    params.open_ps = open_bins * 10;
    params.close_ps = close_bins * 10;
    params.background = background;
    params.guard_ps = 40;
    return params;
}

// 24 bins, light at 14; response of FWHM 2 bins.
HostTile tile_with_signal(std::int64_t rows, std::int64_t columns) {
    HostTile tile(rows, columns, 24);
    tile.use_signal = tile.use_live = tile.use_edges = true;
    tile.scan.irf = gaussian_response(20e-12);
    tile.shared["signal"] = 1;
    for (std::size_t i = 1; i + 1 < tile.edges.size(); ++i) tile.edges[i] += i % 2 == 0 ? 0.2F : -0.2F;
    for (std::int64_t p = 0; p < tile.traces(); ++p) {
        const auto t = static_cast<std::size_t>(p);
        tile.arrival[t] = 14.5F;
        tile.gain[t] = 2;
        tile.dark[t] = 3;
        tile.dark_variance[t] = 0.04F;
        for (std::int64_t i = 0; i < 24; ++i) {
            const auto at = static_cast<std::size_t>(p * 24 + i);
            tile.set(p, i, static_cast<double>(i));
            tile.live[at] = 0.5F;
            tile.signal[at] = static_cast<float>(i == 14 ? 100 + p : i < 10 ? 2 : 5);
        }
    }
    return tile;
}

TEST_P(TimeGateSignalTest, value_is_of_the_signal_and_error_of_the_counts_around) {
    HostTile tile = tile_with_signal(3, 11);
    run_trace_stage<TimeGate>(queue(), tile, gate(-0.75, 1.5, TimeGate::Background::dark));
    for (std::size_t p = 0; p < 33; ++p) {
        // [13.75, 16): a quarter of bin 13, bins 14 and 15. Dark counts are not subtracted again.
        EXPECT_FLOAT_EQ(tile.layers[Layer::ballistic][p], 0.25F * 5 + 100 + static_cast<float>(p) + 5);
        // Counts of the true bins in [11.75, 18), bin i holding i counts; live * gain is 1; dark variance over gain^2.
        double variance = 2.25 * 2.25 * 0.04 / 4;
        for (std::size_t i = 0; i < 24; ++i) {
            const double from = std::max(11.75, static_cast<double>(tile.edges[i]));
            const double to = std::min(18.0, static_cast<double>(tile.edges[i + 1]));
            if (to > from)
                variance +=
                    static_cast<double>(i) * (to - from) / static_cast<double>(tile.edges[i + 1] - tile.edges[i]);
        }
        EXPECT_NEAR(tile.layers[Layer::ballistic_sigma][p], std::sqrt(variance), 4e-3);
        EXPECT_TRUE(std::isnan(tile.layers[Layer::purity][p]));
        EXPECT_FLOAT_EQ(tile.layers[Layer::background][p], 0);
        EXPECT_FLOAT_EQ(tile.layers[Layer::counts][p], 276);
        EXPECT_FLOAT_EQ(tile.effect[p], 0.25F * 13 + 14 + 15 - 276);
    }
    EXPECT_EQ(tile.shared.at("gate_share"), 1);
}

TEST_P(TimeGateSignalTest, background_is_the_signal_before_the_light) {
    HostTile tile = tile_with_signal(1, 2);
    run_trace_stage<TimeGate>(queue(), tile, gate(-0.5, 0.5, TimeGate::Background::before_light));
    EXPECT_FLOAT_EQ(tile.layers[Layer::background][0], 2);  // whole bins before 10.5
    EXPECT_FLOAT_EQ(tile.layers[Layer::ballistic][0], 98);
    EXPECT_FLOAT_EQ(tile.layers[Layer::ballistic][1], 99);
    tile.flags[1] = hot;
    run_trace_stage<TimeGate>(queue(), tile, gate(-0.5, 0.5, TimeGate::Background::before_light));
    EXPECT_TRUE(std::isnan(tile.layers[Layer::ballistic][1]));
}

// What the header says of the error, measured: unscattered light on a scattered tail, response of 5 bins, 600 traces.
TEST_P(TimeGateSignalTest, error_is_near_the_scatter_for_richardson_lucy_and_below_it_for_wiener) {
    if (std::string(GetParam()) != "cpu") GTEST_SKIP() << "statistics of the CPU version; the others equal it";
    constexpr std::int64_t bins = 128;
    const auto scatter_over_error = [&](auto deconvolve, double open, double close) {
        HostTile tile(20, 30, bins);
        tile.use_signal = true;
        tile.scan.irf = gaussian_response(50e-12);
        const CumulativeResponse response = binned_response(tile.scan).cumulative;
        std::mt19937 random(5);
        for (std::int64_t p = 0; p < tile.traces(); ++p) {
            tile.arrival[static_cast<std::size_t>(p)] = 30.5F;
            tile.dark[static_cast<std::size_t>(p)] = 0.1F;
            for (std::int64_t i = 0; i < bins; ++i) {
                double mean =
                    0.1 + 227 * response.between(static_cast<double>(i) - 30.5, static_cast<double>(i) - 29.5);
                for (int k = 0; k < 80; ++k)
                    mean +=
                        650.0 / 225 * (k + 0.5) * std::exp(-(k + 0.5) / 15) *
                        response.between(static_cast<double>(i - 30 - k) - 0.5, static_cast<double>(i - 30 - k) + 0.5);
                tile.set(p, i, std::poisson_distribution<int>(mean)(random));
            }
        }
        deconvolve(tile);
        run_trace_stage<TimeGate>(queue(), tile, gate(open, close, TimeGate::Background::before_light));
        double sum = 0;
        double squares = 0;
        double sigma = 0;
        for (std::size_t p = 0; p < 600; ++p) {
            const auto v = static_cast<double>(tile.layers[Layer::ballistic][p]);
            sum += v;
            squares += v * v;
            sigma += static_cast<double>(tile.layers[Layer::ballistic_sigma][p]);
        }
        const double mean = sum / 600;
        EXPECT_NEAR(mean, 240, 48);
        return std::sqrt(squares / 600 - mean * mean) / (sigma / 600);
    };
    const auto lucy = [&](HostTile& tile) {
        run_trace_stage<RichardsonLucy>(queue(), tile, {RichardsonLucy::Stop::iterations, 40});
    };
    const auto wiener = [&](HostTile& tile) { run_trace_stage<Wiener>(queue(), tile); };
    const double wide = scatter_over_error(lucy, -2.5, 2.5);
    const double narrow = scatter_over_error(lucy, -1.5, 1.5);
    const double linear = scatter_over_error(wiener, -2.5, 2.5);
    RecordProperty("ratios", std::to_string(wide) + " " + std::to_string(narrow) + " " + std::to_string(linear));
    EXPECT_NEAR(wide, 1.05, 0.1);
    EXPECT_NEAR(narrow, 1.2, 0.15);
    EXPECT_NEAR(linear, 1.5, 0.25);
}

}  // namespace
}  // namespace firstlight
