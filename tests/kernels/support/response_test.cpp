#include "kernels/support/response.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

Scan scan_with(Response irf, std::int64_t bins = 256) {
    Scan scan;
    scan.name = "test scan";
    scan.rows = 1;
    scan.columns = 2;
    scan.bins = bins;
    scan.bin_width_s = 10e-12;
    scan.irf = std::move(irf);
    return scan;
}

double gaussian_share(double x, double fwhm) { return 0.5 * (1 + std::erf(x * 2 * std::sqrt(std::log(2.0)) / fwhm)); }

double sum(const std::vector<float>& v) { return std::accumulate(v.begin(), v.end(), 0.0); }

TEST(Response, same_sampling_is_taken_as_it_is) {
    const BinnedResponse r = binned_response(scan_with({{1, 2, 1}, {-10e-12, 0, 10e-12}, false}));
    EXPECT_EQ(r.taps, (std::vector<float>{0.25F, 0.5F, 0.25F}));
    EXPECT_DOUBLE_EQ(r.zero, 1.5);
    EXPECT_DOUBLE_EQ(r.fwhm_bins, 2);
    EXPECT_TRUE(r.messages.empty());
    EXPECT_DOUBLE_EQ(r.cumulative.at(-1.5), 0);
    EXPECT_DOUBLE_EQ(r.cumulative.at(0), 0.5);
    EXPECT_DOUBLE_EQ(r.cumulative.at(0.5), 0.75);
    EXPECT_DOUBLE_EQ(r.cumulative.at(9), 1);
}

TEST(Response, rebinning_conserves_photons_and_shape) {
    for (const double step_ps : {1.7, 5.0, 10.0, 23.0}) {
        Response irf;
        for (double t = -300; t <= 300; t += step_ps) {
            irf.time_s.push_back(t * 1e-12);
            irf.values.push_back(gaussian_share(t + step_ps / 2, 90) - gaussian_share(t - step_ps / 2, 90));
        }
        const BinnedResponse r = binned_response(scan_with(irf));
        EXPECT_NEAR(sum(r.taps), 1, 1e-6);
        EXPECT_NEAR(r.fwhm_bins, 9, step_ps > 20 ? 0.4 : 0.1);
        EXPECT_EQ(r.messages.size(), step_ps == 10.0 || step_ps == 5.0 ? 0U : 1U)
            << step_ps << ": 5 ps fill bins of 10 ps";
        double largest = 0;
        for (double x = -25; x <= 25; x += 0.1)
            largest = std::max(largest, std::abs(r.cumulative.at(x) - gaussian_share(x, 9)));
        EXPECT_LT(largest, step_ps > 20 ? 1.5e-2 : 1.5e-3) << step_ps;
        for (std::size_t k = 0; k < r.taps.size(); ++k) {
            const double x = static_cast<double>(k) - r.zero;
            EXPECT_NEAR(r.taps[k], r.cumulative.between(x, x + 1), 1e-6);
        }
    }
}

TEST(Response, without_times_the_peak_is_the_arrival) {
    const BinnedResponse r = binned_response(scan_with({{0, 1, 4, 3, 0}, {}, false}));
    EXPECT_NEAR(r.zero, 2.5 + 0.5 * (1.0 - 3.0) / (1.0 - 8.0 + 3.0), 1e-12);
    ASSERT_EQ(r.messages.size(), 1U);
    EXPECT_NE(r.messages[0].find("no irf_t"), std::string::npos);
}

TEST(Response, longer_than_the_window_is_cut_where_it_costs_least) {
    std::vector<double> v(40, 0.0);
    v[30] = 8;
    v[31] = 1;
    v[2] = 1;
    const BinnedResponse r = binned_response(scan_with({v, {}, false}, 16));
    EXPECT_EQ(r.taps.size(), 16U);
    EXPECT_NEAR(sum(r.taps), 1, 1e-6);
    EXPECT_NEAR(r.taps[static_cast<std::size_t>(std::floor(r.zero))], 8.0 / 9, 1e-3);
    ASSERT_EQ(r.messages.size(), 2U);
    EXPECT_NE(r.messages[1].find("10 %"), std::string::npos) << r.messages[1];
}

TEST(Response, per_pixel_mean_and_own) {
    Scan scan = scan_with({{0, 4, 0, 0, 0, 4}, {-10e-12, 0, 10e-12}, true});
    const BinnedResponse r = binned_response(scan);
    EXPECT_EQ(r.taps, (std::vector<float>{0, 0.5F, 0.5F}));
    EXPECT_DOUBLE_EQ(pixel_response(scan, r, 0).at(0.5), 1);
    EXPECT_DOUBLE_EQ(pixel_response(scan, r, 1).at(0.5), 0);
    scan.irf.values = {0, 0, 0, 0, 0, 4};  // a pixel without light in its response takes the mean
    EXPECT_DOUBLE_EQ(pixel_response(scan, binned_response(scan), 0).at(1.5), 1);
}

TEST(Response, spans_and_gaussian) {
    const TapSpan span = shortest_span({0.01F, 0.0F, 0.5F, 0.48F, 0.01F}, 0.97);
    EXPECT_EQ(span.first, 2);
    EXPECT_EQ(span.last, 4);
    const BinnedResponse r = binned_response(scan_with(gaussian_response(60e-12)));
    EXPECT_NEAR(r.fwhm_bins, 6, 0.02);
    EXPECT_NEAR(r.cumulative.at(0), 0.5, 1e-9);
}

TEST(Response, refuses_nonsense) {
    EXPECT_THROW(binned_response(scan_with({{0, 0, 0}, {}, false})), Error);
    EXPECT_THROW(binned_response(scan_with({{1, -1, 3}, {}, false})), Error);
    EXPECT_THROW(binned_response(scan_with({{1, std::nan(""), 3}, {}, false})), Error);
    EXPECT_THROW(binned_response(scan_with({{1, 2, 3}, {0, 1e-12}, false})), Error);
    EXPECT_THROW(binned_response(scan_with({{1, 2, 3}, {0, 1e-12, 5e-12}, false})), Error);
    EXPECT_THROW(binned_response(scan_with({{1, 2, 3}, {}, true})), Error);
}

}  // namespace
}  // namespace firstlight
