// Reads a scene file (TOML; docs and sample_data/*.toml show all keys): what to simulate and how it is recorded.
//
//   const SimulationScene scene = read_scene("bars.toml");
//
// Lengths are in mm or um, coefficients per mm, times in ps, as the keys say. Errors (ExitCode::bad_input) name the
// file, the key, what was found and expected; an unknown key is an error that names the nearest right one.
#pragma once

#include <filesystem>
#include <string>

#include "host/simulation/gated_camera.hpp"
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
    GatedCamera gates;  // empty: time bins
    bool has_reference = false;
    double reference_pulses = 0;
    double filter_transmission = 1;  // attenuation put into the beam for the reference
};

SimulationScene read_scene(const std::filesystem::path& path);
// `folder`: where PNG masks are looked for. `name`: for messages.
SimulationScene parse_scene(const std::string& text, const std::filesystem::path& folder, const std::string& name);

}  // namespace firstlight
