// The surfaces of a result as points in space.
//
// A pixel that has a depth and is not masked (so not inpainted either) is a point at its place in the object plane and
// its depth; where the result has last surfaces and the pixel's is not its strongest, that is a second point. Colours
// are those of the depth, viridis over the 2nd to 98th percentile of all points. The intensity is the layer ballistic;
// where there is none, counts, or the brightest value of the volume along the pixel's line (z, on the pixels' grid).
// The cloud's comment says which. What no point has (intensity, depth_sigma) the cloud is without.
//
// Errors (bad_input): no layer "depth"; no pixel with a depth; pixels whose places are only indices, unless `pixel_m`
// says how far apart they are (then pixel 0, 0 lies at x = y = 0).
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "host/data/gated_images.hpp"
#include "host/data/volume.hpp"
#include "host/io/point_cloud.hpp"

namespace firstlight {

// `name` of the result, for errors and the comment.
[[nodiscard]] PointCloud surface_points(const GatedImages& images, const std::string& name,
                                        std::optional<double> pixel_m, const Volume* volume = nullptr);

// Writes the cloud as PLY and reads it back. Errors: those of write_ply; output when the file holds other points.
void export_points(const std::filesystem::path& path, const PointCloud& cloud, bool force);

}  // namespace firstlight
