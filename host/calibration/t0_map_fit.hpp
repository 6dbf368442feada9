// The delay of each pixel's electronics: where unscattered light arrives in it, relative to the median of all pixels.
//
// Each pixel's counts go through the log-matched filter of the response (kernels/support/matched_filter.hpp) on their
// own; the response is what is given, else the pooled trace of the scan itself, first as it comes and then once more
// with the delays found taken out. The map's median is 0, so that `arrival` keeps its meaning; pixels that are masked
// or whose light is less than `least_snr` standard deviations have 0. Standard deviation: the Cramer-Rao bound of each
// pixel, whose median is reported. Errors (bad_input): no pixel has enough light; the response does not fit in the
// trace.
//
//   fit_t0_map(open_traces("uniform.h5", {}), {}).t0_map_s[7]   ->  -12.4e-12
#pragma once

#include <cstdint>
#include <vector>

#include "host/calibration/traces.hpp"

namespace firstlight {

struct T0MapOptions {
    Response irf;                    // empty: the scan's own, else pooled from it
    std::vector<std::uint8_t> mask;  // empty: the scan's own
    double least_snr = 5;
};

struct T0MapFit {
    std::vector<double> t0_map_s;             // [rows * columns], median 0
    double arrival_s = 0;                     // the median itself, on the scan's time axis
    double median_sigma_s = 0, spread_s = 0;  // of a pixel; standard deviation over pixels
    std::int64_t pixels = 0, without_light = 0;
};

[[nodiscard]] T0MapFit fit_t0_map(const TraceInput& input, const T0MapOptions& options);

}  // namespace firstlight
