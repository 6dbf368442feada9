// time_skew: each pixel's own delay.
//
// Physics: cables, amplifiers and the chip's clock tree delay every pixel by another, constant time. Light that arrives
// at t shows up at t + t0_map(pixel).
// Fills model.shift [bins, fractions kept] from /entry/calibration/t0_map; without one nothing is done. Where the map
// is not finite the pixel is flagged `noisy` and its shift is 0. Counts are not moved: what looks at them adds the
// shift (time_gate), and a corrected trace shows them aligned (support/corrected_trace.hpp). Effect: 0. Shapes: per
// trace. Errors: a map of another size. CPU and CUDA agree to the bit.
//
//   t0_map 35 ps, bins of 10 ps  ->  shift = 3.5
#pragma once

#include <cmath>

#include "kernels/support/stage.hpp"

namespace firstlight {

struct TimeSkew {
    static constexpr StageInfo info{"time_skew", "corrections", "Each pixel's own delay"};
    struct Params {
        bool apply = true;
        static const ParamTable& table();
    };
    struct Coefficients {
        const float* shift_bins = nullptr;  // [pixels], NaN: not known; null: no pixel is delayed
    };

    static Survey survey(const Params&, const Scan&) { return Survey::none; }
    static std::vector<Layer> layers(const Params&) { return {}; }
    static Coefficients prepare(const Params&, StageContext&);
    static void on_cpu(const TraceTile&, const Coefficients&);

    FL_HD static void fill(const TraceTile& tile, const Coefficients& c, std::int64_t trace) {
        const float shift = c.shift_bins == nullptr ? 0.0F : c.shift_bins[tile.window.pixel(trace)];
        const bool known = shift == shift;
        tile.model.shift[trace] = known ? shift : 0.0F;
        if (!known) tile.model.flags[trace] = static_cast<std::uint8_t>(tile.model.flags[trace] | noisy);
        if (tile.effect != nullptr) tile.effect[trace] = 0;
    }
};

}  // namespace firstlight
