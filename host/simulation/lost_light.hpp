// What a simulated scan cannot show: light outside its time window, and counts above its type's largest value.
//
//   light_outside(scene, scan, light)   "the unscattered light of target 2 arrives ... outside the time window"
//
// Only light that is outside wholly is told: where the earliest is after the window or the latest before it, over all
// pixels. Behind a slab the earliest is 2 (r + n d) / c with r the shortest way from the scan to the surface; it has no
// latest.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/simulation/scene.hpp"
#include "kernels/simulation/unscattered_light.hpp"
#include "kernels/support/scan.hpp"

namespace firstlight {

// One text per hidden surface of a confocal scene, counted from 1 as in the scene file.
[[nodiscard]] std::vector<std::string> light_outside(const ConfocalSetup& setup);

// One text per reflecting target (or of the light that passes); `scan` has the time bins.
[[nodiscard]] std::vector<std::string> light_outside(const SimulationScene& scene, const Scan& scan,
                                                     const std::vector<UnscatteredLight>& light);

// Counts that are above the largest value of the scan's type, and what to do about them; empty where there are none.
[[nodiscard]] std::string counts_cut(const Scan& scan, const std::vector<std::uint32_t>& counts);

}  // namespace firstlight
