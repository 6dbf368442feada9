// A result as files that other programs read: which files those are, and writing each. What `firstlight export` and
// Python share.
//
//   ResultExport request{.result = "scan.result.h5", .output = "pictures", .format = "png"};
//   check_export(request);                                                    // before a file is read
//   std::vector<ExportFile> files = files_to_export(result, request, said);   // layers × views, or one of all
//   prepare_export(request, files);                                           // folders, names that are taken
//   for (ExportFile& file : files) write_export(result, request, recipe, file);
//
// Formats: those of layer_export.hpp and volume_export.hpp; ply, the depths as points (surface_points.hpp); and of all
// that the result holds, or the layer or volume asked for, in one file:
//   ome-tiff   layers as channels of one image, views as its times, the mask a channel; the volume an image of its own
//   npz        an array for each layer (float32, [y, x] or [view, y, x]), "mask" (uint8), "y", "x" and "view"; the
//   volume
//              by its name with "volume_z", "volume_y", "volume_x"; "names" of arrays and their "units", side by side
// Each file is read back and compared after writing.
//
// Errors: usage, for what is not in the result or fits no such file, with the names of the program's options; those of
// the writers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "host/io/result_file.hpp"
#include "host/pipeline/recipe.hpp"
#include "host/pipeline/volume_export.hpp"

namespace firstlight {

struct ResultExport {
    std::string result;            // names the result in messages and figures; where it is a file, that is not written
    std::filesystem::path output;  // a folder, or a file where one is to be written
    std::string format = "tiff";
    std::string layer;                             // of the result, or its volume; empty: all
    std::vector<std::string> slices, projections;  // of the volume, as volume_export.hpp has them
    std::optional<double> pixel_m;                 // distance of pixels, for points of a scan that does not say it
    bool gzip = false, force = false;
};

struct ExportFile {
    enum class Holds : std::uint8_t { layer, volume_part, points, everything };
    std::string name, unit;  // of the layer or part
    Holds holds = Holds::layer;
    std::int64_t view = 0;
    std::optional<VolumePart> part;  // of the volume
    std::filesystem::path path;
    std::size_t points = 0, last_points = 0;  // after writing: all, and those of last surfaces
};

// Every format of results, in the order in which help and errors name them.
[[nodiscard]] const std::vector<std::string>& export_formats();

// What can be said before the result is read: an unknown format, options that have no effect with it. Errors: usage.
void check_export(const ResultExport& request);

// What is to be written, with its paths. `left_out`: what the format cannot hold and was not asked for by name.
[[nodiscard]] std::vector<ExportFile> files_to_export(const Result& result, const ResultExport& request,
                                                      std::vector<std::string>& left_out);

// Makes the folder and finds out whether every file can be written. Errors: output.
void prepare_export(const ResultExport& request, const std::vector<ExportFile>& files);

// Of an acquisition of photon events (`request.result`), format photon-hdf5 (photon_hdf5_export.hpp): writes the file
// and reads it back; `points` are its photons. `step` is called between blocks with how far it is, and may throw to end
// it.
ExportFile export_events(const ResultExport& request, const std::function<void(std::int64_t, std::int64_t)>& step,
                         std::vector<std::string>& left_out);

// `recipe` draws figures: drawing_recipe() of layer_export.hpp.
void write_export(const Result& result, const ResultExport& request, const Recipe& recipe, ExportFile& file);

}  // namespace firstlight
