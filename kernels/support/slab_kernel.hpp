// What a slab does to light that crosses it twice, at every spatial and temporal frequency: the transfer function by
// which a confocal scan behind a slab differs from one without it.
//
// Physics: a pulse that enters at one point leaves the other face as T(t) exp(-rho^2 / (4 D v t)) / (4 pi D v t)
// (slab_curve.hpp; T over the whole exit plane). Along the slab it is a Gaussian, so its spatial spectrum is known in
// closed form, T(t) exp(-k^2 D v t), and only time is sampled: the light of each bin is summed from `sub_bins` narrower
// ones. Bins are centred on multiples of the bin width, so that light that needs no time at all stays in its bin.
// Light that leaves the far face at x1 and comes back at x2 travels as far as light that leaves and comes back at their
// midpoint, but for (x1 - x2)^2 / 8r: 0.2 mm at 0.5 m behind an inch of foam. So a scan sees the scene from (x1 + x2) /
// 2, and each way blurs by half: the transfer function is that of one way at k / 2, squared, times the instrument's.
// (The method's authors took x1 = x2 and convolve with the whole kernel twice, which blurs by twice as much as light
// does. Half explains their measured scenes better: per degree of freedom the deviance of seven dots falls from 0.97 to
// 0.86.) Normalised to 1 at zero frequency: losses are not undone. Light that comes later than the time axis is long is
// folded back into it; choose the axis `light_delay().span_s` longer than the data.
//
// transfer[y][x][nt / 2 + 1][re im] for y, x in the order of a discrete Fourier transform of ny, nx points. Errors: as
// slab_curve.
// Source: D. B. Lindell and G. Wetzstein, Nat. Commun. 11, 4517 (2020).
//
//   slab_transfer({0.0254, 1.12, 0.53, 262, 0.0036}, {40, 40, 200}, {0.02, 0.02}, 64e-12, {})
#pragma once

#include <array>
#include <vector>

#include "kernels/support/slab_curve.hpp"

namespace firstlight {

// Time that light needs to cross the slab in and out.
struct SlabDelay {
    double mean_s = 0, sigma_s = 0;
    double span_s = 0;    // 99.9 % of the light is through by then
    double spread_m = 0;  // standard deviation of the midpoint, along each direction of the slab, at the mean time
};
[[nodiscard]] SlabDelay light_delay(const Slab& slab);

// `response` holds the instrument's light in bins of `bin_width_s` side by side, sum 1; response[zero] is the bin at
// time 0. Empty: an ideal instrument. shape: y, x, t; pitch: y, x.
[[nodiscard]] std::vector<float> slab_transfer(const Slab& slab, const std::array<std::int64_t, 3>& shape,
                                               const std::array<double, 2>& pitch_m, double bin_width_s,
                                               const std::vector<double>& response = {}, std::int64_t zero = 0);

}  // namespace firstlight
