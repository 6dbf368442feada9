#include "kernels/deconvolution/lane_convolution.hpp"

#include <immintrin.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/deconvolution/count_ratio.hpp"

namespace firstlight {
namespace {

constexpr std::int64_t lanes = trace_lanes;
constexpr std::int64_t outputs = 12;  // rows of one block
constexpr std::int64_t tap_block = 8;

struct Block {
    const float* taps = nullptr;
    std::int64_t width = 1;  // floats per tap: 1 or all lanes
    const float* in = nullptr;
    std::int64_t first = 0, from = 0, to = 0;  // taps [from, to)
    std::int64_t row = 0;                      // of the first output
};

FL_INLINE void finish_rows(const Finish& f, const float* sums, std::int64_t row, std::int64_t rows, float* out) {
    const std::int64_t at = row * lanes;
    if (f.how == Finish::How::keep) {
        for (std::int64_t i = 0; i < rows * lanes; ++i) out[at + i] = sums[i];
    } else if (f.how == Finish::How::ratio) {
        for (std::int64_t i = 0; i < rows; ++i)
            for (std::int64_t l = 0; l < lanes; ++l)
                out[at + i * lanes + l] =
                    count_ratio(f.counts[at + i * lanes + l], sums[i * lanes + l] + f.dark[l], f.least[l]);
    } else {
        for (std::int64_t i = 0; i < rows * lanes; ++i) {
            const float better = out[at + i] * (sums[i] * f.inverse[at + i]);
            out[at + i] = better > f.vanished ? better : 0.0F;
        }
    }
}

// Written out per instruction set: loads and multiply-adds differ, and functions of one set are not inlined into
// another. For one output the taps come in ascending order, because its input rows come in descending order; taps that
// are left over after whole blocks come one by one.
#define FL_CONVOLVE_BLOCK(NAME, TARGET, VECTOR, WIDTH, ZERO, LOAD, BROADCAST, FMA, STORE)                      \
    TARGET void NAME(const Block& b, const Finish& finish, std::int64_t wanted, float* out) {                  \
        alignas(64) float sums[outputs * lanes];                                                               \
        for (std::int64_t lane = 0; lane < lanes; lane += (WIDTH)) {                                           \
            VECTOR sum[outputs];                                                                               \
            _Pragma("GCC unroll 12") for (int o = 0; o < outputs; ++o) sum[o] = ZERO;                          \
            std::int64_t k = b.from;                                                                           \
            for (; k + tap_block <= b.to; k += tap_block) {                                                    \
                VECTOR tap[tap_block];                                                                         \
                const float* taps = b.taps + k * b.width;                                                      \
                if (b.width == 1) {                                                                            \
                    _Pragma("GCC unroll 8") for (int q = 0; q < tap_block; ++q) tap[q] = BROADCAST(taps[q]);   \
                } else {                                                                                       \
                    _Pragma("GCC unroll 8") for (int q = 0; q < tap_block; ++q) tap[q] =                       \
                        LOAD(taps + q * lanes + lane);                                                         \
                }                                                                                              \
                const float* rows = b.in + (b.row - b.first - k - (tap_block - 1)) * lanes + lane;             \
                _Pragma("GCC unroll 19") for (int m = outputs + tap_block - 2; m >= 0; --m) {                  \
                    const VECTOR x = LOAD(rows + m * lanes);                                                   \
                    _Pragma("GCC unroll 12") for (int o = 0; o < outputs; ++o) {                               \
                        const auto q = o + tap_block - 1 - m;                                                  \
                        if (q >= 0 && q < tap_block) sum[o] = FMA(tap[q], x, sum[o]);                          \
                    }                                                                                          \
                }                                                                                              \
            }                                                                                                  \
            for (; k < b.to; ++k) {                                                                            \
                const VECTOR tap = b.width == 1 ? BROADCAST(b.taps[k]) : LOAD(b.taps + k * lanes + lane);      \
                const float* rows = b.in + (b.row - b.first - k) * lanes + lane;                               \
                _Pragma("GCC unroll 12") for (int o = 0; o < outputs; ++o) sum[o] =                            \
                    FMA(tap, LOAD(rows + o * lanes), sum[o]);                                                  \
            }                                                                                                  \
            _Pragma("GCC unroll 12") for (int o = 0; o < outputs; ++o) STORE(sums + o * lanes + lane, sum[o]); \
        }                                                                                                      \
        if (wanted == outputs) finish_rows(finish, sums, b.row, outputs, out);                                 \
        else finish_rows(finish, sums, b.row, wanted, out);                                                    \
    }

inline float load_one(const float* from) { return *from; }
inline float same(float value) { return value; }
inline void store_one(float* to, float value) { *to = value; }

FL_CONVOLVE_BLOCK(block_anywhere, , float, 1, 0.0F, load_one, same, std::fma, store_one)
#if defined(__x86_64__) && !defined(FIRSTLIGHT_NO_MULTIVERSIONING)
FL_CONVOLVE_BLOCK(block_avx2, __attribute__((target("avx2,fma"))), __m256, 8, _mm256_setzero_ps(), _mm256_loadu_ps,
                  _mm256_set1_ps, _mm256_fmadd_ps, _mm256_storeu_ps)
FL_CONVOLVE_BLOCK(block_avx512, __attribute__((target("avx512f,fma"))), __m512, 16, _mm512_setzero_ps(),
                  _mm512_loadu_ps, _mm512_set1_ps, _mm512_fmadd_ps, _mm512_storeu_ps)
#endif
#undef FL_CONVOLVE_BLOCK

using ConvolveBlock = void (*)(const Block&, const Finish&, std::int64_t wanted, float* out);

ConvolveBlock best_block() {
#if defined(__x86_64__) && !defined(FIRSTLIGHT_NO_MULTIVERSIONING)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("fma")) return block_avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return block_avx2;
#endif
    return block_anywhere;
}

}  // namespace

LaneTaps::LaneTaps(const float* taps, std::int64_t count, std::int64_t first)
    : taps_(static_cast<std::size_t>((count + lanes - 1) / lanes)), count_(count), first_(first) {
    std::copy(taps, taps + count, &taps_[0].lane[0]);
}

LaneTaps::LaneTaps(const float* const* sets, std::int64_t count, std::int64_t first)
    : taps_(static_cast<std::size_t>(count)), per_lane_(true), count_(count), first_(first) {
    for (std::int64_t lane = 0; lane < lanes; ++lane)
        for (std::int64_t k = 0; k < count; ++k) taps_[static_cast<std::size_t>(k)].lane[lane] = sets[lane][k];
}

LaneTaps LaneTaps::transposed() const {
    LaneTaps other = *this;
    other.first_ = -(first_ + count_ - 1);
    if (per_lane_) std::reverse(other.taps_.begin(), other.taps_.end());
    else std::reverse(&other.taps_[0].lane[0], &other.taps_[0].lane[0] + count_);
    return other;
}

void LaneTaps::apply(const float* in, std::int64_t n, const Finish& finish, float* out) const {
    static const ConvolveBlock convolve = best_block();
    for (std::int64_t i = 0; i < n; i += outputs) {
        // Taps that meet a row of [0, n) in one of the outputs: i + o - first - k, o = 0 .. 11.
        const std::int64_t lowest = std::max<std::int64_t>(0, i - first_ - (n - 1));
        const std::int64_t highest = std::max(lowest, std::min(count_, i + outputs - first_));
        const Block block{&taps_[0].lane[0], per_lane_ ? lanes : 1, in, first_, lowest, highest, i};
        convolve(block, finish, std::min(outputs, n - i), out);
    }
}

}  // namespace firstlight
