// Relative sensitivity of each pixel from a scan of even light, mean 1 over the pixels that are used.
//
// flat = (counts - dark) / pulses over its mean, pile-up taken out where pulses are known (first-photon law: of C
// pulses, N of them counted, -C ln(1 - N/C) would have been). Dark counts: the rate per pixel where one is given, else
// nothing is subtracted and that is said. Pixels that are masked, or less than 1 % of the median, have 1: a gain of 0
// would say that their light is known to be invisible; they belong in the mask. Errors (bad_input): no light above the
// dark counts; a dark map of another size.
//
//   fit_flat_field(open_traces("uniform.h5", {}), dark_rate, {}).flat[3]   ->  1.08
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/calibration/traces.hpp"

namespace firstlight {

struct FlatFieldFit {
    std::vector<double> flat;   // [rows * columns]
    std::vector<double> light;  // [rows * columns] counts above dark, pile-up taken out
    double spread = 0;          // standard deviation over pixels, of which
    double median_sigma = 0;    // counting statistics
    std::int64_t pixels = 0;    // used
    std::vector<std::string> remarks;
};

[[nodiscard]] FlatFieldFit fit_flat_field(const TraceInput& input, const std::vector<double>& dark_rate_hz,
                                          const std::vector<std::uint8_t>& mask);

}  // namespace firstlight
