// gate_sweep: frames of a gated camera, taken at one delay after another, as traces along the delay.
//
// Physics: a frame collects all light that passes its gate, so gate i counts y_i ~ Poisson[E_i s(d_i)]: E_i its
// exposure, s(d) the light that a gate at delay d lets through, which is the light's time course seen through the
// gate's own shape. That shape, as a function of (delay - arrival), is the scan's response (/entry/calibration/irf):
// of unscattered light s(d) = a irf(d - arrival). So s is *sampled* at the delays, and y_i does not depend on how far
// apart they are, unlike the counts of a time bin, which integrate over it. Stages expect counts of bins:
//     live_i * signal(bin i),   signal(bin i) = integral of s over bin i = s(d_i) width_i   (midpoint rule),
// with edges midway between the delays. Both agree where
//     live_i = E_i / width_i,   E_i = exposure_i gate_width_i / mean(exposure gate_width),   widths in their mean.
// Counts stay what the camera counted; y_i / live_i is the light of bin i in an even sweep of the same mean exposure:
// a time gate's weighted sums are integrals over the delay, its variances exact, and background per unit of delay is
// subtracted right on any axis. live_i is relative, so it may be above 1 (long exposures, close delays).
//
// Dark counts: live_i * dark * width_i = E_i dark, so they grow with the exposure, as they do. Gates of unlike widths
// have no common response and their dark counts are taken to grow with the width too; more than 1 % is warned of.
// Saturated: a count of `saturation_count` or more (default: the file's, else the largest of its bit depth or type) in
// a gate that matters, which is one up to `saturation_until_ps` after the calibrated arrival (default three widths of
// the response, FWHM); later frames may saturate without harm to the first light. Without arrival or width all matter.
// Limits: steps wider than half of the response's FWHM leave light unseen between gates (warned of); where the
// step changes, d_i is not the middle of its bin, an error of first order in the change. Counts must be detected
// electrons (Poisson); a camera's digital units must be divided by its gain first.
//
// Fills model.live [traces][bins], model.edges [bins + 1] in bins of the mean step, flag saturated. Effect: counts of
// the even sweep less those counted. Shapes: per trace. Errors: a scan that is not gated; an axis that check_gates()
// refuses. Agreement of CPU and CUDA: exact but for the effect (1e-6).
// Source: L. Wang et al., Science 253, 769 (1991) for Kerr gates; W. Becker, Advanced TCSPC Techniques (2005).
//
//   delays 0 1 2 4 ps, equal exposures  ->  edges 0 0.727 1.455 2.545 4, live = 1 / width = 1.375 1.375 0.917 0.688
#pragma once

#include <limits>

#include "kernels/support/stage.hpp"

namespace firstlight {

struct GateSweep {
    static constexpr StageInfo info{"gate_sweep", "acquisition", "Frames of a gated camera as traces along the delay"};

    struct Params {
        double saturation_count = std::numeric_limits<double>::quiet_NaN();
        double saturation_until_ps = std::numeric_limits<double>::quiet_NaN();
        static const ParamTable& table();
    };
    struct Coefficients {
        const float* edges = nullptr;  // [bins + 1]
        const float* live = nullptr;   // [bins]
        double saturation = 0;         // counts; 0: nothing saturates
        std::int64_t matter = 0;       // gates [0, matter) decide
    };

    static Survey survey(const Params&, const Scan&) { return Survey::none; }
    static std::vector<Layer> layers(const Params&) { return {}; }
    static Coefficients prepare(const Params&, StageContext&);
    static void on_cpu(const TraceTile&, const Coefficients&);
    // How many pixels are saturated, or "".
    static std::string remark(const ImageTile&);
};

}  // namespace firstlight
