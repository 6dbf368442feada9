// The bodies of a scene that turn on a rotation stage, and the truth that tomography is to find.
//
// Object coordinates (X, Y, Z): the origin is on the axis of rotation, which is the camera's y (rows) at the depth
// `axis_depth_m`; Z runs along it. At the angle theta a column at x sees the points with X cos(theta) + Y sin(theta) =
// x, a row at y those with Z = y; the depth of a point is axis_depth_m - X sin(theta) + Y cos(theta). The layers, the
// targets, the source and the camera stand still. A scene without [views] is seen at theta = 0.
//
//   [views]                       # number and range_deg (start_deg), the last one left out; or angles_deg = [0, 5,
//   ...] number = 36 range_deg = 180
//   [[object]]
//   shape = "cylinder"            # axis = [0, 0, 1] unless given
//   x_mm = 4
//   radius_mm = 2
//   height_mm = 6
//   mu_a_per_mm = 0.3             # mu_s or mu_a left out: that of the layer around
//
// Errors (ExitCode::bad_input) name the object and the angle: an object that reaches out of the layer of the axis at
// some angle, objects that overlap, sizes and coefficients that cannot be, views without angles.
#pragma once

#include <vector>

#include "host/io/toml_table.hpp"
#include "host/simulation/scene.hpp"

namespace firstlight {

// Reads [views] and [[object]]; the layers must have been read.
void read_objects(TomlTable& root, SimulationScene& scene, const std::string& name);

// What the source and the camera see at an angle.
TransportScene in_view(const SimulationScene& scene, double angle_rad);

// Attenuation above the medium around (negative where an object is clearer), mean over 8 x 8 x 8 points of each voxel,
// 1/m, [z][y][x] with z the scan's rows and y, x its columns. Empty without objects.
std::vector<double> object_mu(const SimulationScene& scene);

}  // namespace firstlight
