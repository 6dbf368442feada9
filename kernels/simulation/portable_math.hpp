// log, exp, sine and cosine from additions, multiplications and divisions alone. Compiled without contraction
// (-ffp-contract=off, -fmad=false) they give the same bits on every CPU, in every vector width and on CUDA, which
// libm does not promise. (__builtin_bit_cast, because a call of std::bit_cast left over in a clone is not vectorised.)
// Relative errors (tested): float log, exp 2e-7; sine and cosine 2e-7 absolute; double 1e-15.
//
// Polynomials in single precision: Moshier, Cephes mathematical library (logf, expf, sinf, cosf).
#pragma once

#include <cstdint>

#include "kernels/support/portable.hpp"

namespace firstlight {

FL_INLINE float log_of(float x) {  // normal x > 0
    const auto bits = __builtin_bit_cast(std::int32_t, x);
    const float mantissa = __builtin_bit_cast(float, (bits & 0x007fffff) | 0x3f800000);
    const bool big = mantissa > 1.41421356f;
    const float exponent = static_cast<float>((bits >> 23) - 127 + (big ? 1 : 0));
    const float f = (big ? 0.5f * mantissa : mantissa) - 1.0f;
    const float z = f * f;
    float p = 7.0376836292e-2f;
    p = p * f - 1.1514610310e-1f;
    p = p * f + 1.1676998740e-1f;
    p = p * f - 1.2420140846e-1f;
    p = p * f + 1.4249322787e-1f;
    p = p * f - 1.6668057665e-1f;
    p = p * f + 2.0000714765e-1f;
    p = p * f - 2.4999993993e-1f;
    p = p * f + 3.3333331174e-1f;
    const float tail = p * f * z - 2.12194440e-4f * exponent - 0.5f * z;
    return f + tail + 0.693359375f * exponent;
}

FL_INLINE float exp_of_negative(float x) {  // x <= 0; 0 below -87
    const float safe = x < -87.0f ? -87.0f : x;
    const int n = static_cast<int>(1.44269504f * safe - 0.5f);
    const float whole = static_cast<float>(n);
    const float r = (safe - whole * 0.693359375f) - whole * -2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    const float y = p * (r * r) + r + 1.0f;
    const float scale = __builtin_bit_cast(float, (n + 127) << 23);
    return x < -87.0f ? 0.0f : y * scale;
}

struct SineCosine {
    float sine, cosine;
};

FL_INLINE SineCosine sine_cosine_of_turns(float turns) {  // of the angle 2 pi turns, turns in [0, 1]
    const int quadrant = static_cast<int>(4.0f * turns + 0.5f);
    const float r = (turns - 0.25f * static_cast<float>(quadrant)) * 6.28318530718f;
    const float z = r * r;
    const float s = ((-1.9515295891e-4f * z + 8.3321608736e-3f) * z - 1.6666654611e-1f) * z * r + r;
    const float c =
        ((2.443315711809948e-5f * z - 1.388731625493765e-3f) * z + 4.166664568298827e-2f) * (z * z) - 0.5f * z + 1.0f;
    const bool swapped = (quadrant & 1) != 0;
    const float sine = swapped ? c : s;
    const float cosine = swapped ? s : c;
    return {(quadrant & 2) != 0 ? -sine : sine, ((quadrant + 1) & 2) != 0 ? -cosine : cosine};
}

FL_HD inline double log_of(double x) {  // normal x > 0
    const auto bits = __builtin_bit_cast(std::int64_t, x);
    const double mantissa = __builtin_bit_cast(double, (bits & 0x000fffffffffffffLL) | 0x3ff0000000000000LL);
    const bool big = mantissa > 1.4142135623730951;
    const double exponent = static_cast<double>((bits >> 52) - 1023 + (big ? 1 : 0));
    const double f = (big ? 0.5 * mantissa : mantissa) - 1.0;
    const double s = f / (2.0 + f);  // log(1 + f) = 2 atanh(s)
    const double z = s * s;
    double p = 1.0 / 25.0;
    for (int k = 23; k >= 3; k -= 2) p = p * z + 1.0 / k;
    return 2.0 * (s + s * z * p) + exponent * 1.9082149292705877e-10 + exponent * 0.6931471803691238;
}

FL_HD inline double exp_of(double x) {  // 0 below -708, e^708 above 708
    const double safe = x < -708.0 ? -708.0 : x > 708.0 ? 708.0 : x;
    const auto n = static_cast<std::int64_t>(1.4426950408889634 * safe + (safe < 0 ? -0.5 : 0.5));
    const double whole = static_cast<double>(n);
    const double r = (safe - whole * 0.6931471803691238) - whole * 1.9082149292705877e-10;
    double p = 1.0;
    for (int k = 14; k >= 1; --k) p = 1.0 + p * r / k;
    return x < -708.0 ? 0.0 : p * __builtin_bit_cast(double, (n + 1023) << 52);
}

FL_HD inline double one_minus_exp_of_negative(double x) {  // 1 - e^-x for x >= 0, accurate for small x
    if (x > 1e-3) return 1.0 - exp_of(-x);
    return x * (1.0 - x * (0.5 - x * (1.0 / 6.0 - x * (1.0 / 24.0 - x / 120.0))));
}

FL_HD inline double log_factorial(double k) {  // whole k >= 0; Stirling's series from 10 on
    double shift = 1.0;
    for (; k < 10.0; k += 1.0) shift *= k + 1.0;
    const double n = k + 1.0;  // ln Gamma(n)
    const double inverse = 1.0 / n;
    const double square = inverse * inverse;
    const double series = inverse * (1.0 / 12.0 - square * (1.0 / 360.0 - square * (1.0 / 1260.0 - square / 1680.0)));
    return (n - 0.5) * log_of(n) - n + 0.9189385332046727 + series - log_of(shift);
}

}  // namespace firstlight
