// prefix_sum: a tile of traces, with what the stages before the gate made of it, into held traces (held_traces.hpp).
//
// For each trace of the part `inner` of the tile's window, at its pixel in `held`:
//     counts    prefix sums of y                       always; total = all of them
//     value     of y / live, or of tile.signal where `held.of_signal`
//     variance  of y / live^2
// over steps of `held.step` bins, and the trace's model and flags. The tile that holds pixel 0 fills in `edges` and
// `even_edges` too, which are the same for all. Arrays of `held` that are null are left out; parts of the tile's model
// that are null are taken as neutral. A sum that is not finite (of a masked pixel's signal) has the unit NaN.
//
// Units: counts. Shapes: held arrays are of a whole view. Nothing of the tile is changed. Errors: none.
// Agreement of CPU and CUDA: whole counts to the bit; other sums to 2^-30 of the trace's sum of absolute values.
//
//   run<PrefixSum>(queue, PrefixSumTask{tile, tile.window, held}, {}, lane);
#pragma once

#include "kernels/gating/held_traces.hpp"
#include "kernels/support/stage.hpp"

namespace firstlight {

struct PrefixSumTask {
    TraceTile tile;
    TileWindow inner;
    HeldTraces held;

    // The tile's trace that is trace i of `inner`.
    [[nodiscard]] FL_HD std::int64_t trace(std::int64_t i) const {
        return (inner.y0 - tile.window.y0 + i / inner.columns) * tile.window.columns + inner.x0 - tile.window.x0 +
               i % inner.columns;
    }
};

// As instant_gate, no stage of recipes: it holds what time_gate would have been given.
struct PrefixSum {
    static constexpr StageInfo info = {"prefix_sum", "gating", "Sums along time of each trace, held for instant gates"};
    struct Coefficients {};
    static void on_cpu(const PrefixSumTask&, const Coefficients&);
};

}  // namespace firstlight
