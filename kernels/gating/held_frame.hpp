// held_frame: the counts of each held trace (held_traces.hpp) between two times: one picture of a film of the light.
//
//     image_p = C_p(to) - C_p(from),   C_p(x) the counts of pixel p before time x, light taken as even within a step
// Times are in bins from the start of the trace or, `aligned`, after each pixel's arrival. Measured counts: neither
// live fractions nor dark counts nor gain are taken out, and masked pixels show what they counted. What lies outside
// the trace holds no counts. NaN where an arrival is wanted and there is none.
//
// Shapes: image[traces]. Units: counts. Errors: none. Both sides to the bit, with any number of threads.
//
//   counts 4 4 4 4, from 0.5 to 2  ->  6
#pragma once

#include "kernels/gating/held_traces.hpp"
#include "kernels/support/stage.hpp"

namespace firstlight {

struct HeldFrameTask {
    HeldTraces held;
    float* image = nullptr;  // out
};

struct HeldFrame {
    static constexpr StageInfo info = {"held_frame", "gating", "Counts of held traces between two times"};
    struct Coefficients {
        double from = 0, to = 0;  // bins
        bool aligned = false;
    };
    static void on_cpu(const HeldFrameTask&, const Coefficients&);

    FL_HD static void show(const HeldFrameTask& task, std::int64_t trace, const Coefficients& c) {
        const HeldSum counts = held_counts(task.held, trace);
        const double start = c.aligned ? static_cast<double>(task.held.arrival[trace]) : 0.0;
        const double sum = held_until(task.held, counts, start + c.to) - held_until(task.held, counts, start + c.from);
        task.image[trace] = static_cast<float>(start == start ? sum : start);
    }
};

}  // namespace firstlight
