#include "kernels/deconvolution/lane_rows.hpp"

#include <algorithm>
#include <cstring>

namespace firstlight {
namespace {

constexpr std::int64_t lanes = trace_lanes;
constexpr std::int64_t square = lanes * lanes;
using Lanes = float __attribute__((vector_size(lanes * sizeof(float))));
using Places = std::int32_t __attribute__((vector_size(lanes * sizeof(float))));

// Exchanges the off-diagonal quarters of all 2s x 2s squares, for s = 1, 2, 4, 8.
#define FL_EXCHANGE(S, LOW, HIGH)                                       \
    for (int r = 0; r < 16; ++r) {                                      \
        if ((r & (S)) != 0) continue;                                   \
        const Lanes low = __builtin_shuffle(row[r], row[r + (S)], LOW); \
        row[r + (S)] = __builtin_shuffle(row[r], row[r + (S)], HIGH);   \
        row[r] = low;                                                   \
    }

// Row r is read from r ^ flip.
FL_SIMD void transpose(const float* in, int flip, float* out) {
    Lanes row[16];
    for (int r = 0; r < 16; ++r) std::memcpy(&row[r], in + (r ^ flip) * lanes, sizeof row[r]);
    const Places low_1{0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30};
    const Places high_1{1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31};
    const Places low_2{0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29};
    const Places high_2{2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31};
    const Places low_4{0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27};
    const Places high_4{4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31};
    const Places low_8{0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23};
    const Places high_8{8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31};
    FL_EXCHANGE(1, low_1, high_1)
    FL_EXCHANGE(2, low_2, high_2)
    FL_EXCHANGE(4, low_4, high_4)
    FL_EXCHANGE(8, low_8, high_8)
    std::memcpy(out, row, sizeof row);
}
#undef FL_EXCHANGE

// So many bins of a trace at a time: whole cache lines of counts, and few visits to each trace, because traces often
// lie a multiple of 4096 bytes apart, where they share a set of the cache.
constexpr std::int64_t piece = 4 * lanes;

template <class T>
void to_lanes(const T* values, std::int64_t bins, const std::vector<std::int64_t>& traces, float missing, float* out) {
    alignas(64) float own[piece / lanes][square];  // squares of [trace][bin]
    for (auto& part : own) std::fill_n(part, square, missing);
    alignas(64) float turned[square];
    for (std::int64_t i = 0; i < bins; i += piece) {
        const std::int64_t n = std::min(piece, bins - i);
        for (std::size_t l = 0; l < traces.size(); ++l) {
            const T* from = values + traces[l] * bins + i;
            float* to = own[0] + static_cast<std::int64_t>(l) * lanes;
            if (n == piece)
                for (std::int64_t p = 0; p < piece / lanes; ++p)
                    for (std::int64_t b = 0; b < lanes; ++b)
                        to[p * square + b] = static_cast<float>(from[p * lanes + b]);
            else
                for (std::int64_t b = 0; b < n; ++b) to[b / lanes * square + b % lanes] = static_cast<float>(from[b]);
        }
        for (std::int64_t b = 0; b < n; b += lanes) {
            const bool whole = n - b >= lanes;
            transpose(own[b / lanes], 0, whole ? out + (i + b) * lanes : turned);
            if (!whole) std::copy_n(turned, (n - b) * lanes, out + (i + b) * lanes);
        }
    }
}

}  // namespace

void counts_to_lanes(const CountsView& counts, const std::vector<std::int64_t>& traces, float* out) {
    visit_counts(counts, [&](const auto* all) { to_lanes(all, counts.bins, traces, 0.0F, out); });
}

void values_to_lanes(const float* values, std::int64_t bins, const std::vector<std::int64_t>& traces, float* out) {
    to_lanes(values, bins, traces, 1.0F, out);
}

void lanes_to_values(const float* in, std::int64_t bins, bool exchanged, const std::vector<std::int64_t>& traces,
                     float* values) {
    alignas(64) float turned[piece / lanes][square];
    alignas(64) float last[square] = {};
    for (std::int64_t i = 0; i < bins; i += piece) {
        const std::int64_t n = std::min(piece, bins - i);
        for (std::int64_t b = 0; b < n; b += lanes) {
            const bool whole = n - b >= lanes;
            const std::int64_t rows = n - b + (exchanged ? (n - b) % 2 : 0);  // the last row's partner too
            if (!whole) std::copy_n(in + (i + b) * lanes, std::min(rows, lanes) * lanes, last);
            transpose(whole ? in + (i + b) * lanes : last, exchanged ? 1 : 0, turned[b / lanes]);
        }
        for (std::size_t l = 0; l < traces.size(); ++l) {
            float* to = values + traces[l] * bins + i;
            const float* from = turned[0] + static_cast<std::int64_t>(l) * lanes;
            if (n == piece)
                for (std::int64_t p = 0; p < piece / lanes; ++p)
                    std::memcpy(to + p * lanes, from + p * square, lanes * sizeof(float));
            else
                for (std::int64_t b = 0; b < n; ++b) to[b] = from[b / lanes * square + b % lanes];
        }
    }
}

// Whole numbers below 2^24 add up exactly in float; runs are short enough for counts of 16 bits.
FL_SIMD void add_lanes(const float* values, std::int64_t rows, double* sums) {
    constexpr std::int64_t run = 128;
    for (std::int64_t i = 0; i < rows; i += run) {
        float part[lanes] = {};
        for (std::int64_t k = i; k < std::min(i + run, rows); ++k)
            for (std::int64_t l = 0; l < lanes; ++l) part[l] += values[k * lanes + l];
        for (std::int64_t l = 0; l < lanes; ++l) sums[l] += static_cast<double>(part[l]);
    }
}

}  // namespace firstlight
