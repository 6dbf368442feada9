// Reads a scene file (TOML; docs and sample_data/*.toml show all keys): what to simulate and how it is recorded.
//
//   const SimulationScene scene = read_scene("bars.toml");
//
// Lengths are in mm or um, coefficients per mm, times in ps, as the keys say. Errors (ExitCode::bad_input) name the
// file, the key, what was found and expected; an unknown key is an error that names the nearest right one.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "host/simulation/gated_camera.hpp"
#include "kernels/simulation/confocal_light.hpp"
#include "kernels/simulation/detector_response.hpp"
#include "kernels/simulation/photon_transport.hpp"
#include "kernels/simulation/scene.hpp"

namespace firstlight {

struct SimulationScene {
    std::string title;
    std::string text;  // the file as it is
    TransportScene transport;
    PhotonTransport::Params photons;
    DetectorResponse::Params response;
    double photons_per_pulse = 0;                                       // that the source sends into the scene
    double efficiency = 1;                                              // detections per photon that reaches a pixel
    double pulses = 0;                                                  // per pixel
    double repetition_rate_hz = 0, wavelength_m = 0, pulse_fwhm_s = 0;  // 0: not known
    CountType count_type = CountType::u2;
    GatedCamera gates;                      // empty: time bins
    std::vector<SceneObject> objects;       // in the object's own coordinates (objects.hpp)
    std::vector<double> view_angles_rad;    // empty: one view at 0, and no axis of views
    double axis_depth_m = 0;                // of the axis of rotation
    std::optional<ConfocalSetup> confocal;  // path = "confocal": in place of `transport` (confocal.hpp)
    double spot_area_m2 = 0;                // confocal: of the near face, seen at each point
    bool has_reference = false;
    bool medium_in_reference = false;  // with the layers as they are; else clear ones
    double reference_pulses = 0;
    double filter_transmission = 1;  // attenuation put into the beam for the reference
};

SimulationScene read_scene(const std::filesystem::path& path);
// `folder`: where PNG masks are looked for. `name`: for messages.
SimulationScene parse_scene(const std::string& text, const std::filesystem::path& folder, const std::string& name);

}  // namespace firstlight
