#include "kernels/support/trace_sums.hpp"

namespace firstlight {
namespace {

// Written out per stored type because multiversioned functions cannot be templates.
FL_SIMD std::uint64_t sum_u1(const std::uint8_t* y, std::int64_t n) {
    std::uint64_t total = 0;
    for (std::int64_t begin = 0; begin < n; begin += 1 << 16) {
        std::uint32_t part = 0;
        const std::int64_t end = n < begin + (1 << 16) ? n : begin + (1 << 16);
        for (std::int64_t i = begin; i < end; ++i) part += y[i];
        total += part;
    }
    return total;
}

FL_SIMD std::uint64_t sum_u2(const std::uint16_t* y, std::int64_t n) {
    std::uint64_t total = 0;
    for (std::int64_t begin = 0; begin < n; begin += 1 << 16) {
        std::uint32_t part = 0;  // 2^16 values below 2^16 fit
        const std::int64_t end = n < begin + (1 << 16) ? n : begin + (1 << 16);
        for (std::int64_t i = begin; i < end; ++i) part += y[i];
        total += part;
    }
    return total;
}

FL_SIMD std::uint64_t sum_u4(const std::uint32_t* y, std::int64_t n) {
    std::uint64_t total = 0;
    for (std::int64_t i = 0; i < n; ++i) total += y[i];
    return total;
}

constexpr int parts = 16;

FL_SIMD double sum_f4(const float* y, std::int64_t n) {
    double part[parts] = {};
    std::int64_t i = 0;
    for (; i + parts <= n; i += parts)
        for (int k = 0; k < parts; ++k) part[k] += static_cast<double>(y[i + k]);
    double total = 0;
    for (const double p : part) total += p;
    for (; i < n; ++i) total += static_cast<double>(y[i]);
    return total;
}

#define FL_SUM_OVER_LIVE(NAME, TYPE)                                                         \
    FL_SIMD double NAME(const TYPE* y, const float* live, std::int64_t n) {                  \
        double part[parts] = {};                                                             \
        std::int64_t i = 0;                                                                  \
        for (; i + parts <= n; i += parts)                                                   \
            for (int k = 0; k < parts; ++k)                                                  \
                part[k] += static_cast<double>(static_cast<float>(y[i + k]) / live[i + k]);  \
        double total = 0;                                                                    \
        for (const double p : part) total += p;                                              \
        for (; i < n; ++i) total += static_cast<double>(static_cast<float>(y[i]) / live[i]); \
        return total;                                                                        \
    }
FL_SUM_OVER_LIVE(sum_live_u1, std::uint8_t)
FL_SUM_OVER_LIVE(sum_live_u2, std::uint16_t)
FL_SUM_OVER_LIVE(sum_live_u4, std::uint32_t)
FL_SUM_OVER_LIVE(sum_live_f4, float)
#undef FL_SUM_OVER_LIVE

#define FL_ANY_AT_MAXIMUM(NAME, TYPE)                                                   \
    FL_SIMD bool NAME(const TYPE* y, std::int64_t n) {                                  \
        TYPE largest = 0;                                                               \
        for (std::int64_t i = 0; i < n; ++i) largest = y[i] > largest ? y[i] : largest; \
        return largest == static_cast<TYPE>(-1);                                        \
    }
FL_ANY_AT_MAXIMUM(any_at_maximum_u1, std::uint8_t)
FL_ANY_AT_MAXIMUM(any_at_maximum_u2, std::uint16_t)
FL_ANY_AT_MAXIMUM(any_at_maximum_u4, std::uint32_t)
#undef FL_ANY_AT_MAXIMUM

bool at_maximum(const std::uint8_t* y, std::int64_t n) { return any_at_maximum_u1(y, n); }
bool at_maximum(const std::uint16_t* y, std::int64_t n) { return any_at_maximum_u2(y, n); }
bool at_maximum(const std::uint32_t* y, std::int64_t n) { return any_at_maximum_u4(y, n); }
bool at_maximum(const float* /*y*/, std::int64_t /*n*/) { return false; }
double sum(const std::uint8_t* y, std::int64_t n) { return static_cast<double>(sum_u1(y, n)); }
double sum(const std::uint16_t* y, std::int64_t n) { return static_cast<double>(sum_u2(y, n)); }
double sum(const std::uint32_t* y, std::int64_t n) { return static_cast<double>(sum_u4(y, n)); }
double sum(const float* y, std::int64_t n) { return sum_f4(y, n); }
double sum_live(const std::uint8_t* y, const float* live, std::int64_t n) { return sum_live_u1(y, live, n); }
double sum_live(const std::uint16_t* y, const float* live, std::int64_t n) { return sum_live_u2(y, live, n); }
double sum_live(const std::uint32_t* y, const float* live, std::int64_t n) { return sum_live_u4(y, live, n); }
double sum_live(const float* y, const float* live, std::int64_t n) { return sum_live_f4(y, live, n); }

}  // namespace

double sum_counts(const CountsView& counts, std::int64_t trace, std::int64_t begin, std::int64_t end) {
    return visit_counts(counts, [&](const auto* y) { return sum(y + trace * counts.bins + begin, end - begin); });
}

double sum_live_counts(const CountsView& counts, const float* live, std::int64_t trace, std::int64_t begin,
                       std::int64_t end) {
    if (live == nullptr) return sum_counts(counts, trace, begin, end);
    const std::int64_t offset = trace * counts.bins + begin;
    return visit_counts(counts, [&](const auto* y) { return sum_live(y + offset, live + offset, end - begin); });
}

void add_trace(const CountsView& counts, std::int64_t trace, double* total) {
    visit_counts(counts, [&](const auto* y) {
        const auto* bins = y + trace * counts.bins;
        for (std::int64_t i = 0; i < counts.bins; ++i) total[i] += static_cast<double>(bins[i]);
    });
}

bool any_count_at_maximum(const CountsView& counts, std::int64_t trace) {
    return visit_counts(counts, [&](const auto* y) { return at_maximum(y + trace * counts.bins, counts.bins); });
}

}  // namespace firstlight
