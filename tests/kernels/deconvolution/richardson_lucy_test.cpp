#include "kernels/deconvolution/richardson_lucy.hpp"

#include <numeric>

#include "tests/kernels/deconvolution/double_reference.hpp"

namespace firstlight {
namespace {

class RichardsonLucyTest : public StageTest {};
INSTANTIATE_TEST_SUITE_P(, RichardsonLucyTest, all_backends(), backend_name);

RichardsonLucy::Params iterations(std::int64_t n) { return {RichardsonLucy::Stop::iterations, n}; }

// A surface at `arrival`, light that comes later, and dark counts, through the response. Whole-number arrivals.
Trace some_light(std::int64_t bins, std::int64_t arrival, double peak, double late) {
    Trace x(static_cast<std::size_t>(bins), 0.0);
    for (std::int64_t i = arrival; i < bins; ++i) {
        const auto d = static_cast<double>(i - arrival);
        x[static_cast<std::size_t>(i)] = late * d * std::exp(-d / 8);
    }
    x[static_cast<std::size_t>(arrival)] += peak;
    return x;
}

struct Setting {
    bool live = false, edges = false, dark = false;
    std::int64_t taps = 21, peak = 8;
};

// A tile of random counts with every part of the model that the setting asks for.
HostTile random_tile(std::int64_t rows, std::int64_t columns, std::int64_t bins, const Setting& s, unsigned seed) {
    HostTile tile(rows, columns, bins);
    set_response(tile.scan, some_taps(s.taps, s.peak, 6), s.peak);
    tile.use_signal = true;
    tile.use_live = s.live;
    tile.use_edges = s.edges;
    std::mt19937 random(seed);
    if (s.edges)
        for (std::size_t i = 1; i + 1 < tile.edges.size(); ++i)
            tile.edges[i] += 0.7F * std::sin(0.9F * static_cast<float>(i)) / 2;
    for (std::int64_t p = 0; p < tile.traces(); ++p) {
        const auto t = static_cast<std::size_t>(p);
        tile.gain[t] = 1 + 0.2F * std::sin(static_cast<float>(p));
        if (s.dark) tile.dark[t] = 0.4F + 0.1F * std::cos(static_cast<float>(p));
        for (std::int64_t i = 0; s.live && i < bins; ++i)
            tile.live[static_cast<std::size_t>(p * bins + i)] =
                1 - 0.6F * static_cast<float>(i) / static_cast<float>(bins);
        if (bins < 1) continue;
        const TraceModel m = model_of(tile, p, tile.scan.irf.values, -s.peak);
        const Trace mean = expected_counts(m, some_light(bins, bins / 3 + p % 3, 400, 9));
        for (std::int64_t i = 0; i < bins; ++i) {
            const double expected = mean[static_cast<std::size_t>(i)];
            tile.set(p, i, expected > 0 ? std::poisson_distribution<int>(expected)(random) : 0);
        }
    }
    return tile;
}

TEST_P(RichardsonLucyTest, finds_a_single_bin) {
    HostTile tile(1, 1, 5);
    tile.use_signal = true;
    set_response(tile.scan, {0.25, 0.5, 0.25}, 1);
    tile.set(0, 1, 25);
    tile.set(0, 2, 50);
    tile.set(0, 3, 25);
    run_trace_stage<RichardsonLucy>(queue(), tile, iterations(3000));
    EXPECT_NEAR(tile.signal[2], 100, 0.5);
    EXPECT_NEAR(tile.signal[1], 0, 0.5);
    EXPECT_EQ(tile.effect[0], 0);
}

TEST_P(RichardsonLucyTest, equals_double_precision_with_any_model) {
    const bool quick = std::string(GetParam()) == "cpu";
    for (int which = 0; which < 8; ++which) {
        Setting s{(which & 1) != 0, (which & 2) != 0, (which & 4) != 0};
        HostTile tile = random_tile(2, 3, 60, s, 7U + static_cast<unsigned>(which));
        const int n = quick ? 20 : 8;
        run_trace_stage<RichardsonLucy>(queue(), tile, iterations(n));
        for (std::int64_t p = 0; p < tile.traces(); ++p) {
            const Trace truth =
                richardson_lucy_in_double(model_of(tile, p, tile.scan.irf.values, -s.peak), counts_of(tile, p), n);
            EXPECT_LT(relative_l2(tile.signal.data() + p * 60, truth), 1e-5) << which << " pixel " << p;
        }
    }
}

// 240 taps: by FFT on the CPU.
TEST_P(RichardsonLucyTest, equals_double_precision_with_long_responses) {
    const bool quick = std::string(GetParam()) == "cpu";
    Setting s{true, true, true, 240, 60};
    constexpr std::int64_t bins = 260;
    static_assert(240 > RichardsonLucy::most_direct_taps);
    HostTile tile = random_tile(1, quick ? 19 : 2, bins, s, 3);
    run_trace_stage<RichardsonLucy>(queue(), tile, iterations(quick ? 20 : 3));
    for (std::int64_t p = 0; p < tile.traces(); ++p) {
        const Trace truth = richardson_lucy_in_double(model_of(tile, p, tile.scan.irf.values, -s.peak),
                                                      counts_of(tile, p), quick ? 20 : 3);
        EXPECT_LT(relative_l2(tile.signal.data() + p * bins, truth), 1e-5) << p;
    }
}

TEST_P(RichardsonLucyTest, uses_the_response_of_each_pixel) {
    HostTile tile = random_tile(1, 3, 60, {}, 5);
    const Trace narrow = some_taps(21, 8, 2);
    const Trace wide = some_taps(21, 8, 12);
    const Trace none(21, 0.0);
    tile.scan.irf.per_pixel = true;
    tile.scan.irf.values = narrow;
    for (const Trace* more : {&wide, &none})
        tile.scan.irf.values.insert(tile.scan.irf.values.end(), more->begin(), more->end());
    run_trace_stage<RichardsonLucy>(queue(), tile, iterations(10));
    Trace mean(21);
    for (std::size_t k = 0; k < 21; ++k) mean[k] = (narrow[k] + wide[k]) / 2;
    const Trace* own[] = {&narrow, &wide, &mean};
    for (std::int64_t p = 0; p < 3; ++p) {
        const Trace truth = richardson_lucy_in_double(model_of(tile, p, *own[p], -8), counts_of(tile, p), 10);
        EXPECT_LT(relative_l2(tile.signal.data() + p * 60, truth), 1e-5) << p;
    }
}

TEST_P(RichardsonLucyTest, conserves_photons_at_every_iteration) {
    for (const std::int64_t n : {1, 2, 5, 20}) {
        HostTile tile = random_tile(1, 2, 60, {true, true, false}, 9);
        tile.set(0, 59, 90);  // light that leaves the window
        tile.set(0, 0, 70);
        run_trace_stage<RichardsonLucy>(queue(), tile, iterations(n));
        for (std::int64_t p = 0; p < 2; ++p) {
            const Trace y = counts_of(tile, p);
            const Trace x(tile.signal.begin() + p * 60, tile.signal.begin() + (p + 1) * 60);
            const Trace mean = expected_counts(model_of(tile, p, tile.scan.irf.values, -8), x);
            const double sum = std::accumulate(y.begin(), y.end(), 0.0);
            EXPECT_NEAR(std::accumulate(mean.begin(), mean.end(), 0.0), sum, 1e-5 * sum) << n;
            for (const double v : x) EXPECT_GE(v, 0);
        }
    }
}

TEST_P(RichardsonLucyTest, sums_to_counts_as_it_converges_with_dark_counts) {
    HostTile tile = random_tile(1, 1, 60, {false, false, true}, 4);
    run_trace_stage<RichardsonLucy>(queue(), tile, iterations(200));
    const Trace y = counts_of(tile, 0);
    const Trace mean =
        expected_counts(model_of(tile, 0, tile.scan.irf.values, -8), Trace(tile.signal.begin(), tile.signal.end()));
    const double sum = std::accumulate(y.begin(), y.end(), 0.0);
    EXPECT_NEAR(std::accumulate(mean.begin(), mean.end(), 0.0), sum, 2e-3 * sum);
}

TEST_P(RichardsonLucyTest, later_light_is_the_same_light_later) {
    HostTile tile(1, 2, 120);
    tile.use_signal = true;
    set_response(tile.scan, some_taps(15, 5, 4), 5);
    for (std::int64_t i = 0; i < 30; ++i) {
        tile.set(0, 30 + i, static_cast<double>((i * 37) % 23));
        tile.set(1, 47 + i, static_cast<double>((i * 37) % 23));
    }
    run_trace_stage<RichardsonLucy>(queue(), tile, iterations(12));
    for (std::size_t i = 25; i < 70; ++i) EXPECT_NEAR(tile.signal[i], tile.signal[120 + i + 17], 2e-4F * 30) << i;
}

TEST_P(RichardsonLucyTest, works_on_any_size_and_says_nothing_of_masked_pixels) {
    const bool emulated = std::string(GetParam()) != "cpu";
    for (const auto& [rows, columns] : {std::pair<std::int64_t, std::int64_t>{0, 0}, {1, 1}, {1, 31}, {257, 1}}) {
        const std::int64_t bins = emulated ? 12 : 31;
        const Setting s{true, false, true, 5, 2};
        HostTile tile = random_tile(rows, columns, bins, s, 2);
        HostTile on_cpu = random_tile(rows, columns, bins, s, 2);
        if (tile.traces() > 30) tile.flags[7] = on_cpu.flags[7] = hot;
        run_trace_stage<RichardsonLucy>(queue(), tile, iterations(4));
        std::string why_not;
        run_trace_stage<RichardsonLucy>(*test_queue("cpu", why_not), on_cpu, iterations(4));
        for (std::int64_t p = 0; p < tile.traces(); ++p)
            for (std::int64_t i = 0; i < bins; ++i) {
                const auto at = static_cast<std::size_t>(p * bins + i);
                if (tile.flags[static_cast<std::size_t>(p)] != 0) EXPECT_TRUE(std::isnan(tile.signal[at]));
                else EXPECT_NEAR(tile.signal[at], on_cpu.signal[at], 1e-5F * (1 + on_cpu.signal[at])) << p << " " << i;
            }
    }
}

TEST_P(RichardsonLucyTest, no_counts_are_no_light) {
    HostTile tile(1, 2, 40);
    tile.use_signal = true;
    set_response(tile.scan, some_taps(15, 5, 4), 5);
    tile.dark[1] = 0.3F;
    tile.set(1, 2, 1);
    run_trace_stage<RichardsonLucy>(queue(), tile, iterations(50));
    for (std::size_t i = 0; i < 40; ++i) {
        EXPECT_EQ(tile.signal[i], 0);
        EXPECT_TRUE(std::isfinite(tile.signal[40 + i]));
    }
}

// Traces like those of the sample scenes: the number of iterations found must be nearly as good as the best one, by the
// relative L2 distance to the light that was put in.
TEST_P(RichardsonLucyTest, stops_near_the_best_iteration) {
    if (std::string(GetParam()) != "cpu") GTEST_SKIP() << "the number is found on the host for every backend";
    struct Scene {
        std::int64_t bins;
        double late_counts, decay, peak, dark, fwhm_ps;
        std::int64_t arrival;
        bool fog;
    };
    for (const Scene& scene :
         {Scene{176, 650, 15, 227, 0.09, 52, 22, false}, Scene{256, 120, 40, 60, 0.0128, 130, 150, true}}) {
        HostTile tile(8, 16, scene.bins);
        tile.use_signal = true;
        tile.scan.bin_width_s = scene.fog ? 32e-12 : 10e-12;
        tile.scan.irf = gaussian_like(scene.fwhm_ps * 1e-12, tile.scan.bin_width_s);
        Trace truth;
        std::mt19937 random(11);
        const auto taps = static_cast<std::int64_t>(tile.scan.irf.values.size());
        for (std::int64_t p = 0; p < tile.traces(); ++p) {
            Trace x(static_cast<std::size_t>(scene.bins), 0.0);
            const std::int64_t at = scene.arrival + (p * 7) % 15 - 7;
            for (std::int64_t i = scene.fog ? 31 : at; i < scene.bins; ++i) {
                const auto d = static_cast<double>(i - (scene.fog ? 31 : at)) + 0.5;
                x[static_cast<std::size_t>(i)] =
                    scene.late_counts / scene.decay * std::exp(-d / scene.decay) * (scene.fog ? 1 : d / scene.decay);
            }
            if (p % 2 == 0 || scene.fog) x[static_cast<std::size_t>(at)] += scene.peak;
            tile.dark[static_cast<std::size_t>(p)] = static_cast<float>(scene.dark);
            const Trace mean = expected_counts(model_of(tile, p, tile.scan.irf.values, -taps / 2), x);
            for (std::int64_t i = 0; i < scene.bins; ++i)
                tile.set(p, i,
                         std::poisson_distribution<int>(std::max(1e-9, mean[static_cast<std::size_t>(i)]))(random));
            truth.insert(truth.end(), x.begin(), x.end());
        }
        run_trace_stage<RichardsonLucy>(queue(), tile, {});
        const double found = relative_l2(tile.signal.data(), truth);
        const double number = tile.found.at("iterations");
        double best = found;
        for (const std::int64_t n : {1, 2, 4, 8, 16, 32, 64, 128, 256, 512}) {
            run_trace_stage<RichardsonLucy>(queue(), tile, iterations(n));
            best = std::min(best, relative_l2(tile.signal.data(), truth));
        }
        RecordProperty(scene.fog ? "fog" : "star", std::to_string(found / best));
        EXPECT_LT(found, 1.10 * best) << (scene.fog ? "fog" : "star") << ": stopped after " << number;
        EXPECT_GT(number, 2);
        EXPECT_LT(number, 256);
    }
}

TEST_P(RichardsonLucyTest, says_when_the_most_iterations_were_not_enough) {
    if (std::string(GetParam()) != "cpu") GTEST_SKIP() << "the number is found on the host for every backend";
    for (const double counts : {60000.0, 6.0}) {  // many counts: detail as fine as a bin keeps coming out
        HostTile tile(1, 2, 60);
        tile.use_signal = true;
        tile.scan.irf = gaussian_like(60e-12, 10e-12);
        for (std::int64_t p = 0; p < 2; ++p)
            for (std::int64_t i = 0; i < 41; ++i) {
                const double share = tile.scan.irf.values[static_cast<std::size_t>(i)];
                tile.set(p, 8 + i, std::round(counts * share));
                if (i > 3) tile.set(p, 5 + i, std::round(counts * share) + 1);
            }
        run_trace_stage<RichardsonLucy>(queue(), tile, {});
        EXPECT_EQ(tile.warnings.size(), counts > 100 ? 1U : 0U) << tile.found.at("iterations");
    }
}

TEST_P(RichardsonLucyTest, refuses_a_scan_without_response) {
    HostTile tile(1, 1, 40);
    tile.use_signal = true;
    try {
        run_trace_stage<RichardsonLucy>(queue(), tile, iterations(2));
        FAIL() << "accepted";
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), ExitCode::bad_input);
        EXPECT_NE(std::string(e.what()).find("transmission"), std::string::npos) << e.what();
    }
    set_response(tile.scan, {0.5, 0.5}, 0);
    for (double& t : tile.scan.irf.time_s) t += 1e-6;
    EXPECT_THROW(run_trace_stage<RichardsonLucy>(queue(), tile, iterations(2)), Error);
}

TEST_P(RichardsonLucyTest, says_that_a_response_coarser_than_the_bins_was_resampled) {
    HostTile tile = random_tile(1, 1, 40, {}, 1);
    for (double& t : tile.scan.irf.time_s) t *= 2;
    run_trace_stage<RichardsonLucy>(queue(), tile, iterations(2));
    ASSERT_EQ(tile.warnings.size(), 1U);
    EXPECT_NE(tile.warnings[0].find("resampled"), std::string::npos) << tile.warnings[0];
    HostTile fine = random_tile(1, 1, 40, {}, 1);
    for (double& t : fine.scan.irf.time_s) t /= 2;
    run_trace_stage<RichardsonLucy>(queue(), fine, iterations(2));
    EXPECT_TRUE(fine.warnings.empty()) << fine.warnings[0];
}

}  // namespace
}  // namespace firstlight
