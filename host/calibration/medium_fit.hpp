// What a turbid medium does to light, from slabs of several thicknesses: refractive index, mu_a and mu_s'.
//
// Model of slab k, bin i:  live_i [ A_k (h * T(d_k; n, mu_a, mu_s'))(t_i - t0_k) + B_k ],  h the response of the bare
// detector, T the time-resolved diffusion of kernels/support/slab_curve.hpp, on the axis or over the exit plane. A, B
// and t0 are free for every slab; n, mu_a and mu_s' are common. All bins count, empty ones too.
//
// Estimators (all solve sum_i (y - m)/V dm/dp = 0 by Fisher scoring with Levenberg's damping):
//   poisson  V = m: the maximum of the likelihood
//   quasi    V = m + (e s)^2, s the light of the model, e its relative error. Diffusion is an approximation: what it
//   says
//            of light that was scattered a few dozen times is off by per cents, while 10^7 counts are exact to 10^-3; V
//            = m would let the bins with most light, where the model's error is largest against counting, decide alone
//            (J. A. Nelder and Y. Lee, Biometrika 79 (1992), on quasi-likelihood). `model_error` 0.02 by default
//   peak     V the same for all bins of a slab, after scaling it to its peak: the least squares that the published
//            constants of the foam data came from (Lindell & Wetzstein, Nat. Commun. 11, 4517 (2020))
// Intervals: `sigma` is what counting statistics alone give (for `poisson` the inverse of the Fisher information);
// `sigma_scaled` is the inverse of the information that the weights stand for, times sqrt(misfit) where that is above
// 1, misfit = sum (y - m)^2 / V over bins less parameters; `sigma_slabs` is the jackknife over slabs (each left out
// once), which alone sees that the model is wrong in another way for every thickness. Sources: Patterson, Chance &
// Wilson (1989) and Contini et al. (1997) for T; F. Mosteller and J. W. Tukey, Data Analysis and Regression (1977),
// chapter 8 for the jackknife. Errors (bad_input): fewer than two slabs, the same thickness twice, a response without
// light. Where no step improves the fit before `most_steps`, converged is false.
//
//   fit_medium(slabs, response, {}).mu_s_prime_per_m.value   ->  274
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "host/calibration/slab_traces.hpp"

namespace firstlight {

enum class MediumEstimator : std::uint8_t { poisson, quasi, peak };

struct MediumFitOptions {
    double bin_width_s = 0;
    MediumEstimator estimator = MediumEstimator::quasi;
    double model_error = 0.02;               // e of `quasi`
    std::optional<double> refractive_index;  // known: not fitted
    bool whole_plane = false;                // light is gathered from the whole exit plane, not from a point
    bool jackknife = false;
    int most_steps = 60;
    std::function<bool()> cancelled;  // looked at every step; then Error with ExitCode::interrupted
};

struct FittedValue {
    double value = 0, sigma = 0, sigma_scaled = 0;
    std::optional<double> sigma_slabs;
};

struct SlabFit {
    std::string name;
    double thickness_m = 0, t0_s = 0, light = 0, background_per_bin = 0;
    double deviance = 0;        // Poisson, per bin
    double misfit = 0;          // sum (y - m)^2 / V per bin
    std::vector<double> model;  // [bins] expected counts
};

struct MediumFit {
    FittedValue refractive_index, mu_a_per_m, mu_s_prime_per_m;
    std::vector<SlabFit> slabs;
    double deviance = 0, misfit = 0;  // per degree of freedom
    int steps = 0;
    bool converged = false;
};

// `response`: light per bin of the bare detector, background subtracted, any scale; `peak` is its position 0, in bins.
struct MediumResponse {
    std::vector<double> light;
    double peak = 0;
};

[[nodiscard]] MediumFit fit_medium(const std::vector<SlabTrace>& slabs, const MediumResponse& response,
                                   const MediumFitOptions& options);

}  // namespace firstlight
