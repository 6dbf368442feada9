#include "kernels/simulation/detector_response.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "kernels/support/error.hpp"
#include "kernels/support/parallel_for.hpp"
#include "tests/support/stage_test.hpp"

namespace firstlight {
namespace {

using Statistics = DetectorResponse::Statistics;

struct Recording {
    Scan scan;
    std::vector<double> share, position, scattered;  // one unscattered component
    std::vector<double> expected;
    std::vector<std::uint32_t> counts;

    Recording(std::int64_t rows, std::int64_t columns, std::int64_t bins, double pulses) {
        scan.rows = rows;
        scan.columns = columns;
        scan.bins = bins;
        scan.bin_width_s = 10e-12;
        scan.first_bin_centre_s = 5e-12;
        scan.pulses = {pulses};
        scan.repetition_rate_hz = 50e6;
        share.assign(static_cast<std::size_t>(rows * columns), 0.0);
        position.assign(share.size(), 0.0);
        scattered.assign(share.size() * static_cast<std::size_t>(bins), 0.0);
    }
    void run_on(Queue& queue, const DetectorResponse::Params& params, int threads = 0) {
        Keeper keep(queue);
        const auto c = DetectorResponse::prepare(params, scan, keep);
        ResponseTask task;
        task.pixels = scan.pixels();
        task.unscattered = 1;
        task.share = keep.keep(share);
        task.position = keep.keep(position);
        task.scattered = keep.keep(scattered);
        task.pulses = scan.pulses[0];
        const std::size_t cells = scattered.size();
        QueueMemory lambda(queue, cells * sizeof(double)), there(queue, cells * sizeof(std::uint32_t));
        expected.assign(cells, std::nan(""));
        counts.assign(cells, 0xffffffffU);
        if (cells > 0) {
            queue.upload(lambda.as(), expected.data(), lambda.bytes(), 0);
            queue.upload(there.as(), counts.data(), there.bytes(), 0);
        }
        task.expected = lambda.as<double>();
        task.counts = there.as<std::uint32_t>();
        with_threads(threads, [&] { run<DetectorResponse>(queue, task, c, 0); });
        if (cells > 0) {
            queue.download(expected.data(), lambda.as(), lambda.bytes(), 0);
            queue.download(counts.data(), there.as(), there.bytes(), 0);
        }
        queue.synchronize(0);
    }
    [[nodiscard]] double total() const { return std::accumulate(counts.begin(), counts.end(), 0.0); }
};

Queue& cpu() {
    static const auto queue = open_cpu_queue(1);
    return *queue;
}

double gauss_below(double x, double sigma) { return 0.5 * std::erfc(-x / sigma / std::sqrt(2.0)); }

TEST(DetectorResponse, tail_holds_its_share_and_decays) {
    Recording r(1, 1, 200, 1e3);
    r.share = {1.0};
    r.position = {30.0};
    DetectorResponse::Params params;
    params.fwhm_ps = 20;
    params.tail_ps = 150;
    params.tail_share = 0.3;
    r.run_on(cpu(), params);
    // Long after the Gaussian only the tail is left: share · e^{sigma²/2tau²} e^{-t/tau}.
    const double sigma = 2 / 2.354820045;
    for (std::size_t i = 60; i < 120; ++i) {
        const double from = (static_cast<double>(i) - 30) / 15;
        const double truth = 0.3 * std::exp(0.5 * sigma * sigma / 225) * (std::exp(-from) - std::exp(-from - 1.0 / 15));
        EXPECT_NEAR(r.expected[i] / truth, 1, 2e-3) << i;
    }
    // What a calibration would know integrates to the same shape.
    const Response& irf = r.scan.irf;
    const double step = irf.time_s[1] - irf.time_s[0];
    double sum = 0, beyond = 0;
    for (std::size_t i = 0; i < irf.values.size(); ++i) {
        sum += irf.values[i];
        if (irf.time_s[i] >= 300e-12) beyond += irf.values[i];
    }
    EXPECT_NEAR(beyond / sum, 0.3 * std::exp(-2.0), 0.3 * std::exp(-2.0) * (3e-2 + step / 150e-12));
}

TEST(DetectorResponse, dead_time_lowers_the_rate_as_it_should) {
    Recording r(20, 20, 40, 1e5);
    for (std::size_t p = 0; p < 400; ++p)
        for (std::size_t i = 0; i < 40; ++i) r.scattered[p * 40 + i] = 0.3 / 40;
    DetectorResponse::Params params;
    params.fwhm_ps = 1;
    params.statistics = Statistics::dead_time;
    // Blind for five periods of 20 ns less what is left of the pulse's light: the mean number of pulses between
    // detections is 5 (blind) + 1/(1 - e^-0.3) (waiting).
    params.dead_time_ns = 5 * 20 - 2;
    r.run_on(cpu(), params);
    const double light = std::accumulate(r.expected.begin(), r.expected.begin() + 40, 0.0);
    const double truth = 1e5 / (4 + 1 / -std::expm1(-light)) * 400;
    // After a detection in bin b the pixel wakes at bin b + 1 + 9800 of 2000-bin periods: in the next-but-four pulse
    // before its light when b < 199, which is all of the window.
    EXPECT_NEAR(r.total() / truth, 1, 5 / std::sqrt(truth) + 2e-4);
    params.dead_time_ns = 0;
    r.run_on(cpu(), params);
    EXPECT_NEAR(r.total(), 400e5 * light, 5e-3 * 400e5 * light);  // one count per bin and pulse at most
}

TEST(DetectorResponse, refuses_what_it_cannot_draw) {
    Recording r(1, 1, 8, 1e3);
    DetectorResponse::Params params;
    params.statistics = Statistics::dead_time;
    r.scan.repetition_rate_hz.reset();
    EXPECT_THROW(r.run_on(cpu(), params), Error);
    r.scan.repetition_rate_hz = 1e11;
    EXPECT_THROW(r.run_on(cpu(), params), Error);
    r.scan.pulses.clear();
    params.statistics = Statistics::poisson;
    Keeper keep(cpu());
    EXPECT_THROW(DetectorResponse::prepare(params, r.scan, keep), Error);
}

class DetectorResponseParity : public StageTest {};
INSTANTIATE_TEST_SUITE_P(, DetectorResponseParity, all_backends(), backend_name);

TEST_P(DetectorResponseParity, gives_the_cpus_bits) {
    for (const Statistics statistics : {Statistics::poisson, Statistics::first_photon, Statistics::dead_time})
        for (const auto& [rows, columns, bins] :
             {std::tuple{1, 1, 1}, std::tuple{1, 31, 40}, std::tuple{257, 1, 7}, std::tuple{3, 5, 257}}) {
            Recording here(rows, columns, bins, 5e3);
            for (std::size_t i = 0; i < here.scattered.size(); ++i)
                here.scattered[i] = 1e-4 * static_cast<double>(i % 29) + (i % 31 == 0 ? 0.3 : 0.0);
            for (std::size_t p = 0; p < here.share.size(); ++p) {
                here.share[p] = 0.01 * static_cast<double>(p % 5);
                here.position[p] = 0.37 * static_cast<double>(bins);
            }
            Recording there = here;
            DetectorResponse::Params params;
            params.seed = 99;
            params.statistics = statistics;
            params.fwhm_ps = 35;
            params.tail_share = 0.1;
            params.skew_ps = 30;
            params.flat_spread = 0.1;
            params.dark_rate_hz = 1e6;
            params.hot_share = 0.1;
            params.hot_rate_hz = 1e9;
            params.bin_nonlinearity = 0.03;
            params.dead_time_ns = 3;
            here.run_on(cpu(), params);
            there.run_on(queue(), params);
            EXPECT_EQ(here.counts, there.counts);
            EXPECT_EQ(here.expected, there.expected);
        }
}

}  // namespace
}  // namespace firstlight
