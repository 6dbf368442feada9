// The log-matched filter: where in a trace does light with a known response arrive?
//
// Physics: counts y_i ~ Poisson[live_i (a h(i - d) + b w_i)], h: share of the light in bin i, w: true width of the bin.
// The filter takes z_i = y_i / live_i, whose mean is a h + b w whatever pile-up hid, and finds the largest
//     sum_i z_i W(c_i - d),   W = log(1 + r h) of a bin of width 1,   r = a / b,   c_i: true centre of bin i.
// Its derivative has the mean 0 at the true d for any a, b and r, so that a wrong r costs precision but adds no bias.
// Without pile-up and with even bins this is the maximum of the likelihood. Under pile-up the maximum would weigh bins
// by live, which needs a and b of the very trace; leaving that out puts the scatter above the bound below, by 4 % at a
// detection in half of the cycles, 24 % in four of five (Gaussian response).
// Whole-bin places d are searched first; around the best one the sum is taken again for eighths of a bin (the response
// resampled to each), and a parabola through the best three gives the position. Uneven bins look W up at their own
// centres, linearly between eighths.
// Its standard deviation is the Cramer-Rao bound 1 / sqrt(sum_i live_i (a h'_i)^2 / (a h_i + b w_i)), with a and b from
// z inside and outside the response's span (b: mean of the searched bins outside).
// Only the shortest span with 99.9 % of the response is used: the far tail moves the position by less than its own
// noise. r is limited to 1 / h at the end of that span, because a step of the filter there would add noise.
// Sources: S. M. Kay, Fundamentals of Statistical Signal Processing I (1993) chapter 3; D. L. Snyder, Random Point
// Processes (1975) on log-matched filters for Poisson counts; P. B. Coates, J. Phys. E 1, 878 (1968) on live_i.
// Units: positions in true bins from the start of the trace. Every product-sum is a chain of fmaf in tap order, so that
// the CPU and CUDA find the same bits.
//
//   const MatchedFilter filter = make_matched_filter(response, 30);
//   find_arrival(scan, pooled, response, 0, bins).position   ->  412.37
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "kernels/support/pooled_trace.hpp"
#include "kernels/support/response.hpp"

namespace firstlight {

constexpr int filter_phases = 8;  // places per bin

// Tables that kernels read; [taps * filter_phases] each, one value per eighth of a bin. Phase f: light that arrives at
// d + zero + f / filter_phases puts `share[k * filter_phases + filter_phases - 1 - f]` of itself into bin d + k.
struct FilterView {
    const float* weight = nullptr;  // log(1 + r share)
    const float* share = nullptr;
    const float* slope = nullptr;  // derivative of share by the arrival, per bin
    std::int64_t taps = 0;
    double zero = 0;
};

struct MatchedFilter {
    std::vector<float> weight, share, slope;
    std::int64_t taps = 0;
    double zero = 0;
    [[nodiscard]] FilterView view() const { return {weight.data(), share.data(), slope.data(), taps, zero}; }
};

MatchedFilter make_matched_filter(const BinnedResponse& response, double signal_to_background);

// Places d to search, [first, last): arrivals between two positions whose span lies in the trace.
struct SearchRange {
    std::int64_t first = 0, last = 0;
};

struct FoundArrival {
    float position = 0;    // bins
    float sigma = 0;       // bins
    float signal = 0;      // a, counts
    float background = 0;  // b, counts per bin of width 1
    float snr = 0;         // a over the standard deviation of the counts in the span
};

// The whole search in one trace on the CPU: at `places`, which must not be empty, with the background of the wider
// range `around` them. z: counts / live; live and edges may be null.
FoundArrival find_in_trace(const float* z, const float* live, const float* edges, const FilterView& filter,
                           const SearchRange& places, const SearchRange& around);

// The arrival in a pooled trace between two positions; r is estimated in three rounds unless given (not NaN).
// Throws Error when the span of the response does not fit between them.
struct PooledArrival {
    double position = 0, sigma = 0, signal_to_background = 0, snr = 0;
};
PooledArrival find_arrival(const Scan& scan, const PooledTrace& pooled, const BinnedResponse& response,
                           double from_bins, double to_bins,
                           double signal_to_background = std::numeric_limits<double>::quiet_NaN());

// Without a response: centroid, above half of the maximum, of the peak.
double peak_centroid(const std::vector<double>& pooled);

}  // namespace firstlight
