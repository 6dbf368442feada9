// os_sart_tv: mu of a scan of many views, iteratively, from optical depths.
//
// Physics: optical depths p_i are line integrals, p_i = (A x)_i with errors sigma_i; x = mu * pitch >= 0
// (parallel_beam.hpp for A, parallel_scan.hpp for the geometry). Minimised is
//     1/2 sum_i w_i (p_i - (A x)_i)^2 + beta TV(x)
// by ordered subsets of views with total variation of each slice (subset_rules.hpp says how and when it stops). A ray's
// word is the slope w_i (p_i - l_i) and the curvature w_i L_i, L_i the ray's length in pixels, so one subset of all
// views is SIRT with the weights
//     variance   w = 1 / sigma^2: rays that saw few photons have little to say; sigma^2 is the optical depth's variance
//                plus (model_error p)^2
//     row_sums   w = W / L, of SART: all rays alike; W: so that the penalty weighs the same as with variance
// A ray in which no photon was seen pulls upwards while it is below its lower limit, as one with sigma 1, and is left
// alone above it; masked rays say nothing. Outcomes: chi_squared_per_ray, (p - A x)^2 / sigma^2 on average over rays
// with an optical depth, iterations (mean over slices), last_change (relative; the largest of a slice), rays_unseen,
// rays_masked. Where many rays saw next to nothing, -ln of their counts is biased whatever the weight: ml_tr.
//
// Shapes: optical_depth, optical_depth_sigma, optical_depth_upper_limit [views][rows][columns] -> mu [rows][columns]
// [columns], 1/m. Slices do not depend on each other. Errors: parallel_scan.hpp. CPU and CUDA give the same bits, and
// so does any number of threads. Sources: A. H. Andersen and A. C. Kak, Ultrason. Imaging 6, 81 (1984); G. Wang and M.
// Jiang, J. X-Ray Sci. Technol. 12, 169 (2004), for ordered subsets; E. Y. Sidky and X. Pan, Phys. Med. Biol. 53, 4777
// (2008), for total variation with few views.
//
//   one pixel of length 1 seen by one ray: p = 0.5  ->  x = 0.5 after one step, mu = 0.5 / pitch
#pragma once

#include "kernels/reconstruction/scan_geometry.hpp"
#include "kernels/reconstruction/subset_rules.hpp"

namespace firstlight {

struct OsSartTv {
    static constexpr StageInfo info{"os_sart_tv", "reconstruction",
                                    "Volume of mu from few or noisy views, by iteration with total variation"};
    static constexpr bool uses_light = false;

    enum class Weights : std::uint8_t { variance, row_sums };
    struct Params : SubsetParams {
        Weights weights = Weights::variance;
        double relaxation = 1;
        static const ParamTable& table();
    };
    struct Coefficients : SubsetCoefficients {
        const float* length = nullptr;  // [views][columns + 3] of each ray, px
        float row_weight = 0;           // W; 0: weights are variances
        float relaxation = 1;
    };

    static std::vector<Layer> layers(const Params&) { return {}; }
    static void check_geometry(const Scan& scan) { check_view_angles(scan, info.name); }
    static VolumeBox box(const Params& params, const Scan& scan) { return parallel_scan_box(params, scan, info.name); }
    static std::size_t work_bytes(const Params& params, const Scan& scan) { return subset_work_bytes(scan, params, 2); }
    static Coefficients prepare(const Params&, StageContext&);
    static void on_cpu(const VolumeTask&, const Coefficients&);
};

}  // namespace firstlight
