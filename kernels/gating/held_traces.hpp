// Traces held in memory after the stages before the gate have run, as sums along time, so that any gate is a few reads
// per trace. Plain pointers into one queue's memory, as in support/views.hpp; who owns it is the pipeline's business.
//
// prefix[trace / 16][k][trace % 16] is the sum of what lies before step k of the trace, k = 0 .. steps, in units of the
// trace, modulo 2^32: the sum between two steps is int32(prefix[b] - prefix[a]) * unit. Pixels side by side look at
// nearly the same steps, so 16 of them share a line of the cache. A unit is the smallest power of two of which the
// trace's sum of absolute values holds fewer than 2^31. So
//   counts    whole numbers: unit 1, exact, up to 2147483647 in a trace
//   others    each prefix is rounded once: a sum between two steps is off by at most 2^-30 (9.3e-10) of the trace's sum
//             of absolute values. A gate that holds 1e-4 of the trace is right to 1e-5.
// A step is `step` bins (the last one of a trace may be shorter). With step 1 nothing is lost; larger steps take less
// memory, and an edge within a step takes light as even within it.
//
//   counts 3 0 2 1, step 1  ->  0 3 3 5 6        step 2  ->  0 3 6
#pragma once

#include "kernels/gating/time_gate_trace.hpp"

namespace firstlight {

inline constexpr std::int64_t held_lanes = 16;

struct HeldTraces {
    std::int64_t rows = 0, columns = 0;          // of the view; trace i is pixel i
    std::int64_t bins = 0, step = 1, steps = 0;  // of a trace; bins in a step; steps = ceil(bins / step)
    bool of_signal = false;                      // `value` is the light that a deconvolution estimated
    float* edges = nullptr;                      // [steps + 1] true edges, in bins; null: 0, 1, 2, …
    float* even_edges = nullptr;                 // [steps + 1] min(k step, bins); null: 0, 1, 2, …
    std::uint32_t* counts = nullptr;             // [traces][steps + 1] of y
    std::uint32_t* value = nullptr;              // of y / live, or of the signal; null: as counts
    std::uint32_t* variance = nullptr;           // of y / live^2; null: as counts
    float* count_unit = nullptr;                 // [traces], and so all below
    float* value_unit = nullptr;                 // null where `value` is
    float* variance_unit = nullptr;              // null where `variance` is
    float* total = nullptr;                      // counts of the whole trace
    float *gain = nullptr, *dark = nullptr, *dark_variance = nullptr;  // as in DetectorModel
    float *shift = nullptr, *arrival = nullptr, *arrival_sigma = nullptr;
    std::uint8_t* flags = nullptr;  // as they were before the gate

    [[nodiscard]] FL_HD std::int64_t traces() const { return rows * columns; }
    [[nodiscard]] FL_HD std::int64_t groups() const { return (traces() + held_lanes - 1) / held_lanes; }
    // Elements of an array of sums, and where those of a trace begin; they are held_lanes apart.
    [[nodiscard]] FL_HD std::int64_t sums() const { return groups() * (steps + 1) * held_lanes; }
    [[nodiscard]] FL_HD std::int64_t start(std::int64_t trace) const {
        return trace / held_lanes * (steps + 1) * held_lanes + trace % held_lanes;
    }
    [[nodiscard]] FL_HD double per_step() const { return 1.0 / static_cast<double>(step); }
};

// Prefix sums of one trace.
struct HeldSum {
    const std::uint32_t* prefix = nullptr;
    double unit = 1;
    [[nodiscard]] FL_HD double units_between(std::int64_t from, std::int64_t to) const {
        return static_cast<double>(static_cast<std::int32_t>(prefix[to * held_lanes] - prefix[from * held_lanes]));
    }
    [[nodiscard]] FL_HD double between(std::int64_t from, std::int64_t to) const {
        return units_between(from, to) * unit;
    }
};

FL_HD inline HeldSum held_counts(const HeldTraces& held, std::int64_t trace) {
    return {held.counts + held.start(trace), static_cast<double>(held.count_unit[trace])};
}
FL_HD inline HeldSum held_value(const HeldTraces& held, std::int64_t trace) {
    if (held.value == nullptr) return held_counts(held, trace);
    return {held.value + held.start(trace), static_cast<double>(held.value_unit[trace])};
}
FL_HD inline HeldSum held_variance(const HeldTraces& held, std::int64_t trace) {
    if (held.variance == nullptr) return held_counts(held, trace);
    return {held.variance + held.start(trace), static_cast<double>(held.variance_unit[trace])};
}

// Counts that came before time x (bins), light taken as even within a step; all or none of them outside the trace.
FL_HD inline double held_until(const HeldTraces& held, const HeldSum& counts, double x) {
    if (!(x > bin_edge(held.edges, 0))) return 0;
    if (x >= bin_edge(held.edges, held.steps)) return counts.between(0, held.steps);
    const std::int64_t k = bin_at(held.edges, held.steps, x, held.per_step());
    const double from = bin_edge(held.edges, k), to = bin_edge(held.edges, k + 1);
    return counts.between(0, k) + counts.between(k, k + 1) * (x - from) / (to - from);
}

}  // namespace firstlight
