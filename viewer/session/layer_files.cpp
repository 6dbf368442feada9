#include "viewer/session/layer_files.hpp"

#include <fmt/format.h>

#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "host/pipeline/layer_export.hpp"
#include "kernels/support/error.hpp"
#include "kernels/support/layers.hpp"
#include "viewer/session/counted.hpp"

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

// What is written, fixed when it was asked for: the document may change meanwhile.
struct Writing {
    std::shared_ptr<const Result> result;
    std::vector<LayerFile> files;
    std::map<std::pair<std::string, std::string>, Recipe> drawn_as;  // by layer and format
    std::string source;
    bool replace = false;
    std::optional<GatedImages> mask;  // of `mask_of`, for all its files
    std::string mask_of;

    const GatedImages& images_of(const std::string& layer) {
        if (!is_mask(layer)) return result->images;
        if (mask_of != layer) mask = mask_as_layer(result->images, layer);
        mask_of = layer;
        return *mask;
    }
    void write_one(const LayerFile& file) {
        export_layer(images_of(file.layer), file.layer, file.view, {file.format, file.path, source, replace},
                     drawn_as.at({file.layer, file.format}));
    }
    std::string write() {
        if (files.size() == 1) {
            write_one(files[0]);
            return fmt::format("layer {} written: {}", files[0].layer, files[0].path.string());
        }
        std::string left_out;
        std::size_t written = 0;
        for (const LayerFile& file : files) try {
                write_one(file);
                ++written;
            } catch (const Error& e) {
                if (e.code() == ExitCode::output) throw;
                left_out += fmt::format("; not {}: {}", file.path.filename().string(), e.what());
            }
        return fmt::format("{} of layers written into {}{}", counted(written, "file"),
                           files[0].path.parent_path().string(), left_out);
    }
};

// The result's own recipe, with the colours that the layer has on the screen.
Recipe drawing_recipe_of(const Document& document, const std::string& source, const LayerFile& file) {
    Recipe recipe = drawing_recipe(*document.result, source, file.format);
    const ImageLayer* layer = document.result->images.layer(file.layer);
    if (layer == nullptr) return recipe;  // flags
    auto& drawn = *static_cast<ToneMap::Params*>(recipe.find(ToneMap::info.name)->params.get());
    ToneMap::Params tone = document.tone(*layer);
    tone.bits = drawn.bits;
    if (const LayerInfo* known = find_layer(file.layer)) tone.layer = known->layer;
    drawn = tone;
    return recipe;
}

}  // namespace

std::string stem_of(const Document& document) {
    std::string stem = document.path.stem().string();
    const std::string ending = ".result";
    if (stem.size() > ending.size() && stem.compare(stem.size() - ending.size(), ending.size(), ending) == 0)
        stem.resize(stem.size() - ending.size());
    return stem;
}

std::string layer_file_name(const Document& document, const std::string& layer, std::int64_t view,
                            const std::string& format) {
    const bool one_of_many = document.views() > 1 && format != "npy";
    return fmt::format("{}.{}{}{}", stem_of(document), layer, one_of_many ? fmt::format("_view{:03}", view) : "",
                       extension_of(format));
}

std::string layer_format_of(const std::filesystem::path& path) {
    const std::string ending = path.extension().string();
    if (ending == ".tif" || ending == ".tiff") return "tiff";
    return ending == ".png" || ending == ".csv" || ending == ".npy" ? ending.substr(1) : "";
}

std::string flag_layer(int bit) {
    for (const FlagInfo& flag : mask_flag_table)
        if (flag.bit == bit) return std::string("mask_") + flag.name;
    throw Error(ExitCode::internal, fmt::format("no flag has the bit {}", bit));
}

std::vector<LayerFile> files_of_all_layers(const Document& document, const std::vector<std::string>& formats,
                                           const std::filesystem::path& folder) {
    const GatedImages& images = document.result->images;
    std::vector<std::string> names;
    for (const ImageLayer& layer : images.layers) names.push_back(layer.name);
    if (!images.mask.empty()) names.emplace_back("mask");
    std::vector<LayerFile> files;
    for (const std::string& name : names)
        for (const std::string& format : formats)
            for (std::int64_t view = 0; view < (format == "npy" ? 1 : images.views); ++view)
                files.push_back({name, view, format, folder / layer_file_name(document, name, view, format)});
    return files;
}

std::vector<std::filesystem::path> files_that_exist(const std::vector<LayerFile>& files) {
    std::vector<std::filesystem::path> there;
    std::error_code ignored;
    for (const LayerFile& file : files)
        if (std::filesystem::exists(std::filesystem::symlink_status(file.path, ignored))) there.push_back(file.path);
    return there;
}

std::string why_not_written(const Document& document) {
    if (!document.result) return "there is no result yet";
    if (document.is_settled()) return "";
    if (!document.failed_run.empty()) return "the recipe did not run to its end: undo the last change";
    if (document.pipeline.busy() || document.settle_at || document.has_posts())
        return "the recipe on the screen still runs";
    return document.result_of == document.wanted() ? "" : "the recipe on the screen has no result";
}

void write_layer_files(Session& session, const Document& document, const std::vector<LayerFile>& files, bool replace) {
    if (files.empty()) return;
    if (const std::string why = why_not_written(document); !why.empty()) {
        session.messages().fail(fmt::format("{}: not written: {}", files[0].path.string(), why));
        return;
    }
    const auto writing = std::make_shared<Writing>();
    writing->result = document.result;
    writing->files = files;
    writing->source = document.scan_path.empty() ? document.title() : document.scan_path.filename().string();
    writing->replace = replace;
    for (const LayerFile& file : files)
        if (const std::pair key(file.layer, file.format); !writing->drawn_as.contains(key))
            writing->drawn_as.emplace(key, drawing_recipe_of(document, writing->source, file));
    session.write(files.size() == 1 ? "layer" : "layers", [writing] { return writing->write(); });
}

}  // namespace firstlight::viewer
