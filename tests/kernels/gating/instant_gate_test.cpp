#include "kernels/gating/instant_gate.hpp"

#include <cmath>
#include <cstring>
#include <random>

#include "kernels/support/parallel_for.hpp"
#include "kernels/support/response.hpp"
#include "tests/kernels/gating/held_view.hpp"

namespace firstlight {
namespace {

class InstantGateTest : public StageTest {
  protected:
    // Gates the held traces with what prepare() makes of the parameters; layers and flags of `tile` are overwritten.
    void gate(HostTile& tile, const HeldView& view, const TimeGate::Params& params) const {
        Keeper keep(queue());
        const SurveySample sample = sample_of(tile);
        StageContext context{tile.scan, keep};
        context.sample = &sample;
        context.shared = &tile.shared;
        context.warn = [](const std::string&) {};
        const TimeGate::Coefficients c = TimeGate::prepare(params, context);
        const auto n = static_cast<std::size_t>(tile.traces());
        InstantGateTask task{view.held, {}, nullptr};
        std::vector<QueueMemory> memory;
        const auto put = [&](const void* from, std::size_t bytes) {
            memory.emplace_back(queue(), std::max<std::size_t>(1, bytes));
            if (bytes > 0) queue().upload(memory.back().as(), from, bytes, 0);
            queue().synchronize(0);
            return memory.back().as();
        };
        for (const Layer layer : TimeGate::layers({}))
            task.layers[static_cast<int>(layer)] = static_cast<float*>(put(std::vector<float>(n, -7777).data(), n * 4));
        task.flags = static_cast<std::uint8_t*>(put(std::vector<std::uint8_t>(n, 0xD5).data(), n));
        run<InstantGate>(queue(), task, c, 0);
        for (const Layer layer : TimeGate::layers({}))
            tile.layers[layer] = view.values(task.layers[static_cast<int>(layer)], n);
        tile.flags = view.values(task.flags, n);
    }

