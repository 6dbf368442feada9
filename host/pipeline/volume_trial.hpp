// What a recipe's volume will take, from a small one of made-up images or light: time grows with views, rows and the
// square of the columns of a stage from gated images, and with the pixels of one that uses the light. Stages that stop
// by themselves may stop elsewhere on real data.
#pragma once

#include "host/pipeline/recipe.hpp"

namespace firstlight {

// Seconds on all threads of the machine; 0 when the recipe makes no volume. Errors: those of the stage's box and
// prepare, as the run itself would have them.
[[nodiscard]] double expected_volume_seconds(const Scan& scan, const Recipe& recipe);

}  // namespace firstlight
