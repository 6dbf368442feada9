// attenuation: the optical depth of what lies between source and detector, from the scan and its reference.
//
// Physics (Beer-Lambert): the transmission of a pixel is T = (S / E / g) / (R / E_R / g_R) * F, its optical depth
// OD = -ln T, var OD = var S / S^2 + var R / R^2. S, R: `ballistic` of scan and reference; E, E_R: laser pulses; F: the
// filter that was put into the reference's beam; g, g_R: share of the response that each gate holds.
// Where S is below `detection_sigma` standard deviations nothing was detected: optical_depth and its sigma are NaN, and
// optical_depth_upper_limit is the OD of the upper limit of transmission at `confidence` (the true OD is at least that),
// S_up = max(S, 0) + z sigma, at least -ln(1 - confidence) counts, which is the limit for no counts at all.
// Where the reference itself is not detected, or the pixel is masked, all are NaN.
// Shapes: images. Without a reference: NaN everywhere and a warning; with `reference = required` an Error. Errors: pulses
// of scan or reference missing while `exposure` is `pulses`. CPU and CUDA agree to 1e-5 in OD.
//
//   S = 300 +- 17.3 from 1e6 pulses, R = 3000 +- 54.8 from 2e5 through F = 0.1  ->  OD = 6.215 +- 0.061
#pragma once

#include <cmath>
#include <limits>

#include "kernels/support/stage.hpp"

namespace firstlight {

struct Attenuation {
    static constexpr StageInfo info{"attenuation", "reconstruction", "Optical depth against the reference scan"};

    enum class Exposure : std::uint8_t { pulses, equal };
    enum class Reference : std::uint8_t { automatic, required };
    struct Params {
        Exposure exposure = Exposure::pulses;
        Reference reference = Reference::automatic;
        double detection_sigma = 3;
        double confidence = 0.95;
        static const ParamTable& table();
    };
    struct Coefficients {
        const float* full = nullptr;        // [pixels] ballistic counts expected at OD 0; null: no reference
        const float* full_sigma = nullptr;  // [pixels]
        float detection_sigma = 3;
        float limit_sigma = 0;   // one-sided normal quantile of the confidence
        float limit_counts = 0;  // limit for no counts
    };

    static std::vector<Layer> layers(const Params&) {
        return {Layer::optical_depth, Layer::optical_depth_sigma, Layer::optical_depth_upper_limit};
    }
    static Coefficients prepare(const Params&, StageContext&);
    static void on_cpu(const ImageTile&, const Coefficients&);

    FL_HD static void fill(const ImageTile& images, const Coefficients& c, std::int64_t p) {
        const float none = std::numeric_limits<float>::quiet_NaN();
        float depth = none;
        float depth_sigma = none;
        float limit = none;
        const float signal = images.layer(Layer::ballistic)[p];
        const float sigma = images.layer(Layer::ballistic_sigma)[p];
        if (c.full != nullptr && c.full[p] > c.detection_sigma * c.full_sigma[p] && c.full[p] > 0 && signal == signal) {
            const float from_full = c.full_sigma[p] / c.full[p];
            if (signal > 0 && signal >= c.detection_sigma * sigma) {
                depth = logf(c.full[p] / signal);
                depth_sigma = sqrtf(sigma / signal * (sigma / signal) + from_full * from_full);
            } else {
                const float most = fmaxf(signal, 0.0F) + c.limit_sigma * sigma;
                limit = logf(c.full[p] / fmaxf(most, c.limit_counts));
            }
        }
        images.layer(Layer::optical_depth)[p] = depth;
        images.layer(Layer::optical_depth_sigma)[p] = depth_sigma;
        images.layer(Layer::optical_depth_upper_limit)[p] = limit;
    }
};

}  // namespace firstlight
