// What a simulated scan is before it has counts, and the scene of its reference.
#pragma once

#include "host/simulation/scene.hpp"
#include "kernels/support/scan.hpp"

namespace firstlight {

// Size, axes, exposure, medium (layers as one: means over the thickness, exact for times and optical depths).
Scan describe(const SimulationScene& scene);

// The layers without scattering and absorption (or as they are: [reference] medium = "same"), without targets and
// objects; in reflection, a white Lambertian board at the depth of the nearest reflecting target.
TransportScene reference_scene(const SimulationScene& scene);

}  // namespace firstlight
