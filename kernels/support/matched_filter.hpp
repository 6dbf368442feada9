// The log-matched filter: where in a trace does light with a known response arrive?
//
// Physics: counts y_i ~ Poisson[a h(i - d) + b]; the likelihood is largest where sum_i y_i log(r h(i - d) + 1) is,
// r = a / b. Whole-bin places d are searched first; around the best one the sum is taken again for eighths of a bin
// (the response resampled to each), and a parabola through the best three gives the position.
// Its standard deviation is the Cramer-Rao bound 1 / sqrt(sum_i (a h'_i)^2 / (a h_i + b)), with a and b from the counts
// inside and outside the response's span (b: mean of the searched bins outside).
// Only the shortest span with 99.9 % of the response is used: the far tail moves the position by less than its own
// noise. r is limited to 1 / h at the end of that span, because a step of the filter there would add noise.
// Sources: S. M. Kay, Fundamentals of Statistical Signal Processing I (1993) chapter 3; D. L. Snyder, Random Point
// Processes (1975) on log-matched filters for Poisson counts.
// Units: positions in bins from the start of the trace. Every product-sum is a chain of fmaf in tap order, so that the
// CPU and CUDA find the same bits.
//
//   const MatchedFilter filter = make_matched_filter(response, 30);
//   find_arrival(trace, response, 0, bins).position   ->  412.37
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "kernels/support/portable.hpp"
#include "kernels/support/response.hpp"

namespace firstlight {

constexpr int filter_phases = 8;  // places per bin

// Tables that kernels read; [filter_phases][taps] each. Phase f: light that arrives at d + zero + f / filter_phases
// puts `share[f][k]` of itself into bin d + k.
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
SearchRange search_range(const FilterView& filter, std::int64_t bins, double from_bins, double to_bins);

struct FoundArrival {
    float position = 0;    // bins
    float sigma = 0;       // bins
    float signal = 0;      // a, counts
    float background = 0;  // b, counts per bin
    float snr = 0;         // a over the square root of the counts in the span
};

// T: float or a stored count type.
template <class T>
FL_HD inline float filter_sum(const T* y, const float* weight, std::int64_t taps) {
    float sum = 0;
    for (std::int64_t k = 0; k < taps; ++k) sum = fmaf(static_cast<float>(y[k]), weight[k], sum);
    return sum;
}

// Sum at place q eighths of a bin.
template <class T>
FL_HD inline float phase_sum(const T* y, const FilterView& f, std::int64_t q) {
    return filter_sum(y + q / filter_phases, f.weight + q % filter_phases * f.taps, f.taps);
}

// From the best place q and the sums around it (NaN: outside the search) to the answer. `all` is the sum of y over
// the searched bins [range.first, range.last - 1 + taps).
template <class T>
FL_HD inline FoundArrival arrival_from(const T* y, const FilterView& f, const SearchRange& range, std::int64_t q,
                                       float before, float best, float after, double all) {
    double offset = 0;
    const double bend = static_cast<double>(before) - 2 * static_cast<double>(best) + static_cast<double>(after);
    if (bend < 0) offset = 0.5 * (static_cast<double>(before) - static_cast<double>(after)) / bend;
    const T* at = y + q / filter_phases;
    const float* share = f.share + q % filter_phases * f.taps;
    const float* slope = f.slope + q % filter_phases * f.taps;
    double inside = 0;
    double held = 0;
    for (std::int64_t k = 0; k < f.taps; ++k) {
        inside += static_cast<double>(at[k]);
        held += static_cast<double>(share[k]);
    }
    const std::int64_t outside = range.last - 1 - range.first;
    const double b = outside > 0 ? fmax(0.0, (all - inside) / static_cast<double>(outside)) : 0.0;
    const double a = fmax(0.0, inside - b * static_cast<double>(f.taps)) / held;
    double information = 0;
    for (std::int64_t k = 0; k < f.taps; ++k) {
        const double slope_a = a * static_cast<double>(slope[k]);
        const double expected = a * static_cast<double>(share[k]) + b;
        if (expected > 0) information += slope_a * slope_a / expected;
    }
    FoundArrival found;
    found.position = static_cast<float>((static_cast<double>(q) + offset) / filter_phases + f.zero);
    found.sigma = information > 0 ? static_cast<float>(1 / sqrt(information)) : HUGE_VALF;
    found.signal = static_cast<float>(a);
    found.background = static_cast<float>(b);
    found.snr = static_cast<float>(inside > 0 ? a / sqrt(inside) : 0.0);
    return found;
}

// Place in [range.first, range.last) with the largest sum in phase 0, the first of equals.
std::int64_t best_place(const float* y, const FilterView& filter, const SearchRange& range);

// The whole search in one trace on the CPU; the range must not be empty.
FoundArrival find_in_trace(const float* y, const FilterView& filter, const SearchRange& range);

// The arrival in a pooled trace between two positions; r is estimated in three rounds unless given (not NaN).
// Throws Error when the span of the response does not fit between them.
struct PooledArrival {
    double position = 0, sigma = 0, signal_to_background = 0, snr = 0;
};
PooledArrival find_arrival(const Scan& scan, const std::vector<double>& pooled, const BinnedResponse& response,
                           double from_bins, double to_bins,
                           double signal_to_background = std::numeric_limits<double>::quiet_NaN());

// Without a response: centroid, above half of the maximum, of the peak.
double peak_centroid(const std::vector<double>& pooled);

}  // namespace firstlight
