// What a confocal scan through a slab sees of surfaces hidden behind it, without noise: for each point of the scan the
// light per time bin that comes back to it, per photon sent into it and per m^2 of the slab's face.
//
// A pulse enters the near face at the scan point at t = 0, diffuses to the far face, crosses free space to the hidden
// surface and returns the same way. Light that leaves the far face at p1 and comes back at p2 is taken to be that which
// leaves and comes back at their midpoint p (its way differs by (p1 - p2)^2 / 8r, a fraction of a millimetre), so that
//     y(p, t) = (K * f)(p, t),    f(p, t) = sum over cells  albedo A / (pi^2 r^4) [cos^4] delta(t - 2r/c)
// with r from p on the far face to the cell of area A, cos = z/r (both faces Lambertian; left out for "isotropic"
// surfaces: 1/r^4 alone), and K the slab's kernel in and out for the midpoint, which is
//     K(rho, t) = (T * T)(t) exp(-rho^2 / D v t) / (pi D v t),
// T being slab_curve's light over the whole exit plane, D v = c/(3 n mu_s'): the mean of points from Gaussians of
// variances 2 D v t1 and 2 D v t2 has a quarter of their sum. Without a slab y = f. (D. Lindell and G. Wetzstein, Nat.
// Commun. 11, 4517 (2020), take p1 = p2 but convolve with the kernel twice, which blurs twice as far.) Left out: light
// scattered between surfaces, occlusion, and the near face's own glare.
//
// Method: f is summed on a grid on the far face whose steps light crosses in a time bin, which reaches as far beyond
// the scan as K does (3.5 standard deviations of what all but 2 % of its light has spread to); the convolution is done
// for each spatial frequency that K lets through by more than 1e-6, directly in time. Light within a bin is split
// between the two nearest bin centres, so mean times are exact. Same bits for any number of threads; CPU only.
//
//   a point of albedo 1 and 1 cm^2 at 0.5 m, no slab  ->  1e-4 / (pi^2 0.0625) per m^2, at 3.336 ns
//
// Errors (ExitCode::bad_input): no surface, a surface not behind the slab, sizes or bins not above 0, the slab's own,
// all light after the time window, more than 2e11 pairs of points and cells.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "kernels/simulation/scene.hpp"
#include "kernels/support/slab_curve.hpp"

namespace firstlight {

struct HiddenSurface {
    double z_m = 0;  // behind the slab's far face, which it is parallel to
    double albedo = 1;
    bool lambertian = true;  // else light falls off by r^-4 alone
    Pattern pattern;         // where it is; values scale the albedo
};

struct ConfocalSetup {
    std::int64_t rows = 0, columns = 0, bins = 0;
    double height_m = 0, width_m = 0;  // of the scan: points are centres of rows x columns even cells around 0
    double first_edge_s = 0, bin_width_s = 0;
    std::optional<Slab> slab;
    std::vector<HiddenSurface> surfaces;
};

// [rows][columns][bins], 1/m^2. `proceed` is told the share done and may throw.
std::vector<double> confocal_light(const ConfocalSetup& setup, const std::function<void(double)>& proceed = {});

// (T * T) by delays of 0, 1, 2, ... bins, each bin's light split between the delays beside it.
std::vector<double> slab_there_and_back(const Slab& slab, double bin_width_s, std::int64_t delays);

}  // namespace firstlight
