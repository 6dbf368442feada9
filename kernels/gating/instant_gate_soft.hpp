// instant_gate on the CPU for soft edges on even bins, 16 traces at once.
#pragma once

#include "kernels/gating/instant_gate.hpp"

namespace firstlight {

// Gates the traces that fill whole groups of held_lanes and returns how many they are, from the first one on. None
// where bins are uneven, where a signal was estimated, or where both edges of a window may cut the same step.
[[nodiscard]] std::int64_t gate_soft_groups(const InstantGateTask& task, const TimeGate::Coefficients& c);

}  // namespace firstlight
