#include "kernels/corrections/pile_up.hpp"

#include <random>

#include "tests/support/stage_test.hpp"

namespace firstlight {
namespace {

class PileUpTest : public StageTest {};
INSTANTIATE_TEST_SUITE_P(, PileUpTest, all_backends(), backend_name);

constexpr CountType all_types[] = {CountType::u1, CountType::u2, CountType::u4, CountType::f4};

std::size_t at(const HostTile& tile, std::int64_t trace, std::int64_t bin) {
    return static_cast<std::size_t>(trace * tile.scan.bins + bin);
}

// The law as it is written, in double precision.
std::vector<double> coates_live(const std::vector<double>& y, double pulses) {
    std::vector<double> live;
    double alive = pulses;
    for (const double n : y) {
        const double x = n / alive;
        live.push_back(alive / pulses * (x > 0 ? x / -std::log1p(-x) : 1.0));
        alive -= n;
    }
    return live;
}

TEST_P(PileUpTest, follows_the_first_photon_law_at_every_size_type_and_load) {
    for (const CountType type : all_types)
        for (const auto& [rows, columns, bins] : {std::tuple{0, 3, 8}, std::tuple{1, 1, 1}, std::tuple{1, 31, 31},
                                                  std::tuple{257, 1, 33}, std::tuple{3, 5, 257}}) {
            HostTile tile(rows, columns, bins, type);
            tile.use_live = true;
            std::mt19937 random(3);
            std::vector<std::vector<double>> counts;
            for (std::int64_t p = 0; p < tile.traces(); ++p) {
                double sum = 0;
                std::vector<double> y;
                for (std::int64_t i = 0; i < bins; ++i) {
                    y.push_back(static_cast<double>(random() % 7 == 0 ? random() % 250 : random() % 3));
                    if (p % 3 == 2) y.back() = i == bins / 2 ? 200 : 0;  // one bin takes most of the cycles
                    sum += y.back();
                    tile.set(p, i, y.back());
                }
                // Light loads, half of the cycles, nearly all of them.
                tile.scan.pulses.push_back(sum + (p % 3 == 0 ? 5e9 : p % 3 == 1 ? sum + 10 : 12));
                counts.push_back(y);
            }
            if (tile.traces() == 1) tile.scan.pulses.resize(1);
            run_trace_stage<PileUp>(queue(), tile);
            for (std::int64_t p = 0; p < tile.traces(); ++p) {
                const auto pixel = static_cast<std::size_t>(p);
                const auto expected = coates_live(counts[pixel], tile.scan.pulses[pixel]);
                double hidden = 0;
                for (std::int64_t i = 0; i < bins; ++i) {
                    const double live = tile.live[at(tile, p, i)];
                    const double truth = expected[static_cast<std::size_t>(i)];
                    EXPECT_NEAR(live, truth, 1e-6 * truth) << p << ' ' << i;
                    EXPECT_LE(live, 1.0);
                    hidden += counts[pixel][static_cast<std::size_t>(i)] * (1 / truth - 1);
                }
                EXPECT_NEAR(tile.effect[pixel], hidden, 1e-6 * hidden + 1e-9);
                EXPECT_EQ(tile.flags[pixel], 0);
            }
        }
}

TEST_P(PileUpTest, restores_the_shape_at_half_a_detection_per_pulse) {
    constexpr std::int64_t bins = 128;
    constexpr std::int64_t pulses = 200'000'000;
    std::vector<double> mean(bins);
    double sum = 0;
    for (std::size_t i = 0; i < bins; ++i) {
        const double x = static_cast<double>(i);
        mean[i] = std::exp(-0.5 * std::pow((x - 40) / 4, 2)) + 0.15 * std::exp(-std::abs(x - 55) / 30);
        sum += mean[i];
    }
    for (double& m : mean) m *= std::log(2.0) / sum;  // exp(-total) = half of the cycles stay empty
    HostTile tile(1, 1, bins, CountType::u4);
    tile.use_live = true;
    tile.scan.pulses = {static_cast<double>(pulses)};
    std::mt19937_64 random(5);
    std::int64_t alive = pulses;
    std::vector<double> y(bins);
    for (std::size_t i = 0; i < bins; ++i) {  // first photon of each cycle
        const std::int64_t n = std::binomial_distribution<std::int64_t>(alive, -std::expm1(-mean[i]))(random);
        alive -= n;
        y[i] = static_cast<double>(n);
        tile.set(0, static_cast<std::int64_t>(i), y[i]);
    }
    EXPECT_NEAR(static_cast<double>(alive) / pulses, 0.5, 1e-3);
    run_trace_stage<PileUp>(queue(), tile);
    double raw_bias = 0;
    for (std::size_t i = 0; i < bins; ++i) {
        if (mean[i] * pulses < 1e5) continue;  // 5 standard deviations below the 1 % asked for
        EXPECT_NEAR(y[i] / tile.live[i] / (mean[i] * pulses), 1.0, 0.01) << i;
        raw_bias = std::max(raw_bias, 1 - y[i] / (mean[i] * pulses));
    }
    EXPECT_GT(raw_bias, 0.4);  // what the counts themselves would have said
}

TEST_P(PileUpTest, overwhelmed_traces_are_flagged_and_stay_finite) {
    for (const CountType type : all_types) {
        HostTile tile(1, 4, 40, type);
        tile.use_live = true;
        tile.scan.pulses = {500};
        for (std::int64_t i = 10; i < 20; ++i) {
            tile.set(1, i, 49);                 // 490 of 500: ten left, just enough
            tile.set(2, i, i == 19 ? 50 : 49);  // nine left
            tile.set(3, i, 200);                // more counts than pulses
        }
        run_trace_stage<PileUp>(queue(), tile);
        EXPECT_EQ(tile.flags[0], 0);
        EXPECT_EQ(tile.flags[1], 0);
        EXPECT_EQ(tile.flags[2], saturated);
        EXPECT_EQ(tile.flags[3], saturated);
        for (std::size_t i = 0; i < 160; ++i) {
            EXPECT_GT(tile.live[i], 0.0F);
            EXPECT_LE(tile.live[i], 1.0F);
        }
        for (std::size_t i = 0; i < 40; ++i) EXPECT_EQ(tile.live[i], 1.0F);  // no counts, nothing hidden
        EXPECT_EQ(tile.effect[0], 0.0F);
    }
}

TEST_P(PileUpTest, free_running_detector_is_blind_for_its_dead_time_after_each_count) {
    HostTile tile(1, 3, 33);
    tile.use_live = true;
    tile.scan.exposure_s = {1e-3};
    tile.scan.dead_time_s = 50e-9;
    for (std::int64_t i = 0; i < 33; ++i) {
        tile.set(1, i, 200);    // 6600 counts in 1 ms: blind for 33 %
        tile.set(2, i, 60000);  // more than there is time for
    }
    PileUp::Params params;
    params.model = PileUp::Model::free_running;
    run_trace_stage<PileUp>(queue(), tile, params);
    for (std::size_t i = 0; i < 33; ++i) {
        EXPECT_EQ(tile.live[i], 1.0F);
        EXPECT_FLOAT_EQ(tile.live[33 + i], 0.67F);
        EXPECT_FLOAT_EQ(tile.live[66 + i], 0.01F);
    }
    EXPECT_NEAR(tile.effect[1], 6600 * (1 / 0.67 - 1), 1e-2);
    EXPECT_EQ(tile.flags[1], 0);
    EXPECT_EQ(tile.flags[2], saturated);

    tile.scan.exposure_s.clear();
    tile.scan.pulses = {80e6 * 1e-3};
    tile.scan.repetition_rate_hz = 80e6;
    params.dead_time_ns = 100;
    run_trace_stage<PileUp>(queue(), tile, params);
    EXPECT_FLOAT_EQ(tile.live[33], 0.34F);
}

TEST_P(PileUpTest, no_model_is_the_identity) {
    HostTile tile(2, 3, 31);
    tile.use_live = true;
    for (std::int64_t i = 0; i < 31; ++i) tile.set(4, i, 7);
    PileUp::Params params;
    params.model = PileUp::Model::none;
    run_trace_stage<PileUp>(queue(), tile, params);
    for (const float live : tile.live) EXPECT_EQ(live, 1.0F);
    for (const float effect : tile.effect) EXPECT_EQ(effect, 0.0F);
    EXPECT_TRUE(tile.warnings.empty());
    params.model = PileUp::Model::automatic;
    run_trace_stage<PileUp>(queue(), tile, params);  // pulses are not known
    for (const float live : tile.live) EXPECT_EQ(live, 1.0F);
    ASSERT_EQ(tile.warnings.size(), 1U);
    EXPECT_NE(tile.warnings[0].find("/entry/exposure/pulses"), std::string::npos);
}

TEST(PileUp, says_what_is_missing) {
    const auto queue = open_cpu_queue(1);
    HostTile tile(1, 2, 16);
    tile.use_live = true;
    const auto refuses = [&](PileUp::Model model, const char* path, const char* advice) {
        PileUp::Params params;
        params.model = model;
        try {
            run_trace_stage<PileUp>(*queue, tile, params);
            ADD_FAILURE();
        } catch (const Error& e) {
            EXPECT_EQ(e.code(), ExitCode::bad_input);
            EXPECT_NE(std::string(e.what()).find(path), std::string::npos) << e.what();
            EXPECT_NE(std::string(e.what()).find(advice), std::string::npos) << e.what();
        }
    };
    refuses(PileUp::Model::first_photon, "/entry/exposure/pulses", "--pile_up.model none");
    refuses(PileUp::Model::free_running, "/entry/instrument/detector/dead_time", "--pile_up.dead_time_ns");
    tile.scan.dead_time_s = 1e-9;
    refuses(PileUp::Model::free_running, "/entry/exposure/time", "--pile_up.model none");
}

}  // namespace
}  // namespace firstlight
