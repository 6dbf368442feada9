// Where the bar groups of a simulated scene lie in the image (host/simulation/patterns.hpp says how they look).
//
//   for (const BarGroup& group : bar_groups_of(truth.scene, x_m, y_m)) group.upright; // region of whole pixels
#pragma once

#include <string>
#include <vector>

#include "host/figures_of_merit/resolution.hpp"

namespace firstlight {

struct BarGroup {
    double bar_width_m = 0;
    Region upright;  // three periods along x, well within the bars' length
    Region lying;    // three periods along y
};

// Of the first target with pattern "bars" in the scene (TOML), coarsest first; only groups whose regions are whole in
// the image and whose bars are at least a pixel wide. Empty where the scene has none or cannot be read. x_m, y_m:
// pixel centres, uniform.
[[nodiscard]] std::vector<BarGroup> bar_groups_of(const std::string& scene, const std::vector<double>& x_m,
                                                  const std::vector<double>& y_m);

}  // namespace firstlight
