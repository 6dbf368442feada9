// The planes of a volume, for the panel at the side and for the middle of the window.
#pragma once

#include <string>

#include "viewer/desk/desk.hpp"

namespace firstlight::viewer {

// Fills what is left of the window or child that is open. The document has a result with a volume.
void draw_volume_planes(Desk& desk, Document& document);

// "mu 23.4 1/m" and, in a second line, where: in mm.
[[nodiscard]] std::string read_out(VolumeSlices& slices, const VoxelAt& at);

[[nodiscard]] const char* words_for(Projection::What what);

}  // namespace firstlight::viewer
