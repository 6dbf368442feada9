// Transforms of many real rows side by side: one row per SIMD lane on the CPU, and the plan and the formulas that a
// CUDA block walks through in shared memory. Rows have even lengths n = 2m, m with the factors 2 and 3 (at most two
// 3s).
//
// A real row x is one complex row of m values, z_i = x_2i + i x_2i+1, so values[n][lane] is its own complex form. Its
// transform Z is found by the Stockham algorithm (pass after pass from one buffer into the other, order in = order
// out); with E_k = (Z_k + conj Z_m-k) / 2, O_k = (Z_k - conj Z_m-k) / 2i and t = exp(-2 pi i / n) the row's spectrum is
//     X_k = E_k + t^k O_k,   X_m-k = conj(E_k - t^k O_k),   k = 0 .. m/2     (real_pair; back: complex_pair)
// No row depends on its neighbours, not even by rounding. The inverse is the same transform with the real and imaginary
// parts of all Z_k exchanged before and after, that is rows 2i and 2i + 1 of the result; nothing is scaled.
// Twiddle factors are computed in double precision. Source: C. Van Loan, Computational Frameworks for the FFT (1992).
//
//   const FftTables tables(fft_size(1056));                    // 1152 = 2^7 3^2
//   float* z = lane_fft(tables.plan(), values, work);          // values[n][16]: 16 rows
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/support/portable.hpp"

namespace firstlight {

constexpr std::int64_t fft_lanes = 16;

// Walks through the passes; plain numbers and a pointer, so that kernels may take it by value.
struct FftPlan {
    static constexpr int most_passes = 32;
    std::int64_t n = 0;  // real values
    std::int64_t m = 0;  // complex values, n / 2
    int passes = 0;
    std::int8_t radix[most_passes] = {};  // 4, 3 or 2
    const float* turn = nullptr;          // [n][2]: cos and sin of -2 pi k / n
};

class FftTables {
  public:
    explicit FftTables(std::int64_t n);  // n = fft_size(n)
    [[nodiscard]] FftPlan plan() const { return plan(turn_.data()); }
    [[nodiscard]] FftPlan plan(const float* turn) const;  // with the table elsewhere, as in a device's memory
    [[nodiscard]] const std::vector<float>& turn() const { return turn_; }

  private:
    FftPlan plan_;
    std::vector<float> turn_;
};

// The smallest length with few factors that is at least `n`; even.
std::int64_t fft_size(std::int64_t n);

// Transforms values[n][lane], as complex rows. `work` is as large; the result, which is returned, lies in one of them.
float* lane_fft(const FftPlan& plan, float* values, float* work);

// out[2i] = in[2i + 1] and the other way round, for the rows of the first `n` samples: ends an inverse.
void exchange_rows(const float* in, std::int64_t n, float* out);

// X_0 .. X_m of one row, [m + 1][2].
std::vector<float> real_spectrum(const FftTables& tables, const std::vector<float>& row);

struct ComplexValue {
    float re = 0, im = 0;
};
struct ComplexPair {
    ComplexValue at, mirror;  // at k and m - k
};

// Z_k and Z_m-k -> X_k and X_m-k; `turn` is t^k.
FL_INLINE void real_pair(const ComplexPair& z, const ComplexValue& turn, ComplexPair& x) {
    const ComplexValue e{0.5F * (z.at.re + z.mirror.re), 0.5F * (z.at.im - z.mirror.im)};
    const ComplexValue o{0.5F * (z.at.im + z.mirror.im), 0.5F * (z.mirror.re - z.at.re)};
    const ComplexValue turned{turn.re * o.re - turn.im * o.im, turn.re * o.im + turn.im * o.re};
    x.at = {e.re + turned.re, e.im + turned.im};
    x.mirror = {e.re - turned.re, turned.im - e.im};
}

// X_k and X_m-k -> Z_k and Z_m-k.
FL_INLINE void complex_pair(const ComplexPair& x, const ComplexValue& turn, ComplexPair& z) {
    const ComplexValue e{0.5F * (x.at.re + x.mirror.re), 0.5F * (x.at.im - x.mirror.im)};
    const ComplexValue turned{0.5F * (x.at.re - x.mirror.re), 0.5F * (x.at.im + x.mirror.im)};
    const ComplexValue o{turn.re * turned.re + turn.im * turned.im, turn.re * turned.im - turn.im * turned.re};
    z.at = {e.re - o.im, e.im + o.re};
    z.mirror = {e.re + o.im, o.re - e.im};
}

}  // namespace firstlight
