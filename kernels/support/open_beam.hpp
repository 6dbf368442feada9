// What a scan would have counted with nothing in the way, from the gated images of its reference scan:
//     open = R * (E / E_R) * (q / q_R) / F
// R the reference's ballistic counts, E and E_R the laser pulses of scan and reference, q and q_R the shares of the
// response that their gates keep (context.shared: gate_share, reference.gate_share; 1 where not said), F the
// transmission of the filter that the reference was taken with. Where R is not above `detection_sigma` standard
// deviations, nothing is known: NaN. Errors (bad_input): pulses missing unless exposures are said to be equal;
// a reference of another size.
//
//   R = 10000, E = E_R, F = 0.01  ->  open = 1e6, relative variance 1e-4
#pragma once

#include <string>
#include <vector>

#include "kernels/support/stage.hpp"

namespace firstlight {

struct OpenBeam {
    std::vector<float> counts;             // [pixels]
    std::vector<float> relative_variance;  // [pixels]
};

struct OpenBeamRules {
    std::string exposure_flag;  // for messages: the parameter that says exposures are equal, "--attenuation.exposure"
    bool equal_exposure = false;
    double detection_sigma = 3;
};

// True when there is a gated image of a reference scan, with its standard deviation.
[[nodiscard]] bool has_reference_image(const StageContext& context);

// For the pixels of view `view`; needs has_reference_image().
[[nodiscard]] OpenBeam open_beam(const StageContext& context, std::int64_t view, const OpenBeamRules& rules);

}  // namespace firstlight
