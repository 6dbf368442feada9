// The parts of a scene file that do not depend on what is in the scene: the laser, pixels and time bins, the detector.
#pragma once

#include "host/simulation/scene.hpp"
#include "host/simulation/scene_table.hpp"

namespace firstlight {

void read_laser(SceneTable& source, SimulationScene& scene);  // of [source]: photons, repetition, wavelength, pulse
void read_recording(SceneTable& detector, SimulationScene& scene);  // of [detector]: size, time bins, pulses, type
void read_response(SceneTable& root, SimulationScene& scene);       // [detector_response]

}  // namespace firstlight
