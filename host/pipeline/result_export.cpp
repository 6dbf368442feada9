#include "host/pipeline/result_export.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "host/io/output_check.hpp"
#include "host/io/photon_hdf5_export.hpp"
#include "host/pipeline/build_facts.hpp"
#include "host/pipeline/layer_export.hpp"
#include "host/pipeline/surface_points.hpp"
#include "host/pipeline/whole_export.hpp"

namespace firstlight {
namespace {

using Holds = ExportFile::Holds;

bool parts_asked_for(const ResultExport& request) { return !request.slices.empty() || !request.projections.empty(); }

bool fits(const std::filesystem::path& target, const std::string& wanted) {
    const std::string name = target.filename().string();
    return name.ends_with(wanted) || (wanted.ends_with(".tif") && name.ends_with(wanted + "f")) ||
           (wanted == ".h5" && name.ends_with(".hdf5"));
}

[[noreturn]] void refuse_layer(const ResultExport& request, const std::vector<std::string>& names) {
    const std::string near = nearest_name(request.layer, names);
    throw Error(
        ExitCode::usage, fmt::format("{}: there is no layer \"{}\"", request.result, request.layer), "",
        near.empty() ? fmt::format("choose from {}", fmt::join(names, ", ")) : fmt::format("did you mean {}?", near));
}

// Layers that are asked for; none where only the volume is.
std::vector<const ImageLayer*> layers_of(const ResultExport& request, const Result& result) {
    std::vector<const ImageLayer*> layers;
    std::vector<std::string> names;
    if (request.layer.empty() && (parts_asked_for(request) || is_volume_format(request.format))) return layers;
    for (const ImageLayer& layer : result.images.layers) {
        names.push_back(layer.name);
        if (request.layer.empty() || request.layer == layer.name) layers.push_back(&layer);
    }
    if (!layers.empty() && parts_asked_for(request))
        throw Error(ExitCode::usage, fmt::format("{}: {} is an image", request.result, request.layer),
                    "--slice and --projection are of a volume", "leave them out, or --layer");
    if (!layers.empty() && is_volume_format(request.format))
        throw Error(ExitCode::usage, fmt::format("{}: {} is an image", request.result, request.layer),
                    fmt::format("--format {} holds volumes", request.format), "choose png, png16, tiff, npy or csv");
    if (!layers.empty()) return layers;
    if (result.volume) {
        if (request.layer == result.volume->name) return layers;
        names.push_back(result.volume->name);
    }
    refuse_layer(request, names);
}

VolumeRequest volume_request(const ResultExport& request) {
    return {request.result, request.format, request.slices, request.projections, request.gzip, request.force, {}};
}

// Parts of the volume that are asked for.
std::vector<VolumePart> parts_of(const ResultExport& request, const Result& result,
                                 std::vector<std::string>& left_out) {
    const bool needed = parts_asked_for(request) || is_volume_format(request.format);
    if (!result.volume) {
        if (!needed) return {};
        throw Error(ExitCode::usage, request.result + ": holds no volume",
                    is_volume_format(request.format) ? fmt::format("--format {} holds volumes", request.format)
                                                     : std::string("--slice and --projection are of a volume"),
                    "choose --format png, png16, tiff, npy or csv without them");
    }
    const bool by_name = request.layer == result.volume->name;
    if (!request.layer.empty() && !by_name) return {};
    std::vector<VolumePart> parts = volume_parts(volume_request(request), *result.volume, by_name);
    if (parts.empty())
        left_out.push_back(
            fmt::format("{} is a volume and was left out: choose --slice z=12 or --projection max_z for {}",
                        result.volume->name, request.format));
    return parts;
}

// All of the result, or one layer, in a file.
ExportFile one_for_all(const ResultExport& request, const Result& result) {
    if (parts_asked_for(request))
        throw Error(ExitCode::usage, fmt::format("--format {}: holds whole layers and volumes", request.format),
                    "--slice and --projection are images", "choose png, png16, tiff, npy or csv for them");
    const std::string stem = std::filesystem::path(request.result).stem().string();
    ExportFile file{stem, "", Holds::everything, 0, {}, {}, 0, 0};
    if (request.layer.empty()) return file;
    file.name = request.layer;
    const ImageLayer* layer = result.images.layer(request.layer);
    std::vector<std::string> names;
    for (const ImageLayer& one : result.images.layers) names.push_back(one.name);
    if (result.volume) names.push_back(result.volume->name);
    if (layer == nullptr && (!result.volume || result.volume->name != request.layer)) refuse_layer(request, names);
    file.unit = layer != nullptr ? layer->unit : result.volume->unit;
    return file;
}

ExportFile points_file(const ResultExport& request) {
    if (parts_asked_for(request))
        throw Error(ExitCode::usage, "--format ply: holds points", "--slice and --projection are of a volume",
                    "choose png, png16, tiff, npy or csv for them");
    if (!request.layer.empty())
        throw Error(ExitCode::usage, "--layer has no effect", "--format ply writes points, made of several layers",
                    "leave it out");
    ExportFile file{"points", "m", Holds::points, 0, {}, request.output, 0, 0};
    if (!file.path.has_extension() || std::filesystem::is_directory(file.path)) file.path /= "points.ply";
    if (file.path.extension() != ".ply")
        throw Error(ExitCode::usage, request.output.string() + ": its name does not end in .ply", "--format is ply",
                    "name it so, or name a folder");
    return file;
}

// Everything to be written, without its path: a file per layer (and per view, except .npy which holds all), and the
// volume's; or one of everything.
std::vector<ExportFile> chosen_files(const ResultExport& request, const Result& result,
                                     std::vector<std::string>& left_out) {
    if (is_whole_format(request.format)) return {one_for_all(request, result)};
    std::vector<ExportFile> files;
    const std::int64_t views = request.format == "npy" ? 1 : result.images.views;
    for (const ImageLayer* layer : layers_of(request, result))
        for (std::int64_t view = 0; view < views; ++view)
            files.push_back({layer->name, layer->unit, Holds::layer, view, {}, {}, 0, 0});
    for (VolumePart& part : parts_of(request, result, left_out))
        files.push_back({part.name, part.unit, Holds::volume_part, 0, part, {}, 0, 0});
    return files;
}

// Of the file in a folder.
std::string stem_of(const ExportFile& file, const ResultExport& request, const Result& result) {
    const bool many = file.holds == Holds::layer && request.format != "npy" && result.images.views > 1;
    return many ? fmt::format("{}_view{:03}", file.name, file.view) : file.name;
}

}  // namespace

const std::vector<std::string>& export_formats() {
    static const std::vector<std::string> formats{"png",  "png16", "tiff",     "npy", "csv",        "nrrd",
                                                  "hdf5", "ply",   "ome-tiff", "npz", "photon-hdf5"};
    return formats;
}

void check_export(const ResultExport& request) {
    const std::vector<std::string>& formats = export_formats();
    if (std::find(formats.begin(), formats.end(), request.format) == formats.end()) {
        const std::string near = nearest_name(request.format, formats);
        throw Error(ExitCode::usage, fmt::format("--format: there is no format \"{}\"", request.format), "",
                    near.empty() ? fmt::format("choose from {}", fmt::join(formats, ", "))
                                 : fmt::format("did you mean {}?", near));
    }
    if (request.gzip && request.format != "nrrd")
        throw Error(ExitCode::usage, "--gzip: only NRRD files are packed on demand", "--format is " + request.format,
                    "leave --gzip out, or choose --format nrrd");
    if (request.pixel_m && request.format != "ply")
        throw Error(ExitCode::usage, "--pixel-mm has no effect", "only the points of --format ply need it",
                    "leave it out");
}

std::vector<ExportFile> files_to_export(const Result& result, const ResultExport& request,
                                        std::vector<std::string>& left_out) {
    check_export(request);
    if (request.format == "photon-hdf5")
        throw Error(ExitCode::usage, request.result + ": is a result", "--format photon-hdf5 holds photon events",
                    "give an acquisition of kind events");
    if (request.format == "ply") return {points_file(request)};
    std::vector<ExportFile> files = chosen_files(request, result, left_out);
    if (files.empty()) throw Error(ExitCode::usage, request.result + ": there is nothing to write in this format");
    const std::filesystem::path& target = request.output;
    const std::string extension = extension_of(request.format);
    if (!target.has_extension() || std::filesystem::is_directory(target)) {
        for (ExportFile& file : files) file.path = target / (stem_of(file, request, result) + extension);
        return files;
    }
    if (!fits(target, extension))
        throw Error(ExitCode::usage, fmt::format("{}: its name does not end in {}", target.string(), extension),
                    "--format is " + request.format, "name it so, or name a folder");
    if (files.size() != 1)
        throw Error(ExitCode::usage, fmt::format("{}: is one file", target.string()),
                    fmt::format("{} are to be written", files.size()),
                    result.volume ? "choose one with --layer, --slice or --projection, or name a folder"
                                  : "choose one with --layer (of one view), or name a folder");
    files.front().path = target;
    return files;
}

void prepare_export(const ResultExport& request, const std::vector<ExportFile>& files) {
    for (const ExportFile& file : files) {
        const std::filesystem::path folder = file.path.parent_path();
        std::error_code failed;
        if (!folder.empty()) std::filesystem::create_directories(folder, failed);
        if (failed)
            throw Error(ExitCode::output, folder.string() + ": the folder cannot be made", failed.message(),
                        "name another with -o");
        check_output(file.path, request.force, request.result);
    }
}

ExportFile export_events(const ResultExport& request, const std::function<void(std::int64_t, std::int64_t)>& step,
                         std::vector<std::string>& left_out) {
    if (!request.layer.empty() || parts_asked_for(request))
        throw Error(ExitCode::usage, "--layer, --slice and --projection have no effect",
                    "--format photon-hdf5 writes photon events", "leave them out");
    ExportFile file{"photons", "", Holds::points, 0, {}, request.output, 0, 0};
    if (!file.path.has_extension() || std::filesystem::is_directory(file.path))
        file.path /= std::filesystem::path(request.result).stem().string() + ".hdf5";
    if (!fits(file.path, ".h5"))
        throw Error(ExitCode::usage, file.path.string() + ": its name does not end in .hdf5", "--format is photon-hdf5",
                    "name it so, or name a folder");
    prepare_export(request, {file});
    const AcquisitionFile acquisition = AcquisitionFile::open(request.result, {});
    PhotonHdf5Options options;
    options.force = request.force;
    options.software_version = build_facts().version;
    options.step = step;
    const PhotonHdf5Report report = write_photon_hdf5(file.path, acquisition, options);
    file.points = static_cast<std::size_t>(report.photons);
    for (const std::string& what : report.left_out)
        left_out.push_back(fmt::format("Photon-HDF5 has no place for {}: left out", what));
    return file;
}

void write_export(const Result& result, const ResultExport& request, const Recipe& recipe, ExportFile& file) {
    const std::string source = std::filesystem::path(request.result).filename().string();
    switch (file.holds) {
        case Holds::layer:
            return export_layer(result.images, file.name, file.view, {request.format, file.path, source, request.force},
                                recipe);
        case Holds::volume_part:
            return write_volume_part(volume_request(request), *result.volume, *file.part, recipe, file.path);
        case Holds::everything:
            return write_whole_result(file.path, result, source, request.format, request.layer, request.force);
        case Holds::points: break;
    }
    const PointCloud cloud =
        surface_points(result.images, request.result, request.pixel_m, result.volume ? &*result.volume : nullptr);
    export_points(file.path, cloud, request.force);
    file.points = cloud.points.size();
    file.last_points = static_cast<std::size_t>(
        std::count_if(cloud.points.begin(), cloud.points.end(), [](const SurfacePoint& p) { return p.surface == 1; }));
}

}  // namespace firstlight
