// What the CPU and the CUDA version of pile_up share: the live fraction of one bin and of one trace's cycles.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/support/portable.hpp"

namespace firstlight {

// Laser cycles of one trace under the first-photon law. Where fewer than `fewest` cycles have no detection at all,
// the trace is overwhelmed, and is treated as if so many had been left.
struct FirstPhotonCycles {
    double cycles = 0;  // laser cycles, C
    double rest = 0;    // cycles without a detection in any bin: C - sum of N
    bool overwhelmed = false;
};

FL_HD inline FirstPhotonCycles first_photon_cycles(double pulses, double total, double fewest) {
    const bool overwhelmed = total > 0 && total > pulses - fewest;
    const double cycles = overwhelmed || !(pulses > fewest) ? total + fewest : pulses;
    return {cycles, cycles - total, overwhelmed};
}

// Counts that pile-up hid, sum of (y / live - y); the sum of -ln(1 - x_i) telescopes.
FL_HD inline double hidden_counts(const FirstPhotonCycles& c) {
    const double total = c.cycles - c.rest;
    return -c.cycles * log1p(-total / c.cycles) - total;
}

// g / (1 - x/2) with g = x / -ln(1 - x), x = y / alive, for x <= 0.5: with z = x / (2 - x) it is z / atanh(z), even in
// z; least-squares polynomial in z^2 <= 1/9, relative error 5.4e-8.
FL_HD constexpr float within_bin(float z2) {
    return 1.0F + z2 * (-0.33334256F + z2 * (-0.08839986F + z2 * -0.05382629F));
}

// Live fraction of a bin with y counts that began with `alive` live cycles (y < alive).
FL_HD inline float live_share(float alive, float y, float per_cycle) {
    float share = 0;
    if (y + y > alive) {
        share = per_cycle * y / logf(alive / (alive - y));
    } else {
        const float z = y / (alive + alive - y);
        share = per_cycle * (alive - 0.5F * y) * within_bin(z * z);
    }
    return share < 1.0F ? share : 1.0F;
}

}  // namespace firstlight
