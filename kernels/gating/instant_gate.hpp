// instant_gate: time_gate on held traces (held_traces.hpp), a few reads per trace whatever the gate holds, so that an
// image follows a gate that is dragged.
//
// Physics, layers, flags, units: those of time_gate, whose Coefficients it takes (time_gate.hpp) and whose code makes
// windows, weights and layers. Sums come from prefix sums: the whole steps of a window as one difference, each step
// that an edge cuts (a soft one: all within it) by itself. What is asked for in `layers` is written, and `flags`: the
// held ones, with low_counts where the gate says so. With step 1 the layers equal those of time_gate to 1e-5 of
// themselves (of net + background for `ballistic`), where the gate holds at least 1e-4 of the trace; to the last bits
// for whole counts without live fractions or signal. A pixel within 1e-5 of the limit of detection may be taken either
// way. Larger steps: an edge within a step takes light as even within it, and a soft edge shorter than a step is hardly
// one.
//
// Shapes: per trace of a whole view. Errors: none beyond time_gate's own prepare(). CPU: all threads of the calling
// arena (parallel_for), same bits for any number of them. CUDA: a thread per trace; agreement of both: relative 1e-5.
//
//   counts 4 4 4 4 4 4, arrival 3, gate [-1.25, 0.5) bins, no background  ->  4 (0.25 + 1 + 0.5) = 7
//
//   run<InstantGate>(queue, InstantGateTask{held, {…layers…}, flags}, TimeGate::prepare(params, context), 0);
#pragma once

#include "kernels/gating/held_traces.hpp"
#include "kernels/support/stage.hpp"

namespace firstlight {

struct InstantGateTask {
    HeldTraces held;
    float* layers[layer_count] = {};  // out, each [traces] or null
    std::uint8_t* flags = nullptr;    // [traces], out
};

// No stage of recipes but a second way to run one, so it may include time_gate.
struct InstantGate {
    static constexpr StageInfo info = {"instant_gate", "gating", "Any gate on held traces, at once"};
    using Coefficients = TimeGate::Coefficients;
    static void on_cpu(const InstantGateTask&, const Coefficients&);
};

}  // namespace firstlight
