// What the CPU and the CUDA version of the matched filter do alike in one trace: the search range, the sums at eighths
// of a bin, and from the best place to the arrival.
#pragma once

#include <cmath>

#include "kernels/support/matched_filter.hpp"
#include "kernels/support/portable.hpp"

namespace firstlight {

// One trace: z[i] = counts / live. Z: const float*, a pointer to stored counts, or LiveCounts.
template <class Z>
struct FilteredTrace {
    Z z;
    const float* live = nullptr;   // [bins]; null: 1
    const float* edges = nullptr;  // [bins + 1]; null: even bins
};

// Stored counts divided by the live fraction as they are read.
template <class T>
struct LiveCounts {
    const T* counts;
    const float* live;
    FL_HD float operator[](std::int64_t i) const { return static_cast<float>(counts[i]) / live[i]; }
    FL_HD LiveCounts operator+(std::int64_t i) const { return {counts + i, live + i}; }
};

// True position of the start of bin d, as the middle of a span of taps from d on has it: the light is there.
FL_HD inline double place_start(const float* edges, std::int64_t taps, std::int64_t d) {
    if (edges == nullptr) return static_cast<double>(d);
    return static_cast<double>(edges[d + taps / 2]) - static_cast<double>(taps / 2);
}

FL_HD inline SearchRange search_range(const FilterView& filter, const float* edges, std::int64_t bins, double from_bins,
                                      double to_bins) {
    const double most = static_cast<double>(bins - filter.taps);
    const double from = from_bins - filter.zero;
    const double to = to_bins - filter.zero;
    SearchRange range{static_cast<std::int64_t>(ceil(fmin(fmax(from, 0.0), fmax(most, 0.0) + 1))),
                      static_cast<std::int64_t>(floor(fmin(fmax(to, -1.0), most))) + 1};
    if (edges == nullptr || bins < filter.taps) return range;
    const std::int64_t end = bins - filter.taps + 1;
    while (range.first > 0 && place_start(edges, filter.taps, range.first - 1) >= from) --range.first;
    while (range.first < end && place_start(edges, filter.taps, range.first) < from) ++range.first;
    while (range.last < end && place_start(edges, filter.taps, range.last) <= to) ++range.last;
    while (range.last > 0 && place_start(edges, filter.taps, range.last - 1) > to) --range.last;
    return range;
}

// Chain over the taps of one phase; `weight` points to its first value.
template <class Z>
FL_HD inline float filter_sum(Z z, const float* weight, std::int64_t taps) {
    float sum = 0;
    for (std::int64_t k = 0; k < taps; ++k) sum = fmaf(static_cast<float>(z[k]), weight[k * filter_phases], sum);
    return sum;
}

// The bins that light at place q (eighths of a bin, within a bin of whole-bin place d) may reach, and what the filter's
// tables say of each. The tables end with the span: they are 0 beyond.
struct FilterSpan {
    const float* edges = nullptr;
    std::int64_t first = 0, last = 0;  // bins
    std::int64_t values = 0;           // in each table
    double start = 0;                  // true position of place d, without `zero`
    std::int64_t offset = 0;           // of the first bin's value

