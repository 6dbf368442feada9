// Scenes with path = "confocal": surfaces hidden behind a scattering slab, scanned point by point through it
// (kernels/simulation/confocal_light.hpp has the model).
//
//   [medium]                    # the slab; thickness_mm = 0: none
//   thickness_mm = 25.4
//   refractive_index = 1.12
//   mu_s_prime_per_mm = 0.262
//   mu_a_per_mm = 0.00053
//   [[hidden]]                  # patterns as of targets; z_mm behind the slab's far face
//   pattern = "rectangle"
//   width_mm = 200
//   height_mm = 100
//   z_mm = 500
//   albedo = 0.8
//   surface = "lambertian"      # or "isotropic": 1/r^4 alone
//   [detector]
//   rows = 32
//   columns = 32
//   scan_size_mm = 700          # or [height, width]
//   spot_mm = 5                 # diameter of what is seen of the slab at each point
//
// Time 0: the pulse enters the slab. Truth: depth of the nearest surface straight behind each point, from the slab's
// far face, NaN where there is none. A confocal scan has no unscattered light, so no ballistic truth and no reference.
// Errors (ExitCode::bad_input): those of TomlTable and of confocal_light; no [medium], no [[hidden]].
#pragma once

#include <filesystem>
#include <functional>

#include "host/io/toml_table.hpp"
#include "host/simulation/scene.hpp"
#include "host/simulation/simulate.hpp"

namespace firstlight {

void read_confocal(TomlTable& root, SimulationScene& scene, const std::filesystem::path& folder,
                   const std::string& name);

SimulatedScan simulate_confocal(const SimulationScene& scene, Queue& queue,
                                const std::function<bool(double)>& progress);

}  // namespace firstlight
