// ml_tr: mu of a scan of many views by maximum likelihood, from the counts themselves.
//
// Physics: a gate counts t = ballistic + background, Poisson of the mean
//     m = b exp(-l) + r,    l = A x,  x = mu * pitch >= 0
// b what would have come with nothing in the way, from the reference scan (open_beam.hpp), r the background. -ln(s / b)
// needs s > 0 and is biased where s is few counts; the likelihood takes a ray with t = 0 as it is. So this is the stage
// for rays beyond an optical depth of 8 or so. Maximised is sum t ln m - m - beta TV(x), by ordered subsets of views
// (subset_rules.hpp). The slope of a ray's likelihood is s (1 - t / m), s = b exp(-l); its curvature is bounded by
//     c = kappa s max(1, t / m),   kappa ln kappa = 1 (kappa = 1.7632)
// wherever one step may lead: pixels are separated with the length G of the longest ray, so with one subset l changes
// by at most |slope| / c <= 1 / kappa = ln kappa, and over such a change the curvature, which is at most s, grows by at
// most a factor kappa. So without a penalty and with one subset no step lowers the likelihood. Close to the solution
// steps are 1 / kappa of Newton's.
//
// c is at least kappa counts, so that rays which know next to nothing do not make steps unbounded. A relative error of
// the model, `model_error` of the ray's optical depth, divides a ray's counts, b and r by 1 + (model_error OD)^2 s^2 /
// t.
//
// Soft gates, live fractions and gains change the variance: counts, b and r of a row of a view are divided by
// sum ballistic_sigma^2 / sum t over that row (1 for a hard gate), as poisson_tv does. Outcomes: chi_squared_per_ray,
// (t - m)^2 / m on average (1 at the truth for any number of counts), deviance_per_ray, iterations (mean over slices),
// last_change, rays_unseen, rays_masked. Rays without counts or without reference say nothing.
//
// Shapes: ballistic, ballistic_sigma, background [views][rows][columns] -> mu [rows][columns][columns], 1/m. Slices do
// not depend on each other. Errors: parallel_scan.hpp; bad_input without a reference. CPU and CUDA agree to 1e-4 of the
// largest mu; any number of threads gives the same bits. Sources: J. Nuyts et al., Phys. Med. Biol. 43, 729 (1998); H.
// Erdogan and J. A. Fessler, IEEE Trans. Med. Imaging 18, 801 (1999).
//
//   one pixel seen by one ray, b = 1000, r = 0, t = 135  ->  l = ln(1000 / 135) = 2.002
#pragma once

#include "kernels/reconstruction/scan_geometry.hpp"
#include "kernels/reconstruction/subset_rules.hpp"

namespace firstlight {

struct MlTr {
    static constexpr StageInfo info{"ml_tr", "reconstruction",
                                    "Volume of mu by maximum likelihood of the counts, for nearly opaque objects"};
    static constexpr bool uses_light = false;
    static constexpr double kappa = 1.76322283435189671;

    enum class Exposure : std::uint8_t { pulses, equal };
    struct Params : SubsetParams {
        Exposure exposure = Exposure::pulses;
        static const ParamTable& table();
    };
    struct Coefficients : SubsetCoefficients {
        const float* open = nullptr;   // [views or 1][rows][columns] of the scan; NaN: not known
        std::int64_t open_view = 0;    // step between views
        const float* worth = nullptr;  // [views][rows] of the scan: variance over counts
        std::int64_t scan_rows = 0;
        float reach = 0;  // kappa G
    };

    static std::vector<Layer> layers(const Params&) { return {}; }
    static void check_geometry(const Scan& scan) { check_view_angles(scan, info.name); }
    static VolumeBox box(const Params& params, const Scan& scan) { return parallel_scan_box(params, scan, info.name); }
    static std::size_t work_bytes(const Params& params, const Scan& scan) { return subset_work_bytes(scan, params, 3); }
    static Coefficients prepare(const Params&, StageContext&);
    static void on_cpu(const VolumeTask&, const Coefficients&);
};

}  // namespace firstlight
