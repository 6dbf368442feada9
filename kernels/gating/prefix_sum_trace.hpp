// What the CPU and the CUDA version of prefix_sum do alike: units, rounding, and a trace's model.
#pragma once

#include <cmath>
#include <limits>

#include "kernels/gating/prefix_sum.hpp"
#include "kernels/support/trace_sums.hpp"

namespace firstlight {

// `bound`: a sum of absolute values. The smallest power of two of which it holds at most 2^31 - 1, so that a rounded
// sum still fits; NaN where there is none.
FL_HD inline double unit_for(double bound) {
    if (bound == 0) return 1;
    if (!(bound > 0 && bound <= std::numeric_limits<double>::max())) return std::numeric_limits<double>::quiet_NaN();
    int exponent = 0;
    frexp(bound + bound * 0x1p-31, &exponent);
    return ldexp(1.0, exponent - 31);
}

// Whole counts stay whole as long as they fit.
FL_HD inline double count_unit_for(CountType type, double total) {
    return type != CountType::f4 && total < 2147483648.0 ? 1.0 : unit_for(total);
}

// Nearest whole number, |x| <= 2^31, modulo 2^32.
FL_HD inline std::uint32_t rounded(double x) {
    return static_cast<std::uint32_t>(static_cast<std::int64_t>(x + 2147483648.5)) - 0x80000000U;
}

FL_HD inline void hold_model(const PrefixSumTask& task, std::int64_t trace, std::int64_t pixel) {
    const DetectorModel& m = task.tile.model;
    const HeldTraces& held = task.held;
    const auto keep = [&](const float* from, float* to, float neutral) {
        if (to != nullptr) to[pixel] = from == nullptr ? neutral : from[trace];
    };
    keep(m.gain, held.gain, 1);
    keep(m.dark, held.dark, 0);
    keep(m.dark_variance, held.dark_variance, 0);
    keep(m.shift, held.shift, 0);
    keep(m.arrival, held.arrival, 0);
    keep(m.arrival_sigma, held.arrival_sigma, 0);
    if (held.flags != nullptr) held.flags[pixel] = m.flags == nullptr ? std::uint8_t{0} : m.flags[trace];
}

// Step k's edges.
FL_HD inline void hold_edge(const PrefixSumTask& task, std::int64_t k) {
    const HeldTraces& held = task.held;
    const std::int64_t bin = k * held.step < held.bins ? k * held.step : held.bins;
    if (held.edges != nullptr) held.edges[k] = static_cast<float>(bin_edge(task.tile.model.edges, bin));
    if (held.even_edges != nullptr) held.even_edges[k] = static_cast<float>(bin);
}

// What bin i of a trace adds to `value` and to `variance`.
FL_HD inline double value_of(const PrefixSumTask& task, std::int64_t trace, std::int64_t i) {
    const std::int64_t at = trace * task.held.bins + i;
    if (task.held.of_signal) return static_cast<double>(task.tile.signal[at]);
    const double y = exact_count_at(task.tile.counts, trace, i);
    return task.tile.model.live == nullptr ? y : y / static_cast<double>(task.tile.model.live[at]);
}
FL_HD inline double variance_of(const PrefixSumTask& task, std::int64_t trace, std::int64_t i) {
    const double y = exact_count_at(task.tile.counts, trace, i);
    if (task.tile.model.live == nullptr) return y;
    const double live = static_cast<double>(task.tile.model.live[trace * task.held.bins + i]);
    return y / live / live;
}

}  // namespace firstlight
