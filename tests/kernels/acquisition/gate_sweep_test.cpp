#include "kernels/acquisition/gate_sweep.hpp"

#include <cmath>
#include <functional>
#include <random>

#include "kernels/corrections/dark_counts.hpp"
#include "kernels/gating/time_gate.hpp"
#include "kernels/support/gate_axis.hpp"
#include "kernels/support/response.hpp"
#include "tests/support/stage_test.hpp"

namespace firstlight {
namespace {

class GateSweepTest : public StageTest {};
INSTANTIATE_TEST_SUITE_P(, GateSweepTest, all_backends(), backend_name);

constexpr double ps = 1e-12;

void make_gated(HostTile& tile, const std::vector<double>& delay_ps, const std::vector<double>& exposure_s = {},
                const std::vector<double>& width_ps = {}) {
    tile.scan.kind = ScanKind::gated;
    GateAxis& gates = tile.scan.gates;
    gates = {};
    for (const double d : delay_ps) gates.delay_s.push_back(d * ps);
    for (std::size_t i = 0; i < delay_ps.size(); ++i) {
        gates.exposure_s.push_back(exposure_s.empty() ? 0.1 : exposure_s[i]);
        gates.width_s.push_back((width_ps.empty() ? 2 : width_ps[i]) * ps);
    }
    check_gates(gates, tile.scan.bins, tile.scan.name);
    set_time_axis(tile.scan);
    tile.use_live = tile.use_edges = true;
}

std::vector<double> even(double start, double step, std::int64_t n) {
    std::vector<double> delays;
    for (std::int64_t i = 0; i < n; ++i) delays.push_back(start + static_cast<double>(i) * step);
    return delays;
}

TEST_P(GateSweepTest, live_is_exposure_over_width_and_edges_lie_midway) {
    HostTile tile(2, 3, 4);
    make_gated(tile, {0, 1, 2, 4}, {0.1, 0.1, 0.2, 0.4});
    for (std::int64_t p = 0; p < 6; ++p)
        for (std::int64_t i = 0; i < 4; ++i) tile.set(p, i, 10 * static_cast<double>(i + 1));
    run_trace_stage<GateSweep>(queue(), tile);
    const double unit = 5.5 / 4;
    const double edges[] = {0, 1 / unit, 2 / unit, 3.5 / unit, 4};
    const double live[] = {0.5 * unit, 0.5 * unit, 1 * unit / 1.5, 2 * unit / 2};
    for (std::size_t i = 0; i < 5; ++i) EXPECT_FLOAT_EQ(tile.edges[i], static_cast<float>(edges[i]));
    double effect = -100;
    for (std::size_t i = 0; i < 4; ++i) effect += 10 * static_cast<double>(i + 1) / live[i];
    for (std::size_t p = 0; p < 6; ++p) {
        for (std::size_t i = 0; i < 4; ++i) EXPECT_FLOAT_EQ(tile.live[4 * p + i], static_cast<float>(live[i]));
        EXPECT_NEAR(tile.effect[p], effect, 1e-4);
        EXPECT_EQ(tile.flags[p], 0);
    }
    EXPECT_NEAR(tile.scan.bin_of(1 * ps), 1.5 / unit, 1e-12);  // positions in bins are on the same axis
}

// What a gate at delay d counts of a flash, of a decay that follows it, and of steady background, in closed form.
double light(double d_ps) {
    const double x = (d_ps - 50) / 4;
    const double y = (d_ps - 62) / 9;
    return 900 * std::exp(-0.5 * x * x) + 400 * std::exp(-0.5 * y * y) + 25;
}

struct Gated {
    double ballistic, sigma, background;
};

// The trace through gate_sweep and a time gate of -8..5 ps about the flash, background from the gates before it.
Gated gate_of(Queue& queue, const std::vector<double>& delays, const std::vector<double>& exposure,
              const std::vector<double>& width = {}) {
    HostTile tile(1, 2, static_cast<std::int64_t>(delays.size()), CountType::f4);
    make_gated(tile, delays, exposure, width);
    const std::vector<double> relative = gate_bins(tile.scan.gates).exposure;
    const double unit = tile.scan.bin_width_s / ps;
    // Counts per ps of delay are the same on every axis once the mean exposure goes with the mean step.
    for (std::int64_t p = 0; p < 2; ++p)
        for (std::size_t i = 0; i < delays.size(); ++i)
            tile.set(p, static_cast<std::int64_t>(i), relative[i] * unit * light(delays[i]));
    tile.scan.irf = gaussian_response(4 * 2.3548 * ps);
    tile.scan.arrival_s = 50 * ps;
    std::fill(tile.arrival.begin(), tile.arrival.end(), static_cast<float>(tile.scan.bin_of(50 * ps)));
    run_trace_stage<GateSweep>(queue, tile);
    tile.shared["arrival_bins"] = tile.scan.bin_of(50 * ps);
    TimeGate::Params gate;
    gate.open_ps = -8;
    gate.close_ps = 5;
    run_trace_stage<TimeGate>(queue, tile, gate);
    return {tile.layers[Layer::ballistic][1], tile.layers[Layer::ballistic_sigma][1],
            tile.layers[Layer::background][1]};
}

// The promise of the stage: delays and exposures shape what is measured, not the image that comes out.
TEST_P(GateSweepTest, uneven_delays_and_exposures_give_the_image_of_an_even_sweep) {
    const Gated even_sweep = gate_of(queue(), even(0, 1, 121), std::vector<double>(121, 0.1));
    // Integral of light - 25 over [42, 55) ps.
    double truth = 0;
    for (int i = 0; i < 13000; ++i) truth += (light(42 + (i + 0.5) * 1e-3) - 25) * 1e-3;
    EXPECT_NEAR(even_sweep.ballistic, truth, 2e-3 * truth);
    EXPECT_NEAR(even_sweep.background, 25 * 13, 0.1);

    std::vector<double> delays = even(0, 3, 12);  // 0..33, then finely about the flash, then ever more coarsely
    for (double d = 35; d < 75; d += 0.5) delays.push_back(d);
    for (double d = 75; d <= 120; d += 4) delays.push_back(d);
    std::vector<double> exposure;
    std::mt19937 random(3);
    for (std::size_t i = 0; i < delays.size(); ++i)
        exposure.push_back(std::uniform_real_distribution<double>(0.02, 0.5)(random));
    const Gated uneven = gate_of(queue(), delays, exposure);
    EXPECT_NEAR(uneven.ballistic, truth, 2e-3 * truth);
    EXPECT_NEAR(uneven.background, 25 * 13, 0.5);

    // Widths in the place of exposures: only the product counts.
    std::vector<double> width;
    for (const double e : exposure) width.push_back(20 * e);
    const Gated wide = gate_of(queue(), delays, std::vector<double>(delays.size(), 0.1), width);
    EXPECT_NEAR(wide.ballistic, uneven.ballistic, 1e-5 * truth);

    // Jittered delays about the flash.
    std::vector<double> jittered = even(0, 1, 121);
    for (double& d : jittered) d += std::uniform_real_distribution<double>(-0.3, 0.3)(random);
    EXPECT_NEAR(gate_of(queue(), jittered, std::vector<double>(121, 0.1)).ballistic, truth, 0.02 * truth);
}

TEST_P(GateSweepTest, a_gate_of_one_delay_is_that_frame) {
    HostTile tile(5, 7, 9);
    make_gated(tile, even(-4, 0.5, 9));
    for (std::int64_t p = 0; p < 35; ++p)
        for (std::int64_t i = 0; i < 9; ++i) tile.set(p, i, static_cast<double>(100 * i + p));
    std::fill(tile.arrival.begin(), tile.arrival.end(), static_cast<float>(tile.scan.bin_of(-2.5 * ps)));
    run_trace_stage<GateSweep>(queue(), tile);
    TimeGate::Params gate;
    gate.open_ps = -0.25;
    gate.close_ps = 0.25;
    gate.background = TimeGate::Background::none;
    run_trace_stage<TimeGate>(queue(), tile, gate);
    for (std::size_t p = 0; p < 35; ++p) {
        EXPECT_NEAR(tile.layers[Layer::ballistic][p], 300 + static_cast<double>(p), 1e-3);
        EXPECT_NEAR(tile.layers[Layer::ballistic_sigma][p], std::sqrt(300 + static_cast<double>(p)), 1e-3);
    }
}

TEST_P(GateSweepTest, saturation_counts_only_where_it_matters) {
    HostTile tile(1, 4, 40);
    make_gated(tile, even(0, 1, 40));
    tile.scan.irf = gaussian_response(4 * ps);
    tile.scan.arrival_s = 15 * ps;
    tile.scan.gates.bit_depth = 12;
    tile.set(0, 16, 4094);  // just below
    tile.set(1, 16, 4095);
    tile.set(2, 35, 4095);  // long after the first light
    tile.set(3, 2, 4095);   // before it
    const auto c = run_trace_stage<GateSweep>(queue(), tile);
    EXPECT_EQ(c.saturation, 4095);
    EXPECT_EQ(c.matter, 28);  // bins that begin before 15 + 12 ps
    EXPECT_EQ(tile.flags, (std::vector<std::uint8_t>{0, saturated, 0, saturated}));
    ImageTile images;
    images.rows = 1;
    images.columns = 4;
    images.flags = tile.flags.data();
    EXPECT_EQ(GateSweep::remark(images).rfind("2 of 4 pixels are saturated", 0), 0U);
    images.columns = 1;
    EXPECT_EQ(GateSweep::remark(images), "");

    GateSweep::Params params;
    params.saturation_until_ps = 30;
    tile.flags.assign(4, hot);  // bits that are set stay
    run_trace_stage<GateSweep>(queue(), tile, params);
    EXPECT_EQ(tile.flags, (std::vector<std::uint8_t>{hot, hot | saturated, hot | saturated, hot | saturated}));
    params.saturation_count = 4094;
    tile.flags.assign(4, 0);
    run_trace_stage<GateSweep>(queue(), tile, params);
    EXPECT_EQ(tile.flags, (std::vector<std::uint8_t>(4, saturated)));
}

TEST_P(GateSweepTest, agrees_between_backends_and_types) {
    const auto cpu = open_cpu_queue(1);
    std::mt19937 random(5);
    for (const auto& [rows, columns, gates] : {std::tuple{1, 1, 2}, std::tuple{1, 31, 3}, std::tuple{257, 1, 31},
                                               std::tuple{5, 7, 257}, std::tuple{0, 4, 5}})
        for (const CountType type : {CountType::u1, CountType::u2, CountType::u4, CountType::f4}) {
            HostTile tile(rows, columns, gates, type);
            std::vector<double> delays, exposure;
            for (int i = 0; i < gates; ++i) {
                delays.push_back((delays.empty() ? 0 : delays.back()) + 0.2 +
                                 0.01 * static_cast<double>(random() % 100));
                exposure.push_back(0.1 + 0.01 * static_cast<double>(random() % 50));
            }
            make_gated(tile, delays, exposure);
            for (std::int64_t p = 0; p < tile.traces(); ++p)
                for (std::int64_t i = 0; i < gates; ++i) tile.set(p, i, static_cast<double>(random() % 256));
            HostTile there = tile;
            run_trace_stage<GateSweep>(*cpu, tile);
            run_trace_stage<GateSweep>(queue(), there);
            if (rows > 0) EXPECT_EQ(tile.edges, there.edges);
            EXPECT_EQ(tile.live, there.live);
            EXPECT_EQ(tile.flags, there.flags);
            for (std::size_t i = 0; i < tile.effect.size(); ++i)
                EXPECT_NEAR(tile.effect[i], there.effect[i], 1e-6 * std::abs(tile.effect[i]) + 1e-3);
        }
}

TEST_P(GateSweepTest, dark_counts_grow_with_the_exposure) {
    HostTile tile(1, 3, 24, CountType::f4);
    std::vector<double> delays = even(0, 2, 12), exposure(24, 0.1);
    for (int i = 0; i < 12; ++i) delays.push_back(24 + 0.5 * i);
    for (std::size_t i = 0; i < 24; i += 2) exposure[i] = 0.3;  // mean 0.2 s
    make_gated(tile, delays, exposure);
    for (std::int64_t p = 0; p < 3; ++p)
        for (std::int64_t i = 0; i < 24; ++i)
            tile.set(p, i, 40 * exposure[static_cast<std::size_t>(i)] + (i >= 16 ? 500.0 : 0.0));
    run_trace_stage<GateSweep>(queue(), tile);
    DarkCounts::Params params;
    params.guard_ps = 1;
    run_trace_stage<DarkCounts>(queue(), tile, params);
    EXPECT_GE(tile.found.at("lead_bins"), 12);  // exposures that go up and down are no light
    // 40 Hz over 0.2 s.
    for (std::size_t p = 0; p < 3; ++p) EXPECT_NEAR(tile.dark[p], 8, 1e-4);
    tile.scan.dark_rate_hz.assign(3, 40);
    run_trace_stage<DarkCounts>(queue(), tile);
    for (std::size_t p = 0; p < 3; ++p) EXPECT_NEAR(tile.dark[p], 8, 1e-4);
}

void expect_refused(const std::function<void(HostTile&)>& spoil, const std::string& text) {
    const auto queue = open_cpu_queue(1);
    HostTile tile(1, 2, 4);
    make_gated(tile, {0, 1, 2, 4});
    spoil(tile);
    try {
        run_trace_stage<GateSweep>(*queue, tile);
        ADD_FAILURE() << "accepted, expected: " << text;
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), ExitCode::bad_input);
        EXPECT_NE(std::string(e.what()).find(text), std::string::npos) << e.what();
    }
}

