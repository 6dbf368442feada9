// Time-resolved diffusion through a slab: what a short pulse becomes behind turbid material of a given thickness.
//
// Physics: the diffusion equation between two planes with extrapolated boundaries, solved by image sources. With
// v = c/n, z0 = 1/mu_s', D = 1/(3(mu_a + mu_s')) (or 1/(3 mu_s')), ze = 2/3 (1/mu_s') (1 + R)/(1 - R):
//   T(t) ~ t^(-5/2) exp(-mu_a v t) exp(-rho^2/(4 D v t)) sum_m [ z1 exp(-z1^2/(4 D v t)) - z2 exp(-z2^2/(4 D v t)) ],
//   z1 = d(1-2m) - 4 m ze - z0,  z2 = d(1-2m) - (4m-2) ze + z0,  m = -20 .. 20
// (t^(-3/2) and no rho over the whole exit plane). From 0.025 (d + 2 ze)^2 / D v on, where ever more images would be
// needed, the same light is summed as the slab's modes, which decay at mu_a v + D v (m pi / (d + 2 ze))^2.
// Sources: Patterson, Chance & Wilson, Appl. Opt. 28, 2331 (1989); Contini, Martelli & Zaccanti, Appl. Opt. 36, 4587
// (1997). Units: SI; t is counted from the pulse's entry into the slab. Light cannot come out before d/v; diffusion
// does not know that, and lets a little through sooner (2 % of what
// crosses 1 inch of foam, 0.02 % of 2 inches). Errors (ExitCode::bad_input):
// a thickness, index or mu_s' that is not positive, mu_a negative.
//
//   slab_transmittance({0.0254, 1.12, 0.53, 262, 0.0036}, 1e-9)   // per second and per photon that entered
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace firstlight {

struct Slab {
    double thickness_m = 0;
    double refractive_index = 1;
    double mu_a_per_m = 0;
    double mu_s_prime_per_m = 0;
    std::optional<double> extrapolation_m = {};  // ze; none: from the index, R by integrating Fresnel's reflection
    double off_axis_m = 0;                       // rho: distance between where light enters and where it is seen
    bool absorption_in_diffusion = false;        // D = 1/(3(mu_a + mu_s')) instead of 1/(3 mu_s')
};

// Light per second and area element at time t (s), relative to one photon that entered; integrated over the exit plane
// when `off_axis_m` is 0 and `whole_plane` is true. 0 for t <= 0.
[[nodiscard]] double slab_transmittance(const Slab& slab, double t_s, bool whole_plane = true);

// Light in bins of `bin_width_s` side by side from the pulse's entry on, [bins]; each bin integrated (Simpson over at
// least 4 steps), so that short times and coarse bins stay exact to 1e-4. Not normalised.
[[nodiscard]] std::vector<double> slab_curve(const Slab& slab, double bin_width_s, std::int64_t bins,
                                             bool whole_plane = true);

}  // namespace firstlight