    // Holds the tile, gates it both ways, and compares. `close`: relative to the layer, to net + background, to sigma.
    void expect_as_time_gate(HostTile& tile, const TimeGate::Params& params, double close, const std::string& what) {
        HeldView view(queue(), tile, 1);
        const std::vector<std::uint8_t> flags = tile.flags;
        view.fill(tile);
        run_trace_stage<TimeGate>(queue(), tile, params);
        HostTile batch = tile;
        tile.flags = flags;
        gate(tile, view, params);
        EXPECT_EQ(tile.flags, batch.flags) << what;
        for (const Layer layer : TimeGate::layers({}))
            for (std::size_t p = 0; p < batch.flags.size(); ++p) {
                const double expected = batch.layers[layer][p], found = tile.layers[layer][p];
                if (std::isnan(expected) || std::isnan(found)) {
                    ASSERT_EQ(std::isnan(expected), std::isnan(found))
                        << what << " layer " << int(layer) << " of " << p;
                    continue;
                }
                double scale = std::abs(expected);
                const double sum = std::abs(static_cast<double>(batch.layers[Layer::ballistic][p])) +
                                   std::abs(static_cast<double>(batch.layers[Layer::background][p]));
                if (layer == Layer::ballistic) scale = sum;
                if (layer == Layer::snr && expected != 0)
                    scale = sum / static_cast<double>(batch.layers[Layer::ballistic_sigma][p]);
                if (layer == Layer::purity) scale = 1;
                ASSERT_NEAR(found, expected, close * scale + 1e-6) << what << " layer " << int(layer) << " of " << p;
            }
    }
};
INSTANTIATE_TEST_SUITE_P(, InstantGateTest, all_backends(), backend_name);

using Background = TimeGate::Background;

// Edges in bins of 10 ps.
TimeGate::Params gate_of(double open_bins, double close_bins, Background background = Background::none) {
    TimeGate::Params params;
    params.open_ps = open_bins * 10;
    params.close_ps = close_bins * 10;
    params.background = background;
    return params;
}

// 4 counts in every bin: a gate of 1.75 bins holds 7, wherever it lies and whatever the steps.
TEST_P(InstantGateTest, uniform_light_is_counted_by_exact_fractions) {
    for (const CountType type : {CountType::u1, CountType::u2, CountType::u4, CountType::f4})
        for (const std::int64_t traces : {0, 1, 31, 257})
            for (const std::int64_t step : {1, 3}) {
                HostTile tile(1, traces, 20, type);
                for (std::int64_t p = 0; p < traces; ++p) {
                    tile.arrival[static_cast<std::size_t>(p)] = 8 + 0.125F * static_cast<float>(p % 8);
                    for (std::int64_t i = 0; i < 20; ++i) tile.set(p, i, 4);
                }
                HeldView view(queue(), tile, step);
                view.fill(tile);
                gate(tile, view, gate_of(-1.25, 0.5));
                for (std::size_t p = 0; p < static_cast<std::size_t>(traces); ++p) {
                    EXPECT_FLOAT_EQ(tile.layers[Layer::ballistic][p], 7);
                    EXPECT_FLOAT_EQ(tile.layers[Layer::counts][p], 80);
                    EXPECT_FLOAT_EQ(tile.layers[Layer::background][p], 0);
                    EXPECT_TRUE(std::isnan(tile.layers[Layer::purity][p]));
                    if (step > 1) continue;
                    double squares = 0;  // of the weights
                    const double open = tile.arrival[p] - 1.25;
                    for (int i = 0; i < 20; ++i)
                        squares +=
                            std::pow(std::max(0.0, std::min(i + 1.0, open + 1.75) - std::max<double>(i, open)), 2);
                    EXPECT_FLOAT_EQ(tile.layers[Layer::ballistic_sigma][p], static_cast<float>(std::sqrt(4 * squares)));
                }
            }
}

// Random traces with a peak; parts of the model as asked for.
HostTile random_tile(CountType type, unsigned seed) {
    HostTile tile(11, 13, 120, type);
    std::mt19937 random(seed);
    std::uniform_real_distribution<double> uniform(0, 1);
    tile.scan.irf = gaussian_response(60e-12);
    for (std::size_t p = 0; p < 143; ++p) {
        tile.arrival[p] = static_cast<float>(60 + 12 * uniform(random));
        tile.gain[p] = static_cast<float>(0.5 + uniform(random));
        tile.dark[p] = static_cast<float>(2 * uniform(random));
        tile.dark_variance[p] = static_cast<float>(0.1 * uniform(random));
        tile.flags[p] = p % 17 == 3 ? hot : p % 23 == 1 ? not_converged : 0;
        if (p == 77) tile.arrival[p] = 2;  // its gate leaves the data
        if (p == 78) tile.arrival[p] = poison;
        for (std::size_t i = 0; i < 120; ++i) {
            const double x = (static_cast<double>(i) + 0.5 - static_cast<double>(tile.arrival[p])) / 2.5;
            const double mean = 1.5 + static_cast<double>(p % 5) * 12 * std::exp(-x * x / 2) + (x > 0 ? 3 : 0);
            tile.set(static_cast<std::int64_t>(p), static_cast<std::int64_t>(i),
                     std::poisson_distribution<int>(mean)(random));
            tile.live[p * 120 + i] = static_cast<float>(0.2 + 0.8 * uniform(random));
            tile.signal[p * 120 + i] =
                (tile.flags[p] & masked_flags) != 0 ? poison : static_cast<float>(mean + 2 * uniform(random) - 1.5);
        }
    }
    for (std::size_t i = 1; i < 120; ++i)
        tile.edges[i] += 0.4F * static_cast<float>(std::sin(2.0 * static_cast<double>(i)));
    return tile;
}

TEST_P(InstantGateTest, equals_time_gate_whatever_the_model_and_the_gate) {
    unsigned seed = 1;
    for (const CountType type : {CountType::u1, CountType::u2, CountType::u4, CountType::f4})
        for (const int parts : {0, 1, 2, 3, 4, 7})  // live, edges, signal
            for (const Background background : {Background::none, Background::dark, Background::before_light}) {
                std::mt19937 random(++seed);
                std::uniform_real_distribution<double> uniform(0, 1);
                HostTile tile = random_tile(type, seed);
                tile.use_live = (parts & 1) != 0;
                tile.use_edges = (parts & 2) != 0;
                tile.use_signal = (parts & 4) != 0;
                if (tile.use_signal) tile.shared["signal"] = 1;
                TimeGate::Params params = gate_of(-8 * uniform(random), 8 * uniform(random) + 0.1, background);
                params.guard_ps = 300 * uniform(random);
                params.late_ps = 150 * uniform(random) + 1;
                if (seed % 3 == 0) {
                    params.shape = TimeGate::Shape::soft;
                    params.rise_ps = 60 * uniform(random);
                }
                expect_as_time_gate(tile, params, parts == 0 || parts == 2 ? 1e-6 : 5e-6,
                                    "seed " + std::to_string(seed) + " parts " + std::to_string(parts));
            }
}

// The gate of larger steps takes the light of a step as even: with light that is, all is as with step 1.
TEST_P(InstantGateTest, larger_steps_are_exact_for_even_light) {
    for (const bool signal : {false, true}) {
        HostTile tile(3, 7, 100, CountType::f4);
        tile.use_live = true;
        tile.use_edges = !signal;  // a signal's bins are even
        tile.use_signal = signal;
        for (std::size_t i = 1; i < 100; ++i)
            tile.edges[i] += 0.3F * static_cast<float>(std::sin(2.0 * static_cast<double>(i)));
        for (std::size_t p = 0; p < 21; ++p) {
            tile.arrival[p] = 60.3F + 0.21F * static_cast<float>(p);
            tile.gain[p] = 0.5F + 0.1F * static_cast<float>(p);
            for (std::size_t i = 0; i < 100; ++i) {
                const double width = signal ? 1.0 : static_cast<double>(tile.edges[i + 1] - tile.edges[i]);
                tile.live[p * 100 + i] = 0.5F;
                tile.signal[p * 100 + i] = 6;
                tile.set(static_cast<std::int64_t>(p), static_cast<std::int64_t>(i), 5 * width);
            }
        }
        if (signal) tile.shared["signal"] = 1;
        for (const double rise : {0.0, 30.0})
            for (const std::int64_t step : {1, 3, 8}) {
                HeldView view(queue(), tile, step);
                view.fill(tile);
                TimeGate::Params params = gate_of(-7.3, 11.9, Background::before_light);
                params.guard_ps = 101;
                params.shape = rise > 0 ? TimeGate::Shape::soft : TimeGate::Shape::hard;
                params.rise_ps = rise;
                gate(tile, view, params);
                for (std::size_t p = 0; p < 21; ++p) {
                    const double expected = signal ? 6 * 19.2 : 10 * 19.2 / static_cast<double>(tile.gain[p]);
                    EXPECT_NEAR(tile.layers[Layer::ballistic][p], 0, 2e-4 * expected);
                    EXPECT_NEAR(tile.layers[Layer::background][p], expected, 1e-5 * expected) << step;
                    EXPECT_EQ(tile.flags[p], low_counts);
                }
                std::fill(tile.flags.begin(), tile.flags.end(), std::uint8_t{0});
            }
    }
}

TEST(InstantGateThreads, change_no_bit) {
    std::string why_not;
    HostTile tile = random_tile(CountType::u2, 5);
    tile.use_live = true;
    HeldView view(*test_queue("cpu", why_not), tile, 1);
    view.fill(tile);
    std::vector<std::vector<float>> images;
    for (const int threads : {1, 2, 7}) {
        std::vector<float> ballistic(143, poison), sigma(143, poison);
        std::vector<std::uint8_t> flags(143, 0xD5);
        InstantGateTask task{view.held, {}, flags.data()};
        task.layers[static_cast<int>(Layer::ballistic)] = ballistic.data();
        task.layers[static_cast<int>(Layer::ballistic_sigma)] = sigma.data();
        TimeGate::Coefficients c;
        c.open = -4.2;
        c.close = 3.1;
        c.rise = 2;
        with_threads(threads, [&] { InstantGate::on_cpu(task, c); });
        ballistic.insert(ballistic.end(), sigma.begin(), sigma.end());
        images.push_back(ballistic);
        EXPECT_EQ(std::memcmp(images.front().data(), images.back().data(), ballistic.size() * 4), 0) << threads;
    }
}

}  // namespace
}  // namespace firstlight
