// Dark counts of each pixel from a scan without light.
//
// rate = counts / (pulses * bins * bin width), Hz: what one bin of width w expects of p pulses is rate * p * w. Views
// are added up. Its standard deviation is sqrt(counts) over the same. Pile-up plays no part: a dark count in a hundred
// pulses would be a broken detector. Of a gated camera's frames: rate = counts / exposure of all frames; where one is
// saturated the rate is a lower bound, and that is said. Also says whether the scan really was dark: a pooled trace
// that is not flat in time (chi-square over 32 parts beyond six standard deviations; saturated pixels left out) has
// light in it. Errors (bad_input): /entry/exposure/pulses is missing (not asked of frames); no counts at all in any
// pixel.
//
//   fit_dark_rate(open_traces("dark.h5", {})).rate_hz[0]   ->  412
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/calibration/traces.hpp"

namespace firstlight {

struct DarkRateFit {
    std::vector<double> rate_hz, sigma_hz, counts;  // [rows * columns]
    double median_hz = 0, highest_hz = 0, median_sigma_hz = 0;
    double chi_square_z = 0;  // of flatness in time, in standard deviations
    std::vector<std::string> remarks;
};

[[nodiscard]] DarkRateFit fit_dark_rate(const TraceInput& input);

}  // namespace firstlight
