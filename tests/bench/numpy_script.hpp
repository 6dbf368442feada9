// Runs numpy_gate.py in a process of its own.
#pragma once

#include <string>

#include "host/data/photon_cube.hpp"

namespace firstlight::bench {

// The median of several runs of `what` ("gate" or "chain"), as the script measured it, without reading the cubes.
// Errors: std::runtime_error with what Python said.
[[nodiscard]] double numpy_seconds(const std::string& python, const std::string& what, const PhotonCube& cube,
                                   const PhotonCube& reference, double arrival_bins);

}  // namespace firstlight::bench