TEST(GateSweep, refuses_what_is_no_sweep) {
    expect_refused([](HostTile& t) { t.scan.kind = ScanKind::histogram; }, "is not a scan of a gated camera");
    expect_refused([](HostTile& t) { std::swap(t.scan.gates.delay_s[1], t.scan.gates.delay_s[2]); },
                   "gate_delay does not increase at gate 2");
    expect_refused([](HostTile& t) { t.scan.gates.delay_s[3] = 2 * ps; }, "gate_delay does not increase at gate 3");
    expect_refused([](HostTile& t) { t.scan.gates.delay_s[3] = NAN; }, "gate_delay is nan at gate 3");
    expect_refused([](HostTile& t) { t.scan.gates.exposure_s[1] = 0; }, "exposure is 0 at gate 1");
    expect_refused([](HostTile& t) { t.scan.gates.width_s[0] = -1; }, "gate_width is -1 at gate 0");
    expect_refused([](HostTile& t) { t.scan.gates.width_s.pop_back(); }, "gate_width has 3 values");
    expect_refused([](HostTile& t) { t.scan.gates.saturation_count = -1; }, "saturation_count is -1");
    expect_refused([](HostTile& t) { t.scan.gates.bit_depth = 64; }, "bit_depth is no number of bits");
    expect_refused([](HostTile& t) { t.scan.bins = 1; }, "has 1 gate");
}

TEST(GateSweep, warns_of_gates_that_leave_light_unseen_and_of_unlike_widths) {
    const auto queue = open_cpu_queue(1);
    HostTile tile(1, 2, 20);
    make_gated(tile, even(0, 4, 20));
    tile.scan.irf = gaussian_response(4 * ps);
    tile.scan.arrival_s = 40 * ps;
    run_trace_stage<GateSweep>(*queue, tile);
    ASSERT_EQ(tile.warnings.size(), 1U);
    EXPECT_NE(tile.warnings[0].find("gates are up to 4 ps apart and 4.0"), std::string::npos) << tile.warnings[0];
    tile.scan.irf = gaussian_response(16 * ps);
    tile.scan.gates.width_s[3] *= 1.5;
    run_trace_stage<GateSweep>(*queue, tile);
    ASSERT_EQ(tile.warnings.size(), 2U);
    EXPECT_NE(tile.warnings[1].find("gate widths run from 2 ps to 3 ps"), std::string::npos) << tile.warnings[1];
}

}  // namespace
}  // namespace firstlight
