// counts / mean, where a mean is at least `least`: without a division, which takes as long as eight multiply-adds and
// keeps a processor from going on with them. A first guess of the reciprocal from the exponent (within 12 %) is squared
// in its error by each Newton step: three reach 1e-7 of it, with the same bits on every machine. 0 < least, mean <
// 1e30.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "kernels/support/portable.hpp"

namespace firstlight {

FL_INLINE float count_ratio(float counts, float mean, float least) {
    const float x = mean > least ? mean : least;
    float r = std::bit_cast<float>(0x7EF311C3U - std::bit_cast<std::uint32_t>(x));
    r = fmaf(r, fmaf(-x, r, 1.0F), r);  // written out: a loop in here keeps the loop around it from being vectorised
    r = fmaf(r, fmaf(-x, r, 1.0F), r);
    r = fmaf(r, fmaf(-x, r, 1.0F), r);
    return counts * r;
}

}  // namespace firstlight
