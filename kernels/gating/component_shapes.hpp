// The shapes of snake and diffuse light, fitted once to what a survey sample saw together.
//
// Physics: traces are added up with their arrivals aligned, in 8 groups by the arrival's place within its bin, so that
// adding blurs nothing; counts over live fractions, with the effective live fraction that their variance shows; masked
// pixels stay out. Each group has amplitudes of its own (scenes differ from place to place, and so may arrivals), all
// share the shapes. The shapes minimise the Poisson deviance, with the best amplitudes for each try (variable
// projection; Levenberg-Marquardt on signed roots of the deviance, derivatives by differences of the logarithms of the
// shapes' parameters), from several starts; the best counts. Which parts there are is chosen by Akaike's criterion.
// Bounds: a snake decay of at least half the response's FWHM, since what is faster cannot be told from unscattered
// light; a gamma shape of 1 to 20.
// Source: H. Akaike, IEEE Trans. Autom. Control 19, 716 (1974); G. H. Golub & V. Pereyra, SIAM J. Numer. Anal. 10, 413
// (1973) for variable projection.
#pragma once

#include <string>

#include "kernels/gating/component_curves.hpp"
#include "kernels/support/stage.hpp"

namespace firstlight {

// One group of aligned traces; k counts bins of the table of curves.
struct PooledGroup {
    std::vector<double> counts;       // [bins] effective counts, Poisson
    std::vector<double> exposure;     // [bins] what makes expected light into expected counts
    std::vector<double> left, right;  // [bins] mean edges after the arrival
    double lead_counts = 0, lead_width = 0;
};

struct PooledComponents {
    std::vector<PooledGroup> groups;  // those with traces
    double first = 0;                 // where bin 0 starts, after the bin of the arrival
    std::int64_t bins = 0;
    std::int64_t traces = 0;
};

// Errors (bad_input): every pixel masked, or none whose arrival lies in the data.
PooledComponents pool_components(const Scan& scan, const SurveySample* sample, const ResponseSpan& span);

struct ShapeChoice {
    bool choose_parts = true;  // by Akaike's criterion, else those of `start`
    double snake_decay = 0;    // given; 0: fitted
    ComponentShapes start;     // which parts may be there, the kind of diffuse shape, the slab
};

struct FittedShapes {
    ComponentShapes shapes;
    double share[3] = {1, 0, 0};  // of the signal, in all groups
    double deviance = 0;          // per degree of freedom of the pooled traces
    bool converged = false;
};

FittedShapes fit_shapes(const PooledComponents& pooled, const BinnedResponse& response, const ShapeChoice& choice);

}  // namespace firstlight
