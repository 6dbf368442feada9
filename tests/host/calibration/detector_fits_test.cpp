// Response, delays, dark counts, sensitivity and bad pixels of a detector whose truth is known.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "host/calibration/dark_rate_fit.hpp"
#include "host/calibration/flat_field_fit.hpp"
#include "host/calibration/irf_fit.hpp"
#include "host/calibration/load.hpp"
#include "host/calibration/pixel_mask_fit.hpp"
#include "host/calibration/t0_map_fit.hpp"
#include "kernels/support/error.hpp"
#include "tests/host/io/python_fixture.hpp"

namespace firstlight {
namespace {

struct Detector {
    TraceInput input;
    std::vector<double> delay_s, gain, dark_hz;
    std::vector<std::vector<double>> traces;

    // light: mean counts in a pixel of gain 1; a Gaussian peak of 2 bins with an afterglow of 20 bins.
    Detector(std::int64_t rows, std::int64_t columns, double light, std::uint64_t seed = 1, double pulses = 1e8) {
        Scan& scan = input.scan;
        scan.name = "detector";
        scan.rows = rows;
        scan.columns = columns;
        scan.bins = 600;
        scan.bin_width_s = 10e-12;
        scan.first_bin_centre_s = 5e-12;
        scan.pulses = {pulses};
        std::mt19937_64 random(seed);
        for (std::int64_t p = 0; p < rows * columns; ++p) {
            delay_s.push_back(30e-12 * std::sin(1.7 * static_cast<double>(p)));
            gain.push_back(1 + 0.3 * std::cos(0.9 * static_cast<double>(p)));
            dark_hz.push_back(500 * (1 + 0.5 * std::sin(2.3 * static_cast<double>(p))));
            std::vector<double>& trace = traces.emplace_back();
            const double centre = 150 + delay_s.back() / scan.bin_width_s;
            for (std::int64_t i = 0; i < scan.bins; ++i) {
                const double t = static_cast<double>(i) + 0.5 - centre;
                const double peak = std::exp(-0.125 * t * t) / std::sqrt(8 * M_PI),
                             tail = t > 0 ? std::exp(-t / 20) / 20 : 0;
                const double mean =
                    light * gain.back() * (0.8 * peak + 0.2 * tail) + dark_hz.back() * pulses * scan.bin_width_s;
                trace.push_back(static_cast<double>(std::poisson_distribution<std::int64_t>(mean)(random)));
            }
        }
        input.visit = [this](const TraceVisitor& visitor) {
            for (std::size_t p = 0; p < traces.size(); ++p) visitor(0, static_cast<std::int64_t>(p), traces[p]);
        };
    }
    Detector(const Detector&) = delete;
};

TEST(ResponseFit, keeps_the_whole_response_without_its_background) {
    Detector d(8, 8, 1e5);
    d.input.scan.t0_map_s = d.delay_s;
    const ResponseFit fit = fit_response(d.input, {});
    EXPECT_NEAR(std::accumulate(fit.irf.values.begin(), fit.irf.values.end(), 0.0), 1, 1e-12);
    EXPECT_NEAR(fit.fwhm_s, 2 * 2.3548 * 10e-12, 3e-12);
    double late = 0;  // 20 % of the light in a tail of 20 bins: of it, e^-2 comes after 40 bins
    for (std::size_t i = 0; i < fit.irf.values.size(); ++i)
        if (fit.irf.time_s[i] > 400e-12) late += fit.irf.values[i];
    EXPECT_NEAR(late, 0.2 * std::exp(-2.0), 0.003);
    EXPECT_NEAR(fit.light, 64e5, 0.02 * 64e5);
    EXPECT_NEAR(fit.peak_bins, 150, 0.5);
    EXPECT_EQ(fit.pixels, 64);
}

TEST(ResponseFit, per_pixel_where_counts_suffice) {
    Detector d(1, 4, 1e5);
    d.traces[2].assign(600, 3.0);
    ResponseOptions options;
    options.per_pixel = true;
    const ResponseFit fit = fit_response(d.input, options);
    const std::size_t k = fit.irf.time_s.size();
    EXPECT_EQ(fit.irf.values.size(), 4 * k);
    EXPECT_EQ(fit.pixels_with_own, 3);
    for (std::size_t p = 0; p < 4; ++p)
        EXPECT_NEAR(std::accumulate(fit.irf.values.begin() + p * k, fit.irf.values.begin() + (p + 1) * k, 0.0),
                    p == 2 ? 0 : 1, 1e-9);
}

TEST(ResponseFit, no_light_is_refused) {
    Detector d(2, 2, 0);
    EXPECT_THROW((void)fit_response(d.input, {}), Error);
}

TEST(T0MapFit, finds_the_delays_within_their_error) {
    Detector d(8, 8, 2e4);
    const T0MapFit fit = fit_t0_map(d.input, {});
    double offset = 0, pull2 = 0;  // the map counts from the median, the truth from 0
    for (std::size_t p = 0; p < 64; ++p) offset += (fit.t0_map_s[p] - d.delay_s[p]) / 64;
    for (std::size_t p = 0; p < 64; ++p)
        pull2 += std::pow((fit.t0_map_s[p] - d.delay_s[p] - offset) / fit.median_sigma_s, 2) / 64;
    EXPECT_GT(pull2, 0.5);
    EXPECT_LT(pull2, 2);
    std::vector<double> sorted = fit.t0_map_s;
    std::sort(sorted.begin(), sorted.end());
    EXPECT_EQ(sorted[32], 0);
    EXPECT_LT(fit.median_sigma_s, 1e-12);
    EXPECT_EQ(fit.pixels, 64);
}

TEST(DarkRateFit, rates_and_their_error) {
    Detector d(8, 8, 0);
    const DarkRateFit fit = fit_dark_rate(d.input);
    double pull2 = 0;
    for (std::size_t p = 0; p < 64; ++p) pull2 += std::pow((fit.rate_hz[p] - d.dark_hz[p]) / fit.sigma_hz[p], 2) / 64;
    EXPECT_GT(pull2, 0.5);
    EXPECT_LT(pull2, 1.6);
    EXPECT_TRUE(fit.remarks.empty());
    Detector lit(8, 8, 1e3);
    EXPECT_EQ(fit_dark_rate(lit.input).remarks.size(), 1U);
    lit.input.scan.pulses.clear();
    EXPECT_THROW((void)fit_dark_rate(lit.input), Error);
    Detector none(2, 2, 0);
    for (auto& trace : none.traces) trace.assign(600, 0.0);
    EXPECT_THROW((void)fit_dark_rate(none.input), Error);
}

TEST(FlatFieldFit, sensitivity_with_mean_one) {
    Detector d(8, 8, 1e5);
    const FlatFieldFit fit = fit_flat_field(d.input, d.dark_hz, {});
    const double mean = std::accumulate(d.gain.begin(), d.gain.end(), 0.0) / 64;
    EXPECT_NEAR(std::accumulate(fit.flat.begin(), fit.flat.end(), 0.0) / 64, 1, 1e-12);
    for (std::size_t p = 0; p < 64; ++p) EXPECT_NEAR(fit.flat[p], d.gain[p] / mean, 6 * fit.median_sigma);
    EXPECT_THROW((void)fit_flat_field(d.input, std::vector<double>(10), {}), Error);
}

TEST(PixelMaskFit, hot_noisy_and_dead) {
    std::vector<double> dark(100, 400), light(100, 1e5);
    for (std::size_t i = 0; i < 100; ++i) dark[i] += 20 * std::sin(static_cast<double>(i));
    dark[3] = 9000;
    dark[4] = 400 + 7.5 * 20;
    dark[5] = 0;
    light[6] = 500;
    const PixelMaskFit fit = find_bad_pixels(dark, light, 6);
    for (std::size_t p = 0; p < 100; ++p)
        EXPECT_EQ(fit.mask[p], p == 3 ? hot : p == 4 ? noisy : p == 5 || p == 6 ? dead : 0) << p;
}

TEST(CalibrationFile, round_trip_and_application) {
    const ScratchFolder folder("calibration");
    Calibration c;
    c.set_size(2, 3, "test");
    c.irf = {{0.2, 0.5, 0.3}, {-1e-11, 0, 1e-11}, false};
    c.t0_map_s = {1e-12, 2e-12, 3e-12, 4e-12, 5e-12, 6e-12};
    c.dark_rate_hz = {1, 2, 3, 4, 5, 6};
    c.flat = {1, 1, 1, 1, 1.5, 0.5};
    c.pixel_mask = {0, 1, 0, 2, 0, 4};
    c.medium.mu_s_prime_per_m = 262;
    c.medium.refractive_index = 1.12;
    c.set_figure("mu_s_prime_sigma", 3.5, "1/m");
    c.inputs = {{"dark", "firstlight calibrate dark", "/x/dark.h5", std::string(64, 'a')}};
    c.remarks = {"dark: one", "medium: two"};
    const auto path = folder.path / "c.h5";
    write_calibration(path, c, false);
    EXPECT_THROW(write_calibration(path, c, false), Error);
    Calibration r = read_calibration(path, {});
    EXPECT_EQ(r.rows, 2);
    EXPECT_EQ(r.columns, 3);
    EXPECT_EQ(r.irf.values, c.irf.values);
    EXPECT_EQ(r.irf.time_s, c.irf.time_s);
    EXPECT_EQ(r.t0_map_s, c.t0_map_s);
    EXPECT_EQ(r.pixel_mask, c.pixel_mask);
    EXPECT_EQ(r.medium.mu_s_prime_per_m, 262);
    ASSERT_EQ(r.figures.size(), 1U);
    EXPECT_EQ(r.figures[0].value, 3.5);
    EXPECT_EQ(r.figures[0].units, "1/m");
    ASSERT_EQ(r.inputs.size(), 1U);
    EXPECT_EQ(r.inputs[0].path, "/x/dark.h5");
    r.forget("dark");
    EXPECT_TRUE(r.inputs.empty());
    EXPECT_EQ(r.remarks, std::vector<std::string>{"medium: two"});

    Scan scan;
    scan.name = "scan.h5";
    scan.rows = 2;
    scan.columns = 3;
    scan.medium.thickness_m = 0.1;
    EXPECT_EQ(apply_calibration(c, "c.h5", scan).size(), 7U);
    EXPECT_EQ(scan.dark_rate_hz, c.dark_rate_hz);
    EXPECT_EQ(scan.medium.thickness_m, 0.1);
    scan.columns = 4;
    EXPECT_THROW((void)apply_calibration(c, "c.h5", scan), Error);
    EXPECT_THROW(c.set_size(4, 4, "other.h5"), Error);
}

}  // namespace
}  // namespace firstlight
