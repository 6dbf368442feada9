// The pooled trace: what all pixels of a survey sample saw together, each with its dark counts, live fraction, gain and
// time shift taken out and uneven bins spread over even ones (corrected_trace, linear interpolation). Masked pixels
// stay out; sums in double, in the order of the sample, so that the same sample gives the same bits.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/support/stage.hpp"

namespace firstlight {

struct PooledTrace {
    std::vector<double> counts;  // [bins] corrected and aligned
    std::vector<float> live;     // [bins] counts over their variance, dark counts included: 1 for counts as they came
    double dark_per_bin = 0;     // dark counts that were taken out of each bin of width 1
    double arrival = 0;          // median of (arrival - shift) over the pixels; bins
    std::int64_t traces = 0;     // unmasked traces in it
};

// Errors: ExitCode::bad_input when every pixel of the sample is masked, ExitCode::internal without a sample.
PooledTrace pool_traces(const Scan& scan, const SurveySample* sample);

}  // namespace firstlight
