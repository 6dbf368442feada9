// flat_field: how sensitive each pixel is.
//
// Physics: under even light pixel p counts flat(p) times the mean; what the gate finds in it is divided by that.
// Fills model.gain from /entry/calibration/flat (mean 1 over the pixels that /entry/calibration/pixel_mask leaves; a
// mean other than 1 is divided out, with a warning beyond 1e-3); without a flat nothing is done. Where it is not
// positive or not finite the pixel is flagged `dead` and its gain is 1.
// Effect: 0, counts stay as measured. Shapes: per trace. Errors: a flat of another size, or no positive value in it.
// CPU and CUDA agree to the bit.
//
//   flat 2 1 0 with pixel 2 masked  ->  gain 1.333 0.667, pixel 2 dead
#pragma once

#include "kernels/support/stage.hpp"

namespace firstlight {

struct FlatField {
    static constexpr StageInfo info{"flat_field", "corrections", "How sensitive each pixel is"};
    struct Params {
        bool apply = true;
        static const ParamTable& table();
    };
    struct Coefficients {
        const float* gain = nullptr;  // [pixels], 0: dead; null: all alike
    };

    static Survey survey(const Params&, const Scan&) { return Survey::none; }
    static std::vector<Layer> layers(const Params&) { return {}; }
    static Coefficients prepare(const Params&, StageContext&);
    static void on_cpu(const TraceTile&, const Coefficients&);

    FL_HD static void fill(const TraceTile& tile, const Coefficients& c, std::int64_t trace) {
        const float gain = c.gain == nullptr ? 1.0F : c.gain[tile.window.pixel(trace)];
        tile.model.gain[trace] = gain > 0 ? gain : 1.0F;
        if (!(gain > 0)) tile.model.flags[trace] = static_cast<std::uint8_t>(tile.model.flags[trace] | dead);
        if (tile.effect != nullptr) tile.effect[trace] = 0;
    }
};

}  // namespace firstlight
