// Whether a recipe takes what a scan holds: histograms or the frames of a gated camera, light that crossed a medium or
// came back, one view or several at known angles.
#pragma once

#include <string>

#include "host/pipeline/recipe.hpp"
#include "kernels/support/scan.hpp"

namespace firstlight {

// The built-in recipe that suits the scan's kind and light path best: what is run where nobody names one.
[[nodiscard]] std::string default_recipe(const Scan& scan);

// Why that recipe, as "is a gated scan" or "has 3 views but no /entry/data/view, which tomography needs"; "" where it
// is the one for any scan (transmission).
[[nodiscard]] std::string default_recipe_reason(const Scan& scan);

// Errors (bad_input): frames without gate_sweep, histograms with it, stages that make sense for time bins alone; depths
// of light that went through; tomography of light that came back, or of views without angles; a volume from confocal
// echoes of a scan that is not confocal. What a stage's parameters can mend is left to the stage.
void check_kind(const Scan& scan, const Recipe& recipe);

}  // namespace firstlight
