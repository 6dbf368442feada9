#include "host/cli/export_points.hpp"

#include <algorithm>
#include <filesystem>

#include "host/cli/interruption.hpp"
#include "host/cli/result_report.hpp"
#include "host/pipeline/surface_points.hpp"

namespace firstlight::cli {

ExportedPoints export_points(const PointsExport& options, const Result& result) {
    if (!options.layer.empty())
        throw Error(ExitCode::usage, "--layer has no effect", "--format ply writes points, made of several layers",
                    "leave it out");
    std::filesystem::path target = options.output;
    if (!target.has_extension() || std::filesystem::is_directory(target)) target /= "points.ply";
    if (target.extension() != ".ply")
        throw Error(ExitCode::usage, options.output + ": its name does not end in .ply", "--format is ply",
                    "name it so, or name a folder");
    std::optional<double> pixel_m;
    if (options.pixel_mm) pixel_m = *options.pixel_mm * 1e-3;
    const PointCloud cloud =
        surface_points(result.images, options.result, pixel_m, result.volume ? &*result.volume : nullptr);
    std::error_code failed;
    if (target.has_parent_path()) std::filesystem::create_directories(target.parent_path(), failed);
    if (failed)
        throw Error(ExitCode::output, target.parent_path().string() + ": the folder cannot be made", failed.message(),
                    "name another with -o");
    check_output(target, options.force, options.result);
    const WritingFiles now;
    export_points(target, cloud, options.force);
    const auto last =
        std::count_if(cloud.points.begin(), cloud.points.end(), [](const SurfacePoint& p) { return p.surface == 1; });
    return {target.string(), cloud.points.size(), static_cast<std::size_t>(last)};
}

}  // namespace firstlight::cli
