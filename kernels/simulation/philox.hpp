// Random numbers without a state: Philox4x32-10 turns a counter and a key into four 32-bit numbers, so a photon's
// numbers depend on its index alone, never on the thread or the processor that follows it.
//
// Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011).
#pragma once

#include <cstdint>

#include "kernels/support/portable.hpp"

namespace firstlight {

struct Random4 {
    std::uint32_t a, b, c, d;
};

FL_INLINE void philox_round(Random4& r, std::uint32_t key_low, std::uint32_t key_high) {
    const std::uint64_t first = std::uint64_t{0xD2511F53u} * r.a;
    const std::uint64_t second = std::uint64_t{0xCD9E8D57u} * r.c;
    const auto high_first = static_cast<std::uint32_t>(first >> 32);
    const auto high_second = static_cast<std::uint32_t>(second >> 32);
    r = {high_second ^ r.b ^ key_low, static_cast<std::uint32_t>(second), high_first ^ r.d ^ key_high,
         static_cast<std::uint32_t>(first)};
}

// Ten rounds written out, because a loop here would keep the loop over photons around it from being vectorised.
FL_INLINE Random4 philox(Random4 r, std::uint32_t low, std::uint32_t high) {
    constexpr std::uint32_t step_low = 0x9E3779B9u;
    constexpr std::uint32_t step_high = 0xBB67AE85u;
    philox_round(r, low, high);
    philox_round(r, low + 1 * step_low, high + 1 * step_high);
    philox_round(r, low + 2 * step_low, high + 2 * step_high);
    philox_round(r, low + 3 * step_low, high + 3 * step_high);
    philox_round(r, low + 4 * step_low, high + 4 * step_high);
    philox_round(r, low + 5 * step_low, high + 5 * step_high);
    philox_round(r, low + 6 * step_low, high + 6 * step_high);
    philox_round(r, low + 7 * step_low, high + 7 * step_high);
    philox_round(r, low + 8 * step_low, high + 8 * step_high);
    philox_round(r, low + 9 * step_low, high + 9 * step_high);
    return r;
}

// In [0, 1), 24 bits.
FL_INLINE float unit_float(std::uint32_t bits) {
    return static_cast<float>(static_cast<std::int32_t>(bits >> 8)) * 0x1p-24f;
}
// In [2^-33, 1], fine enough near 0 that -ln of it is an exponential deviate up to 22.
FL_INLINE float positive_unit_float(std::uint32_t bits) {
    const auto high = static_cast<float>(static_cast<std::int32_t>(bits >> 16));
    const auto low = static_cast<float>(static_cast<std::int32_t>(bits & 0xffffu));
    return high * 0x1p-16f + (low + 0.5f) * 0x1p-32f;
}
// In (0, 1), 52 bits.
FL_INLINE double unit_double(std::uint32_t high, std::uint32_t low) {
    const std::uint64_t bits = (std::uint64_t{high} << 32 | low) >> 12;
    return (static_cast<double>(static_cast<std::int64_t>(bits)) + 0.5) * 0x1p-52;
}

}  // namespace firstlight
