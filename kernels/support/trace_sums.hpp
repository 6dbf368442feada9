// Sums over a range of bins of one trace, the innermost loops of the CPU stages. Counts are whole numbers below 2^53,
// so plain sums are exact whatever the order; sums over live fractions add 16 partial sums in a fixed order.
#pragma once

#include "kernels/support/views.hpp"

namespace firstlight {

// Counts of bins [begin, end) of a trace.
double sum_counts(const CountsView& counts, std::int64_t trace, std::int64_t begin, std::int64_t end);

// Sum of counts / live over the same bins: what would have been counted had the detector never been blind.
double sum_live_counts(const CountsView& counts, const float* live, std::int64_t trace, std::int64_t begin,
                       std::int64_t end);

// total[i] += counts of bin i, for every bin of a trace.
void add_trace(const CountsView& counts, std::int64_t trace, double* total);

// One bin as a number.
FL_HD inline float count_at(const CountsView& counts, std::int64_t trace, std::int64_t bin) {
    return visit_counts(counts, [&](const auto* y) { return static_cast<float>(y[trace * counts.bins + bin]); });
}

}  // namespace firstlight
