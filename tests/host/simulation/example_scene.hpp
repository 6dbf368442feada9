// A small scene whose parts tests replace: a closed half in the middle of a cell of optical depth 3.
#pragma once

#include <string>

namespace firstlight {

inline const std::string example_scene = R"(title = "Half plane"
path = "transmission"
[[layer]]
thickness_mm = 100
refractive_index = 1.33
mu_s_per_mm = 0.029
mu_a_per_mm = 0.001
g = 0.8
[[target]]
z_mm = 50
pattern = "rectangle"
width_mm = 40
height_mm = 80
x_mm = 20
[source]
width_mm = 20
photons_per_pulse = 4e4
[detector]
rows = 12
columns = 10
pixel_um = 1000
numerical_aperture = 0.01
bins = 80
bin_width_ps = 10
first_edge_ps = 200
pulses = 1e5
[photon_transport]
seed = 3
photons = 200000
[detector_response]
seed = 3
statistics = "first_photon"
dark_rate_hz = 100
[reference]
pulses = 1e4
filter_transmission = 0.05
)";

// The scene with `from` replaced by `to`.
inline std::string with(std::string text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    return at == std::string::npos ? "" : text.replace(at, from.size(), to);
}

}  // namespace firstlight
