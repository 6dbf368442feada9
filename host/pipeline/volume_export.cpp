#include "host/pipeline/volume_export.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "host/io/images.hpp"
#include "host/io/nrrd.hpp"
#include "host/io/numbers_file.hpp"
#include "host/io/volume_files.hpp"
#include "host/pipeline/layer_export.hpp"

namespace firstlight {
namespace {

using Along = Projection::Axis;
using What = Projection::What;

bool is_figure(const std::string& format) { return format == "png" || format == "png16"; }

std::optional<Along> axis_called(const std::string& name) {
    if (name == "z") return Along::z;
    if (name == "y") return Along::y;
    if (name == "x") return Along::x;
    return std::nullopt;
}

VolumePart slice_of(const std::string& text, const Volume& volume) {
    const auto equals = text.find('=');
    const std::optional<Along> axis = axis_called(text.substr(0, equals));
    std::int64_t index = -1;
    bool good = axis && equals != std::string::npos;
    if (good) {
        const char *begin = text.data() + equals + 1, *end = text.data() + text.size();
        const auto [stop, error] = std::from_chars(begin, end, index);
        good = error == std::errc() && stop == end && begin != end;
    }
    if (!good)
        throw Error(ExitCode::usage, fmt::format("--slice {}: is no slice", text),
                    "expected an axis and a number counted from 0", "write z=12, y=0 or x=31");
    const VolumeView view{volume.values.data(), volume.z.size, volume.y.size, volume.x.size};
    const Projection::Settings settings{*axis, What::slice, index};
    (void)Projection::prepare(settings, view);  // refuses what is outside
    return {fmt::format("{}_{}{}", volume.name, text.substr(0, equals), index), volume.unit,
            VolumePicture{"slice", settings}};
}

VolumePart projection_of(const std::string& text, const Volume& volume) {
    static const std::array<std::pair<const char*, What>, 4> kinds{
        {{"max", What::maximum}, {"mean", What::mean}, {"sum", What::sum}, {"position", What::maximum}}};
    const auto split = text.find('_');
    const std::optional<Along> axis = split == std::string::npos ? std::nullopt : axis_called(text.substr(split + 1));
    for (const auto& [name, what] : kinds)
        if (axis && text.substr(0, split) == name)
            return {fmt::format("{}_{}", volume.name, text),
                    std::string(name) == "position" ? volume.z.unit : volume.unit,
                    VolumePicture{text, {*axis, what, 0}, std::string(name) == "position"}};
    throw Error(ExitCode::usage, fmt::format("--projection {}: there is no such projection", text), "",
                "choose max, mean, sum or position, and an axis: max_z, mean_y, sum_x, position_z");
}

void write_whole(const VolumeRequest& request, const Volume& volume, const std::filesystem::path& path) {
    std::vector<float> found;
    if (request.format == "tiff") {
        write_volume_tiff(path, volume, request.force);
        found = read_volume_tiff(path).values;
    } else if (request.format == "nrrd") {
        write_nrrd(path, volume, request.gzip, request.force);
        found = read_nrrd(path).values;
    } else if (request.format == "npy") {
        write_npy(path, {volume.z.size, volume.y.size, volume.x.size}, volume.values, request.force);
        found = read_npy(path);
    } else {
        write_volume_hdf5(path, volume, request.force);
        found = read_volume_hdf5(path).values;
    }
    check_same(path, volume.values, found);
}

}  // namespace

bool is_volume_format(const std::string& format) { return format == "nrrd" || format == "hdf5"; }

std::vector<VolumePart> volume_parts(const VolumeRequest& request, const Volume& volume, bool by_name) {
    std::vector<VolumePart> parts;
    for (const std::string& text : request.slices) parts.push_back(slice_of(text, volume));
    for (const std::string& text : request.projections) parts.push_back(projection_of(text, volume));
    if (!parts.empty()) {
        if (is_volume_format(request.format))
            throw Error(ExitCode::usage, fmt::format("--format {}: holds whole volumes", request.format),
                        "slices and projections are images", "choose png, png16, tiff, npy or csv for them");
        return parts;
    }
    if (is_figure(request.format)) {
        for (const VolumePicture& picture : volume_pictures(volume))
            parts.push_back({volume.name + "_" + picture.name, volume.unit, picture});
    } else if (request.format != "csv") {
        parts.push_back({volume.name, volume.unit, std::nullopt});
    } else if (by_name) {
        throw Error(ExitCode::usage, fmt::format("{}: {} is a volume", request.result, volume.name),
                    "a CSV file holds one image",
                    "choose --slice z=12 or --projection max_z, or --format tiff, nrrd, npy or hdf5");
    }
    return parts;
}

void write_volume_part(const VolumeRequest& request, const Volume& volume, const VolumePart& part, const Recipe& recipe,
                       const std::filesystem::path& path) {
    if (!part.picture) return write_whole(request, volume, path);
    if (is_figure(request.format)) {
        write_volume_figure(path, volume, *part.picture, recipe,
                            std::filesystem::path(request.result).filename().string(), request.force, request.tone);
        (void)read_png(path);  // decodes and checks every row
        return;
    }
    VolumeImage image = image_of(volume, *part.picture);
    GatedImages images;
    images.rows = image.down.size;
    images.columns = image.across.size;
    images.y = std::move(image.down);
    images.x = std::move(image.across);
    images.layers.push_back({part.name, image.unit, volume.long_name, std::move(image.values)});
    export_layer(images, part.name, 0, {request.format, path, request.result, request.force}, recipe);
}

}  // namespace firstlight
