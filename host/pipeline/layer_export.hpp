// Image layers of a result as files that other programs read, read back after writing: what `firstlight export` and the
// viewer share.
//
//   export_layer(result.images, "ballistic", 0, {"tiff", "ballistic.tif"}, drawing_recipe(result, "scan.h5", "tiff"));
//
//   png, png16   one view, drawn as the recipe's tone map says, with colour bar and scale bar (layer_figure.hpp)
//   tiff         one view, 32-bit floats with pixel size and unit, as ImageJ reads them
//   npy          all views, float32 [y, x] or [view, y, x]
//   csv          one view, a line per image row
//
// Errors: ExitCode::usage for another format and where there is no such layer or view; ExitCode::output as AtomicFile
// says, and when the file holds other numbers than were written.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "host/data/gated_images.hpp"
#include "host/io/result_file.hpp"
#include "host/pipeline/recipe.hpp"

namespace firstlight {

struct LayerExport {
    std::string format;  // "png", "png16", "tiff", "npy", "csv"
    std::filesystem::path path;
    std::string source;  // names the scan or result in a figure's title
    bool force = false;  // an existing file is replaced
};

[[nodiscard]] const std::vector<std::string>& layer_formats();
// ".tif"; also of the formats for volumes, points and whole results: ".nrrd", ".h5", ".ply", ".ome.tif", ".npz".
[[nodiscard]] std::string extension_of(const std::string& format);

void export_layer(const GatedImages& images, const std::string& layer, std::int64_t view, const LayerExport& to,
                  const Recipe& recipe);

// The recipe inside the result, so that figures look as they did; with a tone map in any case, of the format's bits.
// `source` names the result in messages.
[[nodiscard]] Recipe drawing_recipe(const Result& result, const std::string& source, const std::string& format);

// Throws Error (output) when a file that was read back holds other numbers than were written.
void check_same(const std::filesystem::path& path, const std::vector<float>& wanted, const std::vector<float>& found);

}  // namespace firstlight
