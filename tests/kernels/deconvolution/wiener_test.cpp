#include "kernels/deconvolution/wiener.hpp"

#include <numeric>

#include "tests/kernels/deconvolution/double_reference.hpp"

namespace firstlight {
namespace {

class WienerTest : public StageTest {};
INSTANTIATE_TEST_SUITE_P(, WienerTest, all_backends(), backend_name);

// The filter as its formula says, by plain sums; snr NaN: estimated.
Trace wiener_in_double(const TraceModel& m, const Trace& y, const Trace& taps, std::int64_t first,
                       const std::vector<float>* edges, double snr) {
    const auto bins = static_cast<std::int64_t>(y.size());
    const std::int64_t n = fft_size(bins + static_cast<std::int64_t>(taps.size()));
    const auto size = static_cast<std::size_t>(n);
    Trace z(size, 0.0);
    Trace h(size, 0.0);
    double noise = 0;
    const Matrix spread = edges == nullptr ? Matrix{} : response_matrix({1.0}, 0, bins, edges);
    for (std::size_t i = 0; i < y.size(); ++i) {
        const double value = (y[i] / m.live[i] - m.dark * m.width[i]) / m.gain;
        noise += y[i] / (m.live[i] * m.gain * m.live[i] * m.gain);
        if (edges == nullptr) z[i] += value;
        else
            for (std::size_t j = 0; j < y.size(); ++j) z[j] += value * spread[i][j] / m.width[i];
    }
    for (std::size_t k = 0; k < taps.size(); ++k)
        h[static_cast<std::size_t>((first + static_cast<std::int64_t>(k) + n) % n)] += taps[k];
    using Complex = std::complex<double>;
    const auto transform = [&](const Trace& in) {
        std::vector<Complex> out(size);
        for (std::size_t k = 0; k < size; ++k)
            for (std::size_t i = 0; i < size; ++i)
                out[k] +=
                    in[i] * std::polar(1.0, -2 * M_PI * static_cast<double>(i * k % size) / static_cast<double>(n));
        return out;
    };
    const std::vector<Complex> light = transform(z);
    const std::vector<Complex> response = transform(h);
    double above = 0;
    double passed = 0;
    for (std::size_t k = 1; k <= size / 2; ++k) {
        const double p = std::norm(response[k]);
        if (p < 0.5 || p >= 0.9) continue;
        above += std::norm(light[k]) - noise;
        passed += p;
    }
    const double q = !std::isnan(snr) ? 1 / snr : noise / std::max(above / passed, 0.01 * noise);
    Trace x(y.size(), 0.0);
    for (std::size_t i = 0; i < y.size(); ++i) {
        Complex sum = 0;
        for (std::size_t k = 0; k < size; ++k)
            sum += std::conj(response[k]) * light[k] / (std::norm(response[k]) + q) *
                   std::polar(1.0, 2 * M_PI * static_cast<double>(i * k % size) / static_cast<double>(n));
        x[i] = sum.real() / static_cast<double>(n);
    }
    return x;
}

HostTile random_tile(std::int64_t rows, std::int64_t columns, std::int64_t bins, bool model, bool edges,
                     std::int64_t count, unsigned seed) {
    HostTile tile(rows, columns, bins);
    tile.use_signal = true;
    tile.use_live = model;
    tile.use_edges = edges;
    set_response(tile.scan, some_taps(count, count / 3, 6), count / 3);
    std::mt19937 random(seed);
    if (edges)
        for (std::size_t i = 1; i + 1 < tile.edges.size(); ++i)
            tile.edges[i] += 0.35F * std::sin(0.9F * static_cast<float>(i));
    for (std::int64_t p = 0; p < tile.traces(); ++p) {
        const auto t = static_cast<std::size_t>(p);
        if (model) {
            tile.gain[t] = 1 + 0.2F * std::sin(static_cast<float>(p));
            tile.dark[t] = 0.4F + 0.1F * std::cos(static_cast<float>(p));
            for (std::int64_t i = 0; i < bins; ++i)
                tile.live[static_cast<std::size_t>(p * bins + i)] =
                    1 - 0.6F * static_cast<float>(i) / static_cast<float>(bins);
        }
        for (std::int64_t i = 0; i < bins; ++i) {
            const double mean = 0.5 + 60 * std::exp(-0.1 * std::pow(static_cast<double>(i - bins / 2 + p % 5), 2));
            tile.set(p, i, std::poisson_distribution<int>(mean)(random));
        }
    }
    return tile;
}

const std::vector<float>* edges_of(const HostTile& tile) { return tile.use_edges ? &tile.edges : nullptr; }

TEST_P(WienerTest, finds_a_single_bin) {
    HostTile tile(1, 1, 15);
    tile.use_signal = true;
    set_response(tile.scan, {0.1, 0.8, 0.1}, 1);
    tile.set(0, 6, 100);
    tile.set(0, 7, 800);
    tile.set(0, 8, 100);
    run_trace_stage<Wiener>(queue(), tile, {1e6});
    EXPECT_NEAR(tile.signal[7], 1000, 0.1);
    EXPECT_NEAR(tile.signal[6], 0, 0.1);
    EXPECT_EQ(tile.effect[0], 0);
}

TEST_P(WienerTest, equals_double_precision) {
    for (const double snr : {10.0, 1e4, std::nan("")})
        for (int which = 0; which < 4; ++which) {
            HostTile tile = random_tile(1, 3, 50, which % 2 == 1, which > 1, 15, 5U + static_cast<unsigned>(which));
            run_trace_stage<Wiener>(queue(), tile, {snr});
            for (std::int64_t p = 0; p < 3; ++p) {
                const Trace truth = wiener_in_double(model_of(tile, p, tile.scan.irf.values, -5), counts_of(tile, p),
                                                     tile.scan.irf.values, -5, edges_of(tile), snr);
                EXPECT_LT(relative_l2(tile.signal.data() + p * 50, truth), 1e-5) << snr << " " << which << " " << p;
            }
        }
}

// Lengths with other factors: 64 = 4^3, 96 = 2^5 3, 144 = 2^4 3^2, 128 = 2 4^3.
TEST_P(WienerTest, equals_double_precision_at_other_lengths) {
    for (const std::int64_t bins : {45, 70, 110, 125}) {
        HostTile tile = random_tile(1, 2, bins, false, false, 18, 3);
        run_trace_stage<Wiener>(queue(), tile, {50});
        const Trace truth = wiener_in_double(model_of(tile, 1, tile.scan.irf.values, -6), counts_of(tile, 1),
                                             tile.scan.irf.values, -6, nullptr, 50);
        EXPECT_LT(relative_l2(tile.signal.data() + bins, truth), 1e-5) << bins;
    }
}

TEST_P(WienerTest, uses_the_response_of_each_pixel) {
    HostTile tile = random_tile(1, 3, 50, false, false, 15, 5);
    const Trace taps[] = {some_taps(15, 5, 2), some_taps(15, 5, 6), some_taps(15, 5, 12)};
    tile.scan.irf.per_pixel = true;
    tile.scan.irf.values.clear();
    for (const Trace& own : taps) tile.scan.irf.values.insert(tile.scan.irf.values.end(), own.begin(), own.end());
    for (const double snr : {30.0, std::nan("")}) {
        run_trace_stage<Wiener>(queue(), tile, {snr});
        for (std::int64_t p = 0; p < 3; ++p) {
            const Trace truth =
                wiener_in_double(model_of(tile, p, taps[p], -5), counts_of(tile, p), taps[p], -5, nullptr, snr);
            EXPECT_LT(relative_l2(tile.signal.data() + p * 50, truth), 1e-5) << p;
        }
    }
}

TEST_P(WienerTest, works_on_any_size_and_says_nothing_of_masked_pixels) {
    const bool emulated = std::string(GetParam()) != "cpu";
    for (const auto& [rows, columns] : {std::pair<std::int64_t, std::int64_t>{0, 0}, {1, 1}, {1, 31}, {257, 1}}) {
        const std::int64_t bins = emulated ? 12 : 31;
        HostTile tile = random_tile(rows, columns, bins, true, false, 5, 2);
        HostTile on_cpu = random_tile(rows, columns, bins, true, false, 5, 2);
        if (tile.traces() > 30) tile.flags[7] = on_cpu.flags[7] = dead;
        run_trace_stage<Wiener>(queue(), tile);
        std::string why_not;
        run_trace_stage<Wiener>(*test_queue("cpu", why_not), on_cpu);
        for (std::int64_t p = 0; p < tile.traces(); ++p)
            for (std::int64_t i = 0; i < bins; ++i) {
                const auto at = static_cast<std::size_t>(p * bins + i);
                if (tile.flags[static_cast<std::size_t>(p)] != 0) EXPECT_TRUE(std::isnan(tile.signal[at]));
                else EXPECT_NEAR(tile.signal[at], on_cpu.signal[at], 6e-4) << p << " " << i;
            }
    }
}

TEST_P(WienerTest, is_linear_and_moves_with_the_light) {
    HostTile tile(1, 3, 100);
    tile.use_signal = true;
    set_response(tile.scan, some_taps(15, 5, 4), 5);
    for (std::int64_t i = 0; i < 20; ++i) {
        const auto y = static_cast<double>((i * 37) % 23);
        tile.set(0, 40 + i, y);
        tile.set(1, 40 + i, 3 * y);
        tile.set(2, 47 + i, y);
    }
    run_trace_stage<Wiener>(queue(), tile, {40});
    for (std::size_t i = 20; i < 80; ++i) {
        EXPECT_NEAR(3 * tile.signal[i], tile.signal[100 + i], 1e-3);
        EXPECT_NEAR(tile.signal[i], tile.signal[200 + i + 7], 1e-3);
    }
}

TEST_P(WienerTest, snr_follows_the_counts_when_estimated) {
    HostTile tile(1, 2, 60);
    tile.use_signal = true;
    set_response(tile.scan, some_taps(15, 5, 4), 5);
    for (std::int64_t i = 0; i < 15; ++i) {
        const double share = tile.scan.irf.values[static_cast<std::size_t>(i)];
        tile.set(0, 20 + i, std::round(60 * share));
        tile.set(1, 20 + i, std::round(6000 * share));
    }
    run_trace_stage<Wiener>(queue(), tile);
    EXPECT_GT(tile.signal[60 + 25] / 6000, 1.2F * tile.signal[25] / 60);  // sharper where there are more counts
}

TEST_P(WienerTest, no_counts_are_no_light) {
    HostTile tile(1, 2, 40);
    tile.use_signal = true;
    set_response(tile.scan, some_taps(15, 5, 4), 5);
    tile.set(1, 5, 1);
    run_trace_stage<Wiener>(queue(), tile);
    for (std::size_t i = 0; i < 40; ++i) {
        EXPECT_EQ(tile.signal[i], 0);
        EXPECT_TRUE(std::isfinite(tile.signal[40 + i]));
    }
}

TEST_P(WienerTest, refuses_a_scan_without_response) {
    HostTile tile(1, 1, 40);
    tile.use_signal = true;
    try {
        run_trace_stage<Wiener>(queue(), tile);
        FAIL() << "accepted";
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), ExitCode::bad_input);
        EXPECT_NE(std::string(e.what()).find("transmission"), std::string::npos) << e.what();
    }
}

TEST_P(WienerTest, says_when_traces_are_too_long_for_a_device) {
    HostTile tile(1, 1, 60000);
    tile.use_signal = true;
    set_response(tile.scan, some_taps(15, 5, 4), 5);
    if (queue().is_host()) EXPECT_NO_THROW(run_trace_stage<Wiener>(queue(), tile, {10}));
    else EXPECT_THROW(run_trace_stage<Wiener>(queue(), tile, {10}), Error);
}

}  // namespace
}  // namespace firstlight
