#include "kernels/simulation/detector_response.hpp"

#include <cmath>
#include <numeric>

#include "kernels/simulation/random_counts.hpp"
#include "kernels/support/parallel_for.hpp"
#include "tests/support/stage_test.hpp"

namespace firstlight {
namespace {

constexpr double bin_s = 10e-12;

struct Light {
    std::vector<double> even;   // [pixels][bins] detections per pulse
    std::vector<double> sharp;  // [pixels] the same
    double arrival = 20;        // bins
};
struct Outcome {
    std::vector<double> expected;
    std::vector<std::uint32_t> counts;
};

Scan scan_of(std::int64_t rows, std::int64_t columns, std::int64_t bins, double pulses) {
    Scan scan;
    scan.name = "test";
    scan.rows = rows;
    scan.columns = columns;
    scan.bins = bins;
    scan.bin_width_s = bin_s;
    scan.pulses = {pulses};
    return scan;
}

DetectorResponse::Params quiet() {
    DetectorResponse::Params p;
    p.statistics = DetectorResponse::Statistics::poisson;
    return p;
}

Outcome respond(Queue& q, const DetectorResponse::Params& params, Scan& scan, const Light& light,
                std::uint32_t recording = 0) {
    Keeper keep(q);
    const auto c = DetectorResponse::prepare(params, scan, keep);
    ResponseTask task;
    task.pixels = scan.pixels();
    task.unscattered = light.sharp.empty() ? 0 : 1;
    task.share = keep.keep(light.sharp);
    const std::vector<double> when(static_cast<std::size_t>(scan.pixels()), light.arrival);
    task.position = keep.keep(when);
    task.scattered = keep.keep(light.even);
    task.pulses = scan.pulses[0];
    task.recording = recording;
    Outcome out;
    out.expected.resize(static_cast<std::size_t>(scan.pixels() * scan.bins));
    out.counts.resize(out.expected.size());
    const QueueMemory expected(q, out.expected.size() * sizeof(double)),
        counts(q, out.counts.size() * sizeof(std::uint32_t));
    task.expected = expected.as<double>();
    task.counts = counts.as<std::uint32_t>();
    run<DetectorResponse>(q, task, c, 0);
    q.download(out.expected.data(), expected.as(), expected.bytes(), 0);
    q.download(out.counts.data(), counts.as(), counts.bytes(), 0);
    q.synchronize(0);
    return out;
}

template <class T>
double sum(const std::vector<T>& v) {
    return std::accumulate(v.begin(), v.end(), 0.0);
}
double centroid(const double* v, std::size_t n) {
    double s = 0;
    double all = 0;
    for (std::size_t i = 0; i < n; ++i) {
        s += (static_cast<double>(i) + 0.5) * v[i];
        all += v[i];
    }
    return s / all;
}

class DetectorResponseTest : public StageTest {};
INSTANTIATE_TEST_SUITE_P(, DetectorResponseTest, all_backends(), backend_name);

TEST_P(DetectorResponseTest, sharp_light_comes_at_its_arrival_and_the_pixels_delay) {
    auto params = quiet();
    params.skew_ps = 45;
    Scan scan = scan_of(3, 7, 64, 1e6);
    Light light;
    light.sharp.assign(21, 1e-3);
    light.arrival = 20.6;
    const Outcome out = respond(queue(), params, scan, light);
    for (std::size_t p = 0; p < 21; ++p) {
        const double* trace = &out.expected[p * 64];
        EXPECT_NEAR(std::accumulate(trace, trace + 64, 0.0), 1e-3 * scan.flat[p], 1e-10);
        EXPECT_NEAR(centroid(trace, 64), 20.6 + scan.t0_map_s[p] / bin_s, 1e-3);
        EXPECT_LE(std::abs(scan.t0_map_s[p]), 45e-12);
    }
}

TEST_P(DetectorResponseTest, light_of_a_bin_comes_around_the_bins_centre_and_the_tail_delays_its_share) {
    auto params = quiet();
    params.tail_share = 0.2;
    params.tail_ps = 30;
    Scan scan = scan_of(1, 1, 256, 1e6);
    Light light;
    light.even.assign(256, 0.0);
    light.even[40] = 3e-4;
    light.even[41] = 1e-4;
    const Outcome out = respond(queue(), params, scan, light);
    EXPECT_NEAR(sum(out.expected), 4e-4, 1e-10);
    EXPECT_NEAR(centroid(out.expected.data(), 256), 40.75 + 0.2 * 3.0, 2e-3);
}

TEST_P(DetectorResponseTest, gaussian_width_is_as_asked) {
    auto params = quiet();
    params.fwhm_ps = 30;
    params.jitter_fwhm_ps = 40;  // 50 ps together
    Scan scan = scan_of(1, 1, 64, 1e6);
    Light light;
    light.sharp = {1};
    light.arrival = 30.5;
    const Outcome out = respond(queue(), params, scan, light);
    const double sigma = 5.0 / 2.3548200450309493;
    const auto by = [&](double x) { return 0.5 * std::erfc(-(x - 30.5) / sigma / std::sqrt(2.0)); };
    for (std::size_t i = 20; i < 42; ++i) {
        const auto x = static_cast<double>(i);
        EXPECT_NEAR(out.expected[i], by(x + 1) - by(x), 2e-4) << i;
    }
}

TEST_P(DetectorResponseTest, dark_counts_are_rate_times_pulses_times_true_bin_width) {
    auto params = quiet();
    params.dark_rate_hz = 2000;
    params.bin_nonlinearity = 0.1;
    Scan scan = scan_of(1, 3, 64, 1e9);
    const Outcome out = respond(queue(), params, scan, {});
    EXPECT_NEAR(sum(scan.bin_width_correction), 64, 1e-9);
    for (std::size_t i = 0; i < out.expected.size(); ++i)
        EXPECT_NEAR(1e9 * out.expected[i], 2000 * 1e9 * bin_s * scan.bin_width_correction[i % 64], 1e-9);
    EXPECT_NEAR(sum(out.counts), 3 * 64 * 20, 4.5 * std::sqrt(3 * 64 * 20));
}

TEST_P(DetectorResponseTest, first_photon_law_has_its_closed_form_mean) {
    auto params = quiet();
    params.statistics = DetectorResponse::Statistics::first_photon;
    Scan scan = scan_of(20, 20, 16, 1e4);
    Light light;
    light.even.assign(400 * 16, 0.1);  // up to 1.6 photons per pulse
    const Outcome out = respond(queue(), params, scan, light);
    double before = 0;
    double all = 0;
    for (std::size_t i = 0; i < 16; ++i) {
        const double m = out.expected[i];
        const double chance = std::exp(-before) * -std::expm1(-m);
        double mean = 0;
        for (std::size_t p = 0; p < 400; ++p) mean += out.counts[p * 16 + i] / 400.0;
        EXPECT_NEAR(mean, 1e4 * chance, 4.5 * std::sqrt(1e4 * chance * (1 - chance) / 400)) << i;
        before += m;
        all += mean;
    }
    EXPECT_NEAR(all, 1e4 * -std::expm1(-before), 4.5 * std::sqrt(1e4 * std::exp(-before) / 400));
}

// Free-running detector under even light all the time (the window is the period): r = m / (1 + m tau).
TEST_P(DetectorResponseTest, dead_time_lowers_the_rate_as_the_closed_form_says) {
    auto params = quiet();
    params.statistics = DetectorResponse::Statistics::dead_time;
    params.fwhm_ps = 1;
    params.dead_time_ns = 5;    // 500 bins
    params.dark_rate_hz = 1e8;  // 1e-3 per bin: m tau = 0.5
    Scan scan = scan_of(10, 10, 100, 2000);
    scan.repetition_rate_hz = 1e9;  // a period of 100 bins
    const Outcome out = respond(queue(), params, scan, {});
    // Per pixel 200 000 bins; a detection takes its own bin and 500 blind ones, then waits 1000 bins on average.
    const double detections = 100 * 200000.0 / (1000 + 500 + 0.5);
    EXPECT_NEAR(sum(out.counts), detections, 0.01 * detections);
}

TEST_P(DetectorResponseTest, the_same_bits_as_on_the_cpu_with_any_threads) {
    using Statistics = DetectorResponse::Statistics;
    for (const auto statistics : {Statistics::first_photon, Statistics::poisson, Statistics::dead_time}) {
        DetectorResponse::Params params;
        params.statistics = statistics;
        params.skew_ps = 80;
        params.flat_spread = 0.1;
        params.bin_nonlinearity = 0.05;
        params.tail_share = 0.1;
        params.hot_share = 0.1;
        params.hot_rate_hz = 1e7;
        Scan scan = scan_of(7, 11, 64, 2e3);
        scan.repetition_rate_hz = 2e7;
        Light light;
        for (std::int64_t p = 0; p < 77; ++p) {
            light.sharp.push_back(1e-4 * static_cast<double>(p * p));
            for (std::int64_t i = 0; i < 64; ++i)
                light.even.push_back(i > 20 ? 1e-4 * static_cast<double>((p + 1) * (i - 20) % 97) : 0);
        }
        const Outcome here = respond(queue(), params, scan, light);
        const auto cpu = open_cpu_queue(1);
        for (const int threads : {1, 3}) {
            Outcome there;
            with_threads(threads, [&] { there = respond(*cpu, params, scan, light); });
            EXPECT_EQ(here.counts, there.counts);
            EXPECT_EQ(here.expected, there.expected);
        }
        EXPECT_NE(respond(queue(), params, scan, light, 1).counts, here.counts);  // another recording
        params.seed = 2;
        EXPECT_NE(respond(queue(), params, scan, light).counts, here.counts);
    }
}

TEST(DetectorResponse, tells_the_scan_what_a_calibration_would_find) {
    DetectorResponse::Params params;
    params.skew_ps = 80;
    params.flat_spread = 0.05;
    params.hot_share = 0.01;
    params.dark_rate_hz = 50;
    params.hot_rate_hz = 1e5;
    params.tail_share = 0.1;
    const auto queue = open_cpu_queue(1);
    Keeper keep(*queue);
    Scan scan = scan_of(200, 200, 128, 1e6);
    DetectorResponse::prepare(params, scan, keep);
    double hot_pixels = 0;
    double skew = 0;
    double spread = 0;
    for (std::size_t p = 0; p < 40000; ++p) {
        hot_pixels += scan.dark_rate_hz[p] > 50 ? 1 : 0;
        skew += scan.t0_map_s[p] * scan.t0_map_s[p] / 40000;
        spread += (scan.flat[p] - 1) * (scan.flat[p] - 1) / 40000;
    }
    EXPECT_NEAR(hot_pixels, 400, 90);
    EXPECT_NEAR(std::sqrt(skew), 80e-12 / std::sqrt(3.0), 1e-12);
    EXPECT_NEAR(std::sqrt(spread), 0.05, 1e-3);
    EXPECT_NEAR(sum(scan.flat), 40000, 1e-6);
    EXPECT_TRUE(scan.pixel_mask.empty());
    double mean = 0;
    for (std::size_t k = 0; k < scan.irf.values.size(); ++k) mean += scan.irf.values[k] * scan.irf.time_s[k];
    EXPECT_NEAR(mean / sum(scan.irf.values), 10e-12, 0.05e-12);  // a tenth of the light is 100 ps late

    scan.pulses.clear();
    EXPECT_THROW(DetectorResponse::prepare(params, scan, keep), Error);
}

// Mean, variance and, over the values where 20 or more are expected, chi-square.
void expect_law(const std::vector<double>& draws, double mean, double variance,
                const std::function<double(double)>& log_chance, const std::string& what) {
    const auto n = static_cast<double>(draws.size());
    double m = 0;
    double v = 0;
    for (const double k : draws) m += k / n;
    for (const double k : draws) v += (k - m) * (k - m) / (n - 1);
    EXPECT_NEAR(m, mean, 4.5 * std::sqrt(variance / n)) << what;
    const double kurtosis = 3 + 1 / variance;
    EXPECT_NEAR(v, variance, 4.5 * variance * std::sqrt((kurtosis - 1) / n)) << what;

    const double sigma = std::sqrt(variance);
    const double step = std::max(1.0, std::floor(sigma / 4));  // wide laws: several values per cell
    std::map<double, double> found;
    for (const double k : draws) found[std::floor(k / step)] += 1;
    double chi = 0;
    int cells = -1;
    for (double cell = std::max(0.0, std::floor((mean - 8 * sigma) / step)); cell * step <= mean + 8 * sigma + 2;
         ++cell) {
        double expected = 0;
        for (double k = cell * step; k < (cell + 1) * step; ++k) expected += n * std::exp(log_chance(k));
        if (expected < 20) continue;
        chi += (found[cell] - expected) * (found[cell] - expected) / expected;
        ++cells;
    }
    if (cells >= 1) {
        EXPECT_LT(chi, cells + 4.5 * std::sqrt(2.0 * cells) + 6) << what << ", " << cells << " cells";
    }
}

TEST(RandomCounts, poisson_draws_follow_the_law) {
    for (const double mean : {0.01, 0.3, 1.0, 9.99, 10.0, 25.0, 300.0, 1e4, 1e5}) {
        std::vector<double> draws;
        for (std::uint32_t i = 0; i < 100000; ++i) {
            CounterStream random{i, 0, 0, 0, 11, 0};
            draws.push_back(poisson_number(mean, random));
        }
        expect_law(
            draws, mean, mean, [&](double k) { return k * std::log(mean) - mean - std::lgamma(k + 1); },
            "Poisson " + std::to_string(mean));
    }
}

TEST(RandomCounts, binomial_draws_follow_the_law) {
    const std::vector<std::pair<double, double>> laws{{1, 0.3},    {20, 0.01},  {30, 0.45},  {1000, 1e-5},
                                                      {100, 0.5},  {100, 0.9},  {1e4, 0.3},  {1e6, 1e-6},
                                                      {1e6, 1e-4}, {1e9, 1e-8}, {1e9, 1e-4}, {2e5, 0.97}};
    for (const auto& law : laws) {
        const double n = law.first;
        const double p = law.second;
        std::vector<double> draws;
        for (std::uint32_t i = 0; i < 100000; ++i) {
            CounterStream random{i, 0, 0, 0, 12, 0};
            draws.push_back(binomial_number(n, p, -std::log1p(-p), random));
        }
        expect_law(
            draws, n * p, n * p * (1 - p),
            [&](double k) {
                if (k > n) return -1e9;
                return std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1) + k * std::log(p) +
                       (n - k) * std::log1p(-p);
            },
            "binomial " + std::to_string(n) + " " + std::to_string(p));
    }
    CounterStream random{0, 0, 0, 0, 1, 0};
    EXPECT_EQ(binomial_number(7, 1, 1e300, random), 7);
    EXPECT_EQ(binomial_number(7, 0, 0, random), 0);
    EXPECT_EQ(poisson_number(0, random), 0);
}

}  // namespace
}  // namespace firstlight
