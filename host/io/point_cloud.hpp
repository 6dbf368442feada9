// Points of surfaces as PLY (Stanford triangle format, G. Turk 1994), which MeshLab, CloudCompare, Blender, Open3D and
// trimesh read: binary, little-endian, one element "vertex" with
//     float x, y, z            m; z is the depth, away from the detector
//     float intensity          how bright the point is, as the comment says; left out where no point has it
//     float depth_sigma        m, standard deviation of z; left out where no point has one
//     uchar red, green, blue
//     uchar surface            0: the pixel's strongest, 1: the last one behind it
//     ushort view              only where there are several
//
//   write_ply("cloud.ply", cloud, force);   // the file appears whole or not at all
//   read_ply("cloud.ply").points.size()
//
// Errors: ExitCode::output as AtomicFile says; ExitCode::bad_input for files that are not such PLYs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace firstlight {

struct SurfacePoint {
    float x = 0, y = 0, z = 0, intensity = 0, depth_sigma = 0;
    std::uint8_t red = 0, green = 0, blue = 0, surface = 0;
    std::uint16_t view = 0;

    // NaN equals NaN.
    [[nodiscard]] bool operator==(const SurfacePoint& other) const;
};

struct PointCloud {
    bool has_views = false, has_intensity = true, has_depth_sigma = true;  // else the file is without them
    std::string comment;                                                   // one line
    std::vector<SurfacePoint> points;
    std::vector<std::int64_t> pixels;  // [view][y][x] that each point is of; empty: not known. Not in the file
};

void write_ply(const std::filesystem::path& path, const PointCloud& cloud, bool force);

// Reads what write_ply wrote.
[[nodiscard]] PointCloud read_ply(const std::filesystem::path& path);

}  // namespace firstlight
