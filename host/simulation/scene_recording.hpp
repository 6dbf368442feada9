// The parts of a scene file that do not depend on what is in the scene: the laser, pixels and time bins, the detector.
#pragma once

#include "host/io/toml_table.hpp"
#include "host/simulation/scene.hpp"

namespace firstlight {

void read_laser(TomlTable& source, SimulationScene& scene);  // of [source]: photons, repetition, wavelength, pulse
void read_recording(TomlTable& detector, SimulationScene& scene);  // of [detector]: size, time bins, pulses, type
void read_response(TomlTable& root, SimulationScene& scene);       // [detector_response]

}  // namespace firstlight
