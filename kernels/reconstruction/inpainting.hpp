// Inpainting: pixels that the mask took out of every estimate get a value from their neighbours, for images only.
//
// A masked pixel p takes, in each layer present, the weighted mean of the unmasked pixels q that have a value, within
// the smallest square window (2r + 1)^2, r = 1 .. radius_px, that holds at least min_neighbours of them:
//     value(p) = sum w_q value(q) / sum w_q,   w_q = 1 / |p - q|^2      (Shepard 1968, power 2)
// In layers of standard deviations, with neighbours' errors independent,
//     sigma(p) = sqrt(sum w_q^2 sigma(q)^2) / sum w_q
// which holds for the mean of the neighbours, not for what the pixel itself would have measured. A pixel without
// enough neighbours becomes NaN. Flags stay set, so one can see which pixels were filled. Integers such as `counts`
// become fractions here; layers are floats.
//
// Only unmasked pixels are read and only masked ones written, so neighbours may be done at the same time. Sums are
// doubles in row order; the same bits on CPU and CUDA.
//
//   layer 1 2 3            1 2 3
//         4 x 6   becomes  4 5 6
//         7 8 9            7 8 9
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/support/stage.hpp"

namespace firstlight {

struct Inpainting {
    static constexpr StageInfo info{"inpainting", "reconstruction", "fills masked pixels from their neighbours"};

    struct Params {
        std::int64_t radius_px = 3;
        std::int64_t min_neighbours = 3;
        static const ParamTable& table();
    };

    struct Coefficients {
        std::int32_t radius_px = 3;
        std::int32_t min_neighbours = 3;
    };

    // Errors: usage when the largest window has fewer than min_neighbours pixels around its centre.
    static Coefficients prepare(const Params& params, StageContext& context);
    static std::vector<Layer> layers(const Params& params);  // none: it fills what others wrote
    static void on_cpu(const ImageTile& images, const Coefficients& c);
};

}  // namespace firstlight
