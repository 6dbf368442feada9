// Whether a recipe suits the way that light took through a scan.
#pragma once

#include <string>

#include "host/pipeline/recipe.hpp"
#include "kernels/support/scan.hpp"

namespace firstlight {

// A sentence for people where the scan is seen in reflection and the recipe gates all pixels at one arrival, else "".
// What is nearer or farther than that arrival reflects at another time, so its light is not in the gate.
[[nodiscard]] std::string light_path_remark(const Scan& scan, const Recipe& recipe);

}  // namespace firstlight
