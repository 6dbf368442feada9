// A recipe whose gate lies where it is put, made of one that finds each pixel's light itself.
#pragma once

#include <string>

#include "kernels/support/scan.hpp"
#include "viewer/session/edits.hpp"

namespace firstlight::viewer {

// Replaces adaptive_gate or component_fit by time_gate from `open_ps` to `close_ps` after the arrival (NaN: found from
// the response). Where no stage says when light arrives, one is put before it: in reflection matched_arrival per pixel,
// else expected_arrival where the scan has a calibrated arrival or a reference, else matched_arrival of all pixels
// pooled. Without a response it looks for a Gaussian, and a gate without edges reaches 5 bins to both sides.
// Errors: ExitCode::usage when the recipe has no gate to replace.
void use_fixed_gate(Recipe& recipe, const Scan& scan, double open_ps, double close_ps);

// Whether there is one to replace.
[[nodiscard]] bool finds_its_gates(const Recipe& recipe);

}  // namespace firstlight::viewer
