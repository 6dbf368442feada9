#include "host/pipeline/layer_export.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "host/io/images.hpp"
#include "host/io/numbers_file.hpp"
#include "host/pipeline/layer_figure.hpp"

namespace firstlight {
namespace {

const ImageLayer& layer_to_write(const GatedImages& images, const std::string& name, std::int64_t view) {
    const ImageLayer* layer = images.layer(name);
    if (layer == nullptr) {
        std::vector<std::string> names;
        for (const ImageLayer& one : images.layers) names.push_back(one.name);
        throw Error(ExitCode::usage, fmt::format("there is no layer \"{}\"", name), "",
                    fmt::format("choose from {}", fmt::join(names, ", ")));
    }
    if (view < 0 || view >= images.views)
        throw Error(ExitCode::usage, fmt::format("there is no view {}", view),
                    fmt::format("the result has {}, counted from 0", images.views));
    return *layer;
}

}  // namespace

const std::vector<std::string>& layer_formats() {
    static const std::vector<std::string> formats{"png", "png16", "tiff", "npy", "csv"};
    return formats;
}

std::string extension_of(const std::string& format) {
    if (format == "png16") return ".png";
    if (format == "hdf5") return ".h5";
    if (format == "ome-tiff") return ".ome.tif";
    return format == "tiff" ? ".tif" : "." + format;
}

void check_same(const std::filesystem::path& path, const std::vector<float>& wanted, const std::vector<float>& found) {
    const bool same = wanted.size() == found.size() &&
                      std::equal(wanted.begin(), wanted.end(), found.begin(),
                                 [](float a, float b) { return a == b || (std::isnan(a) && std::isnan(b)); });
    if (!same)
        throw Error(ExitCode::output, path.string() + ": holds other numbers than were written", "", "check the disk");
}

void export_layer(const GatedImages& images, const std::string& name, std::int64_t view, const LayerExport& to,
                  const Recipe& recipe) {
    const std::vector<std::string>& formats = layer_formats();
    if (std::find(formats.begin(), formats.end(), to.format) == formats.end())
        throw Error(ExitCode::usage, fmt::format("there is no format \"{}\" for images", to.format), "",
                    fmt::format("choose from {}", fmt::join(formats, ", ")));
    const ImageLayer& layer = layer_to_write(images, name, view);
    if (to.format == "png" || to.format == "png16") {
        write_layer_figure(to.path, images, name, view, recipe, to.source, to.force);
        (void)read_png(to.path);  // decodes and checks every row
        return;
    }
    if (to.format == "npy") {
        write_npy(to.path, images, layer, to.force);
        check_same(to.path, layer.values, read_npy(to.path));
        return;
    }
    const auto pixels = static_cast<std::ptrdiff_t>(images.rows * images.columns);
    const auto from = layer.values.begin() + pixels * view;
    const std::vector<float> wanted(from, from + pixels);
    if (to.format == "csv") {
        write_csv(to.path, images, layer, view, to.force);
        check_same(to.path, wanted, read_csv(to.path));
        return;
    }
    write_tiff_float(to.path, wanted.data(), images.rows, images.columns,
                     {pixel_pitch_m(images.x), pixel_pitch_m(images.y), layer.unit}, to.force);
    check_same(to.path, wanted, read_tiff_float(to.path).values);
}

Recipe drawing_recipe(const Result& result, const std::string& source, const std::string& format) {
    const std::string& text = result.process.recipe;
    Recipe recipe = text.empty() ? load_recipe("transmission") : parse_recipe(text, source + ": recipe");
    if (recipe.find(ToneMap::info.name) == nullptr) {
        const StageEntry* tone = find_stage(ToneMap::info.name);
        recipe.stages.push_back({tone, tone->make_params(), {}});
    }
    static_cast<ToneMap::Params*>(recipe.find(ToneMap::info.name)->params.get())->bits =
        format == "png16" ? ToneMap::Bits::sixteen : ToneMap::Bits::eight;
    return recipe;
}

}  // namespace firstlight
