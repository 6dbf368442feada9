// component_fit: how much of each trace is ballistic, snake and diffuse light, by a fit of all four parts.
//
// Physics: y_i ~ Poisson[ live_i (gain (a h + s (h * q) + d (h * g))(bin i, from the arrival on) + b width_i) ], h the
// response, q and g how snake and diffuse light comes later (component_curves.hpp). The shapes q and g are the scan's:
// they are fitted once, to the pooled traces of the survey sample (component_shapes.hpp), and with
// `components = automatic` parts that the pooled traces do not need (AIC) are left out. A reference scan holds no
// scattered light, so that there only a and b are fitted. Then each trace has its own a, s, d, b and, with
// `arrival = per_pixel`, its own arrival, started from model.arrival: maximum likelihood by two steps of Fisher
// scoring, then Newton steps, halved where they overshoot or an expected count would fall to 0.
//
// Amplitudes of `either_sign` are the default: a, s and d may fall below 0 as far as every bin still expects counts. An
// amplitude that is cut off at 0 is too large on average wherever the truth is near 0, and so drags what it is
// correlated with; signed ones are unbiased, their errors are Gaussian and means over pixels are right. `non_negative`
// gives what is physically possible (active set at 0) for those who want each pixel by itself. Errors come from the
// inverse of the full Fisher information at the estimate in both cases: a part held at 0 still counts as unknown, since
// otherwise the error of its neighbour would be too small. ballistic_sigma is at least one count.
//
// `purity`: a's share of all light between -1 and +0.5 FWHM of the response around the arrival (time_gate's window);
// `background`: counts of b there; NaN for purity where a is below 3 sigma. `snake` and `diffuse` are counts up to the
// end of the data (that of the earliest pixel, `fitted_until_ps` after the arrival in the provenance). `deviance` is
// divided by what it is on average for these expectations (less the fitted parameters), because the mean deviance of a
// bin with few counts is not 1. Tests and simulated scenes: docs/physics.md.
//
// Shapes: per trace; needs model.arrival, uses live, edges, gain, dark, flags. All layers in counts, arrival in s
// without the pixel's shift. Masked pixels, and those whose response leaves the data: NaN but for counts. Flags:
// low_counts (ballistic not above 3 sigma, or NaN), not_converged (values are those of the last step). Effect:
// ballistic counts less all counts. context.shared: reads "arrival_bins"; writes "gate_share" = 1 (with "reference."
// before it for a reference scan), for attenuation, because a counts the whole response. Responses of their own per
// pixel are taken as their mean, with a warning. Errors: no response; slab without thickness, index and mu_s' of the
// medium; nothing to fit shapes to. CPU and CUDA agree to 1e-3 sigma, sigma and deviance to 1e-3 relative. Sources: S.
// M. Kay, Fundamentals of Statistical Signal Processing I (1993), chapters 3 and 7; G. Satat, M. Tancik, R. Raskar,
// ICCP (2018) for gamma shapes; R. Barlow, Nucl. Instr. Meth. A 297, 496 (1990) for signed yields.
//
//   1000 counts of h on 0.1 per bin, no scattered light  ->  ballistic = 1000 +- 32, purity = 1
#pragma once

#include <limits>

#include "kernels/gating/component_curves.hpp"
#include "kernels/support/stage.hpp"

namespace firstlight {

// What kernels read of the curves.
struct CurveTable {
    const float* bin = nullptr;          // [3][curve_phases + 1][bins], one block per place of the arrival in its bin
    const double* cumulative = nullptr;  // [3][bins * curve_phases + 1], for uneven bins
    std::int64_t bins = 0;
    std::int64_t first = 0;   // bin 0 of the table starts so many bins after the bin of the arrival
    std::int64_t margin = 0;  // bins at either end that only a moved arrival needs
};
constexpr int curve_phases = 16;

struct ComponentFit {
    static constexpr StageInfo info{"component_fit", "gating", "Ballistic, snake and diffuse counts by a fit"};

    enum class Components : std::uint8_t { automatic, all, ballistic };
    enum class Background : std::uint8_t { fitted, dark };
    enum class Amplitudes : std::uint8_t { non_negative, either_sign };
    enum class Arrival : std::uint8_t { fixed, per_pixel };
    struct Params {
        Components components = Components::automatic;
        DiffuseShape diffuse = DiffuseShape::gamma;
        Background background = Background::fitted;
        Amplitudes amplitudes = Amplitudes::either_sign;
        Arrival arrival = Arrival::fixed;
        double snake_decay_ps = std::numeric_limits<double>::quiet_NaN();
        double arrival_reach_ps = std::numeric_limits<double>::quiet_NaN();
        std::int64_t iterations = 40;
        static const ParamTable& table();
    };
    struct Coefficients {
        CurveTable table;
        bool present[component_count] = {};  // which amplitudes are fitted
        bool signed_amplitudes = true;
        bool fit_arrival = false;
        double start[3] = {};         // how signal divides in the pooled traces
        double purity_width = 0;      // bins
        double purity_share[3] = {};  // of each part's light within the window of purity
        double arrival_reach = 0;     // bins
        int iterations = 0;
        double bin_width_s = 0, first_bin_centre_s = 0;
    };
    static constexpr double detection_sigma = 3;

    static Survey survey(const Params&, const Scan&) { return Survey::sample; }
    static std::vector<Layer> layers(const Params& params);
    static Coefficients prepare(const Params&, StageContext&);
    static void on_cpu(const TraceTile&, const Coefficients&);

    // A sentence for people when most pixels could not be fitted, else "".
    static std::string remark(const ImageTile& images);
};

}  // namespace firstlight