    FL_HD float read(const float* table, std::int64_t i) const {
        if (edges == nullptr) return table[(i - first) * filter_phases + offset];
        const double centre = 0.5 * (static_cast<double>(edges[i]) + static_cast<double>(edges[i + 1]));
        const double at = filter_phases * (centre - 0.5 - start) + static_cast<double>(offset);
        const auto whole = static_cast<std::int64_t>(floor(at));
        const float here = whole >= 0 && whole < values ? table[whole] : 0.0F;
        const float next = whole + 1 >= 0 && whole + 1 < values ? table[whole + 1] : 0.0F;
        return fmaf(static_cast<float>(at - floor(at)), next - here, here);
    }
    FL_HD double width(std::int64_t i) const {
        return edges == nullptr ? 1.0 : static_cast<double>(edges[i + 1]) - static_cast<double>(edges[i]);
    }
};

FL_HD inline FilterSpan span_at(const float* edges, const FilterView& f, const SearchRange& range, std::int64_t d,
                                std::int64_t q) {
    FilterSpan s;
    s.edges = edges;
    s.values = f.taps * filter_phases;
    s.start = place_start(edges, f.taps, d);
    if (edges == nullptr) {
        s.first = q / filter_phases;
        s.last = s.first + f.taps;
        s.offset = filter_phases - 1 - q % filter_phases;
        return s;
    }
    const std::int64_t margin = 2 + f.taps / 8;  // narrow bins: more of them fit into the span
    const std::int64_t searched = range.last - 1 + f.taps;
    s.first = d - margin > range.first ? d - margin : range.first;
    s.last = d + f.taps + margin < searched ? d + f.taps + margin : searched;
    s.offset = filter_phases - 1 - (q - d * filter_phases);
    return s;
}

// Sum at place q.
template <class Z>
FL_HD inline float phase_sum(const FilteredTrace<Z>& trace, const FilterView& f, const SearchRange& range,
                             std::int64_t d, std::int64_t q) {
    if (trace.edges == nullptr)
        return filter_sum(trace.z + q / filter_phases, f.weight + (filter_phases - 1 - q % filter_phases), f.taps);
    const FilterSpan span = span_at(trace.edges, f, range, d, q);
    float sum = 0;
    for (std::int64_t i = span.first; i < span.last; ++i)
        sum = fmaf(static_cast<float>(trace.z[i]), span.read(f.weight, i), sum);
    return sum;
}

// From the best place q near whole-bin place d and the sums around it (NaN: outside the search) to the answer. `all` is
// the sum of z over the searched bins [range.first, range.last - 1 + taps).
template <class Z>
FL_HD inline FoundArrival arrival_from(const FilteredTrace<Z>& trace, const FilterView& f, const SearchRange& range,
                                       std::int64_t d, std::int64_t q, float before, float best, float after,
                                       double all) {
    double offset = 0;
    const double bend = static_cast<double>(before) - 2 * static_cast<double>(best) + static_cast<double>(after);
    if (bend < 0) offset = 0.5 * (static_cast<double>(before) - static_cast<double>(after)) / bend;
    const FilterSpan span = span_at(trace.edges, f, range, d, q);
    double inside = 0;
    double noise = 0;  // variance of `inside`
    double held = 0;
    double width = 0;
    for (std::int64_t i = span.first; i < span.last; ++i) {
        const double z = static_cast<double>(trace.z[i]);
        inside += z;
        noise += trace.live == nullptr ? z : z / static_cast<double>(trace.live[i]);
        held += static_cast<double>(span.read(f.share, i)) * span.width(i);
        width += span.width(i);
    }
    const std::int64_t end = range.last - 1 + f.taps;
    const double searched = trace.edges == nullptr
                                ? static_cast<double>(end - range.first)
                                : static_cast<double>(trace.edges[end]) - static_cast<double>(trace.edges[range.first]);
    const double outside = searched - width;
    const double b = outside > 0.5 ? fmax(0.0, (all - inside) / outside) : 0.0;
    const double a = fmax(0.0, inside - b * width) / held;
    double information = 0;
    for (std::int64_t i = span.first; i < span.last; ++i) {
        const double slope_a = a * static_cast<double>(span.read(f.slope, i));
        const double expected = a * static_cast<double>(span.read(f.share, i)) + b;
        const double live = trace.live == nullptr ? 1.0 : static_cast<double>(trace.live[i]);
        if (expected > 0) information += live * span.width(i) * slope_a * slope_a / expected;
    }
    const double moved = (static_cast<double>(q - d * filter_phases) + offset) / filter_phases;
    FoundArrival found;
    found.position = static_cast<float>(span.start + f.zero + moved);
    found.sigma = information > 0 ? static_cast<float>(1 / sqrt(information)) : HUGE_VALF;
    found.signal = static_cast<float>(a);
    found.background = static_cast<float>(b);
    found.snr = static_cast<float>(noise > 0 ? a / sqrt(noise) : 0.0);
    return found;
}

}  // namespace firstlight
