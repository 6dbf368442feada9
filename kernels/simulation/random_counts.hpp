// Poisson and binomial numbers, exact at every mean, from counters: by inversion where the mean is small, else by
// transformed rejection (W. Hoermann, "The transformed rejection method for generating Poisson random variables",
// Insurance: Math. and Econ. 12 (1993); "The generation of binomial random variates", J. Stat. Comput. Simul. 46
// (1993)). Acceptance is compared in logarithms with an error below 1e-5 for up to 1e10 trials.
//
//   CounterStream stream{pixel, bin, 0, purpose, key_low, key_high};   // the same counters, the same numbers
//   poisson_number(3.5, stream);  binomial_number(1000, 0.01, stream);
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/simulation/philox.hpp"
#include "kernels/simulation/portable_math.hpp"

namespace firstlight {

struct CounterStream {
    std::uint32_t pixel, bin, draw, purpose, key_low, key_high;

    struct Pair {
        double u, v;
    };
    FL_HD Pair next() {  // two independent numbers in (0, 1)
        const Random4 r = philox({pixel, bin, draw++, purpose}, key_low, key_high);
        return {unit_double(r.a, r.b), unit_double(r.c, r.d)};
    }
};

FL_HD inline double poisson_number(double mean, CounterStream& stream) {
    if (!(mean > 0)) return 0;
    if (mean < 10) {
        double left = stream.next().u;
        double p = exp_of(-mean);
        double k = 0;
        while (left > p && k < 200) {  // P(k >= 200) is below 1e-190
            left -= p;
            k += 1;
            p *= mean / k;
        }
        return k;
    }
    const double log_mean = log_of(mean);
    const double b = 0.931 + 2.53 * std::sqrt(mean);
    const double a = -0.059 + 0.02483 * b;
    const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
    const double v_r = 0.9277 - 3.6224 / (b - 2);
    for (;;) {
        const CounterStream::Pair r = stream.next();
        const double u = r.u - 0.5;
        const double us = 0.5 - std::fabs(u);
        const double k = std::floor((2 * a / us + b) * u + mean + 0.43);
        if (us >= 0.07 && r.v <= v_r) return k;
        if (k < 0 || (us < 0.013 && r.v > us)) continue;
        if (log_of(r.v) + log_of(inverse_alpha) - log_of(a / (us * us) + b) <= k * log_mean - mean - log_factorial(k))
            return k;
    }
}

// `n` trials (a whole number up to 2^52) of probability p. `minus_log_miss` is -ln(1 - p), which callers often know
// better than p itself.
FL_HD inline double binomial_number(double n, double p, double minus_log_miss, CounterStream& stream) {
    if (!(n > 0) || !(p > 0)) return 0;
    if (p >= 1) return n;
    if (p > 0.5) return n - binomial_number(n, 1 - p, -log_of(p), stream);
    if (n * p < 10) {
        double left = stream.next().u;
        double chance = exp_of(-n * minus_log_miss);
        const double odds = p / (1 - p);
        double k = 0;
        while (left > chance && k < n && k < 200) {
            left -= chance;
            chance *= odds * (n - k) / (k + 1);
            k += 1;
        }
        return k;
    }
    const double spq = std::sqrt(n * p * (1 - p));
    const double b = 1.15 + 2.53 * spq;
    const double a = -0.0873 + 0.0248 * b + 0.01 * p;
    const double c = n * p + 0.5;
    const double v_r = 0.92 - 4.2 / b;
    const double alpha = (2.83 + 5.1 / b) * spq;
    const double log_odds = log_of(p / (1 - p));
    const double mode = std::floor((n + 1) * p);
    const double at_mode = log_factorial(mode) + log_factorial(n - mode);
    for (;;) {
        const CounterStream::Pair r = stream.next();
        const double u = r.u - 0.5;
        const double us = 0.5 - std::fabs(u);
        const double k = std::floor((2 * a / us + b) * u + c);
        if (k < 0 || k > n) continue;
        if (us >= 0.07 && r.v <= v_r) return k;
        if (log_of(r.v * alpha / (a / (us * us) + b)) <=
            at_mode - log_factorial(k) - log_factorial(n - k) + (k - mode) * log_odds)
            return k;
    }
}

}  // namespace firstlight
