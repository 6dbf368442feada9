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

// True when a bin holds the largest number that its type can hold, so that it may have lost counts; never for f4.
bool any_count_at_maximum(const CountsView& counts, std::int64_t trace);

// The largest number that a count can be; 0 for f4, which does not end.
FL_HD constexpr double largest_count(CountType type) {
    return type == CountType::u1 ? 255.0 : type == CountType::u2 ? 65535.0 : type == CountType::u4 ? 4294967295.0 : 0.0;
}

// One bin as a number: exact, and in the precision that most sums need.
FL_HD inline double exact_count_at(const CountsView& counts, std::int64_t trace, std::int64_t bin) {
    return visit_counts(counts, [&](const auto* y) { return static_cast<double>(y[trace * counts.bins + bin]); });
}
FL_HD inline float count_at(const CountsView& counts, std::int64_t trace, std::int64_t bin) {
    return visit_counts(counts, [&](const auto* y) { return static_cast<float>(y[trace * counts.bins + bin]); });
}

}  // namespace firstlight
