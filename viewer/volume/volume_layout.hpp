// Where the three planes of a volume go in a rectangle, true to scale: side by side, one above the other, or two by two
// so that planes which share an axis are in line.
//
//   const VolumeLayout layout = layout_of(volume, 400, 600, 8);
//   layout.planes[0].left, .top, .width, .height;    // z, y and x
//
// Planes are as the volume's images (host/pipeline/volume_figure.hpp): along z [y][x], along y [z][x], along x [z][y],
// the first downwards. Lengths come from the axes in m; where one axis has a single voxel its length is that of the
// shortest other step; where an axis has no unit, a voxel is a cube.
#pragma once

#include <array>
#include <cstdint>

#include "host/data/volume.hpp"
#include "kernels/rendering/projection.hpp"

namespace firstlight::viewer {

struct PlaneBox {
    double left = 0, top = 0, width = 0, height = 0;
};

struct VolumeLayout {
    std::array<PlaneBox, 3> planes;   // z, y, x
    std::array<double, 3> voxel_m{};  // edge lengths of a voxel along z, y, x
    double scale = 0;                 // screen units per m, or per voxel where lengths are not known
    bool lengths_known = false;       // else voxel_m is 1
    double width = 0, height = 0;     // of all three with their gaps
};

[[nodiscard]] VolumeLayout layout_of(const Volume& volume, double width, double height, double gap);

// A voxel.
struct VoxelAt {
    std::int64_t z = 0, y = 0, x = 0;
    bool operator==(const VoxelAt&) const = default;
};

// The voxel under (px, py) of plane 0..2 (z, y, x), whose third index is that of `now`; clamped to the volume.
[[nodiscard]] VoxelAt voxel_under(const Volume& volume, const VolumeLayout& layout, std::size_t plane, double px,
                                  double py, const VoxelAt& now);
// The middle of a voxel in a plane.
struct PlanePoint {
    double x = 0, y = 0;
};
[[nodiscard]] PlanePoint middle_of(const Volume& volume, const VolumeLayout& layout, std::size_t plane,
                                   const VoxelAt& voxel);

// A round length (1, 2 or 5 times a power of ten) of at most `most`, both in m.
[[nodiscard]] double round_length(double most);

}  // namespace firstlight::viewer
