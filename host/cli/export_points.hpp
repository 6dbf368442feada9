// `firstlight export --format ply`: the surfaces of a result as a point cloud.
#pragma once

#include <optional>
#include <string>

#include "host/io/result_file.hpp"

namespace firstlight::cli {

// Writes, reads back and compares. The file is `output`, or points.ply in the folder it names; returns its path.
// Errors: those of surface_points and write_ply; ExitCode::usage where a layer is asked for or the name does not fit.
struct PointsExport {
    std::string result, output, layer;
    std::optional<double> pixel_mm;
    bool force = false;
};
struct ExportedPoints {
    std::string path;
    std::size_t points = 0, last = 0;  // all; those of last surfaces
};
[[nodiscard]] ExportedPoints export_points(const PointsExport& options, const Result& result);

}  // namespace firstlight::cli
