#include "viewer/image/layer_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "host/pipeline/layer_export.hpp"
#include "kernels/support/error.hpp"
#include "kernels/support/layers.hpp"
#include "viewer/session/counted.hpp"
#include "viewer/session/document_export.hpp"

namespace firstlight::viewer {
namespace {

bool is_mask(const std::string& layer) { return layer.rfind("mask", 0) == 0; }

int bit_of(const std::string& layer) {
    for (const int bit : mask_flags)
        if (flag_layer(bit) == layer) return bit;
    return 0xFF;
}

// The images with nothing but the mask, as numbers.
GatedImages mask_as_layer(const GatedImages& images, const std::string& name) {
    const int bit = bit_of(name);
    GatedImages one = images;
    one.layers.clear();
    one.mask.clear();
    ImageLayer layer{name, "1", name == "mask" ? "flags of pixels" : "1: pixel has this flag", {}};
    layer.values.reserve(images.mask.size());
    for (const std::uint8_t flags : images.mask)
        layer.values.push_back(name == "mask" ? static_cast<float>(flags) : (flags & bit) != 0 ? 1.0F : 0.0F);
    one.signal = name;
    one.layers.push_back(std::move(layer));
    return one;
}

void write_one(const Result& result, const std::string& layer, std::int64_t view, const LayerExport& to,
               const Recipe& recipe) {
    if (is_mask(layer)) export_layer(mask_as_layer(result.images, layer), layer, view, to, recipe);
    else export_layer(result.images, layer, view, to, recipe);
}

}  // namespace

std::string flag_layer(int bit) {
    for (const FlagInfo& flag : mask_flag_table)
        if (flag.bit == bit) return std::string("mask_") + flag.name;
    throw Error(ExitCode::internal, fmt::format("no flag has the bit {}", bit));
}

std::string export_name(const Document& document, const std::string& layer, const std::string& format) {
    const bool of_view = document.views() > 1 && format != "npy";
    return fmt::format("{}.{}{}{}", document.path.stem().string(), layer,
                       of_view ? fmt::format(".view{}", document.view_of_images()) : "", extension_of(format));
}

std::string why_no_export(const Document& document) {
    if (!document.result) return "there is no result yet";
    if (!document.is_settled() && document.scan) return "the recipe on the screen still runs";
    if (document.result_of != document.wanted()) return "the recipe on the screen has no result";
    return "";
}

std::function<std::string()> export_one(const Document& document, const std::string& layer, const std::string& format,
                                        const std::filesystem::path& path) {
    const ImageLayer* shown = document.result ? document.result->images.layer(layer) : nullptr;
    return
        [result = document.result, layer, path, view = document.looks.view,
         to = LayerExport{format, path,
                          document.scan_path.empty() ? document.title() : document.scan_path.filename().string(), true},
         recipe = shown == nullptr
                      ? drawing_recipe(*document.result, document.title(), format)
                      : recipe_with_colours(*document.result, document.title(), layer, document.tone(*shown), format)] {
            write_one(*result, layer, view, to, recipe);
            return fmt::format("layer written: {}", path.string());
        };
}

std::function<std::string()> export_all(const Document& document, const std::string& format,
                                        const std::filesystem::path& folder) {
    std::vector<std::pair<std::string, std::function<std::string()>>> parts;
    std::vector<std::filesystem::path> paths;
    std::vector<std::string> names;
    for (const ImageLayer& layer : document.result->images.layers) names.push_back(layer.name);
    if (!document.result->images.mask.empty()) names.emplace_back("mask");
    for (const std::string& name : names) {
        paths.push_back(folder / export_name(document, name, format));
        parts.emplace_back(name, export_one(document, name, format, paths.back()));
    }
    return [parts, paths, folder] {
        for (const std::filesystem::path& path : paths)
            if (std::filesystem::exists(path))
                throw Error(ExitCode::output, path.string() + ": exists already", "no layer was written",
                            "choose another folder, or remove it");
        std::string skipped;
        int written = 0;
        for (const auto& [name, write] : parts) try {
                (void)write();
                ++written;
            } catch (const Error& e) {  // such as a picture of a layer without any value
                if (e.code() == ExitCode::output) throw;
                skipped += fmt::format("; not {}: {}", name, e.what());
            }
        return fmt::format("{} written: {}{}", counted(written, "layer"), folder.string(), skipped);
    };
}

}  // namespace firstlight::viewer
