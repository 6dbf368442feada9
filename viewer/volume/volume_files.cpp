#include "viewer/volume/volume_files.hpp"

#include <fmt/format.h>

#include <array>

#include "host/pipeline/layer_export.hpp"
#include "host/pipeline/volume_export.hpp"
#include "viewer/volume/volume_slices.hpp"

namespace firstlight::viewer {
namespace {

using What = Projection::What;

struct Format {
    const char *format, *words;
};
constexpr std::array<Format, 4> image_formats{{{"png", "PNG, with scale and colours as shown"},
                                               {"tiff", "TIFF, 32-bit numbers"},
                                               {"npy", "NumPy (.npy)"},
                                               {"csv", "CSV"}}};
constexpr std::array<Format, 4> volume_formats{
    {{"tiff", "TIFF stack"}, {"nrrd", "NRRD"}, {"npy", "NumPy (.npy)"}, {"hdf5", "HDF5"}}};

VolumeFiles group_of(const VolumeFile& one, const std::array<Format, 4>& formats) {
    VolumeFiles group{one.words, {}};
    for (const Format& format : formats) {
        group.files.push_back(one);
        group.files.back().format = format.format;
        group.files.back().format_words = format.words;
        group.files.back().ending = extension_of(format.format);
    }
    return group;
}

}  // namespace

std::vector<VolumeFiles> volume_files(const Volume& volume, const VoxelAt& cursor, What what,
                                      const ToneMap::Params& tone, const ToneWindow& window) {
    VolumeFile one;
    one.tone = tone;
    one.tone.window = ToneMap::WindowFrom::fixed;  // as on the screen, whatever this part holds
    one.tone.low = window.low;
    one.tone.high = window.high;
    const std::array<std::pair<const char*, std::pair<const Axis*, std::int64_t>>, 3> axes{
        {{"z", {&volume.z, cursor.z}}, {"y", {&volume.y, cursor.y}}, {"x", {&volume.x, cursor.x}}}};
    const std::string kind = what == What::maximum ? "max" : what == What::mean ? "mean" : "sum";
    std::vector<VolumeFiles> groups;
    for (const auto& [letter, place] : axes) {
        if (what == What::slice) {
            one.words = fmt::format("slice {} {}", letter, place_of(*place.first, place.second));
            one.slice = fmt::format("{}={}", letter, place.second);
            one.name = fmt::format("{}_{}{}", volume.name, letter, place.second);
        } else {
            one.words = fmt::format("{} along {}", what == What::maximum ? "maximum" : kind, letter);
            one.projection = fmt::format("{}_{}", kind, letter);
            one.name = fmt::format("{}_{}", volume.name, one.projection);
        }
        groups.push_back(group_of(one, image_formats));
    }
    one.slice.clear();
    one.projection.clear();
    one.words = "whole volume " + volume.name;
    one.name = volume.name;
    groups.push_back(group_of(one, volume_formats));
    return groups;
}

void write_volume_file(const Result& result, const VolumeFile& file, const std::string& source,
                       const std::filesystem::path& path) {
    VolumeRequest request;
    request.result = source;
    request.format = file.format;
    if (!file.slice.empty()) request.slices.push_back(file.slice);
    if (!file.projection.empty()) request.projections.push_back(file.projection);
    request.force = true;
    request.tone = file.tone;
    const Recipe recipe = drawing_recipe(result, source, file.format);
    for (const VolumePart& part : volume_parts(request, *result.volume, true))
        write_volume_part(request, *result.volume, part, recipe, path);
}

}  // namespace firstlight::viewer
