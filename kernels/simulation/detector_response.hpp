// Turns expected light into counts as a time-correlated single-photon detector does.
//
// Expected detections per laser pulse and bin i (edges e, in bins; one pixel):
//     lambda_i = gain * [ sum_k s_k (F(e_{i+1} - b_k) - F(e_i - b_k)) + sum_j q_j (H(e_{i+1} - j - d) - H(e_i - j - d))
//     ]
//                + dark * (e_{i+1} - e_i)
// with s_k, b_k the unscattered light and its time (b_k includes the pixel's delay d), q_j the scattered light of ideal
// bin j, spread evenly over it, F the response's integral and H that of the response smeared over one bin.
// Response: (1 - tail_share) Gaussian + tail_share (Gaussian after an exponential decay), the Gaussian's width being
// fwhm_ps and jitter_fwhm_ps added in squares, its centre at irf_t = 0.
// Counts over C pulses, statistics =
//     poisson       n_i ~ Poisson(C lambda_i): a detector without dead time;
//     first_photon  at most one detection per pulse, exactly: n_i ~ Binomial(pulses without a detection before bin i,
//                   1 - e^{-lambda_i}), bin after bin (Coates, J. Phys. E 1 (1968));
//     dead_time     free-running: after a detection the pixel is blind for dead_time_ns; followed from detection to
//                   detection over all C pulses (blind time rounded to whole bins, light outside the window none).
// The pixels differ: delays uniform within +-skew_ps, gains of relative spread flat_spread (mean 1), a share hot_share
// of hot pixels with hot_rate_hz instead of dark_rate_hz, bin widths of relative spread bin_nonlinearity (mean 1).
//
// Shapes: light [pixels][bins] double, counts [pixels][bins] u4. Random numbers are counters (pixel, bin) under the
// seed: bits do not depend on threads, tiles or processor. Errors: ExitCode::bad_input without pulses or, for
// dead_time, without a pulse period of at least the window.
//
//   lambda = 0.5 in one bin, 1e6 pulses, first_photon  ->  about 393,469 counts (1 - e^-0.5)
#pragma once

#include <cstdint>

#include "kernels/support/param.hpp"
#include "kernels/support/portable.hpp"
#include "kernels/support/queue.hpp"
#include "kernels/support/scan.hpp"
#include "kernels/support/stage.hpp"

namespace firstlight {

// Light and counts of one recording, in the queue's memory.
struct ResponseTask {
    std::int64_t pixels = 0;
    int unscattered = 0;                // number of unscattered components
    const double* share = nullptr;      // [unscattered][pixels] detections per pulse at gain 1
    const double* position = nullptr;   // [unscattered][pixels] time in bins from the first bin's edge
    const double* scattered = nullptr;  // [pixels][bins] detections per pulse at gain 1; null: none
    double* expected = nullptr;         // [pixels][bins] gets lambda
    std::uint32_t* counts = nullptr;    // [pixels][bins]; null: only `expected` is asked for
    double pulses = 0;
    std::uint32_t recording = 0;  // tells recordings apart in the counters: 0 scan, 1 reference
    std::uint32_t first = 0;      // added to a pixel's number in the counters: tells views apart
};

struct DetectorResponse {
    static constexpr StageInfo info{"detector_response", "simulation", "Turn expected light into a detector's counts"};

    enum class Statistics : std::uint8_t { poisson, first_photon, dead_time };
    struct Params {
        std::int64_t seed = 1;
        Statistics statistics = Statistics::first_photon;
        double fwhm_ps = 50;
        double jitter_fwhm_ps = 0;
        double tail_ps = 100;
        double tail_share = 0;
        double skew_ps = 0;
        double flat_spread = 0;
        double dark_rate_hz = 0;
        double hot_share = 0;
        double hot_rate_hz = 1e5;
        double bin_nonlinearity = 0;
        double dead_time_ns = 50;
        bool mask_known = false;
        static const ParamTable& table() {
            static const ParamTable t{
                integer(&Params::seed, "seed", "", "key of the random numbers", 0, std::int64_t{1} << 62),
                choice(&Params::statistics, "statistics", "how detections follow from the light",
                       {"poisson", "first_photon", "dead_time"}),
                real(&Params::fwhm_ps, "fwhm_ps", "ps", "width of the response to a flash (full, at half maximum)", 0.1,
                     1e5),
                real(&Params::jitter_fwhm_ps, "jitter_fwhm_ps", "ps", "width of the timing jitter added to it", 0, 1e5),
                real(&Params::tail_ps, "tail_ps", "ps", "decay time of the response's tail", 0.1, 1e5),
                real(&Params::tail_share, "tail_share", "", "share of detections in the tail", 0, 1),
                real(&Params::skew_ps, "skew_ps", "ps", "largest delay of a pixel against the mean", 0, 1e5),
                real(&Params::flat_spread, "flat_spread", "", "relative spread of the pixels' sensitivity", 0, 0.3),
                real(&Params::dark_rate_hz, "dark_rate_hz", "Hz", "dark counts of a pixel per second of open window", 0,
                     1e9),
                real(&Params::hot_share, "hot_share", "", "share of hot pixels", 0, 1),
                real(&Params::hot_rate_hz, "hot_rate_hz", "Hz", "dark counts of a hot pixel per second", 0, 1e9),
                real(&Params::bin_nonlinearity, "bin_nonlinearity", "", "relative spread of the bins' widths", 0, 0.2),
                real(&Params::dead_time_ns, "dead_time_ns", "ns", "blind time after a detection", 0, 1e6)
                    .only_if("statistics", "dead_time"),
                boolean(&Params::mask_known, "mask_known", "write the hot pixels into the acquisition's pixel mask")};
            return t;
        }
    };

    struct Coefficients {
        std::int64_t bins = 0;
        // Integrals of the response at first + i * step bins; below and above they are 0 and 1.
        const double* point = nullptr;   // [table] F
        const double* spread = nullptr;  // [table] H
        std::int64_t table = 0;
        double first = 0, steps_per_bin = 0;
        const double* edges = nullptr;  // [bins + 1] bins
        const double* gain = nullptr;   // [pixels]
        const double* delay = nullptr;  // [pixels] bins
        const double* dark = nullptr;   // [pixels] per pulse and bin of width 1
        Statistics statistics = Statistics::poisson;
        std::int64_t dead_bins = 0, period_bins = 0;
        std::uint32_t key_low = 0, key_high = 0;
    };

    // Draws the pixels' properties for the scan's size and time axis (and repetition rate, for dead_time) and writes
    // into the scan what a calibration would know: irf, t0_map, flat, dark_rate, bin_width_correction, pixel_mask.
    static Coefficients prepare(const Params& params, Scan& scan, Keeper& keep);
    static void on_cpu(const ResponseTask& task, const Coefficients& c);
};

}  // namespace firstlight
