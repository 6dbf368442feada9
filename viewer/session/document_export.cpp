#include "viewer/session/document_export.hpp"

#include <fmt/format.h>

#include <memory>

#include "host/pipeline/layer_export.hpp"
#include "host/pipeline/layer_figure.hpp"
#include "host/pipeline/surface_points.hpp"
#include "host/pipeline/volume_export.hpp"
#include "kernels/support/layers.hpp"
#include "viewer/session/counted.hpp"

namespace firstlight::viewer {
Recipe recipe_with_colours(const Result& result, const std::string& source, const std::string& layer,
                           ToneMap::Params tone, const std::string& format) {
    Recipe recipe = drawing_recipe(result, source, format);
    auto& drawn = *static_cast<ToneMap::Params*>(recipe.find(ToneMap::info.name)->params.get());
    tone.bits = drawn.bits;
    if (const LayerInfo* known = find_layer(layer)) tone.layer = known->layer;
    drawn = tone;
    return recipe;
}

std::string why_not_exported(const Document& document) {
    if (!document.result) return "there is no image yet";
    if (!document.is_settled())
        return document.failed_run.empty() ? "the image is a preview until the whole recipe has run"
                                           : "the recipe did not run to its end: undo the last change";
    return "";
}

std::string format_of(const std::filesystem::path& path) {
    const std::string name = path.filename().string();
    const auto ends = [&](const char* ending) {
        const std::string text = ending;
        return name.size() > text.size() && name.compare(name.size() - text.size(), text.size(), text) == 0;
    };
    if (ends(".png")) return "png";
    if (ends(".tif") || ends(".tiff")) return "tiff";
    if (ends(".csv")) return "csv";
    return ends(".npy") ? "npy" : "";
}

void export_shown_layer(Session& session, const Document& document, const std::filesystem::path& path,
                        bool sixteen_bits, bool force) {
    const ImageLayer* layer = document.layer();
    if (layer == nullptr || !why_not_exported(document).empty()) {
        session.messages().fail(fmt::format("{}: not written: {}", path.string(), why_not_exported(document)));
        return;
    }
    std::string format = format_of(path);
    if (format.empty()) {
        session.messages().fail(fmt::format(
            "{}: not written: its ending says no format: end it in .png, .tif, .csv or .npy", path.string()));
        return;
    }
    if (format == "png" && sixteen_bits) format = "png16";
    session.write("layer", [result = document.result, name = layer->name, tone = document.tone(*layer),
                            view = document.view_of_images(), to = LayerExport{format, path, document.title(), force}] {
        export_layer(result->images, name, view, to, recipe_with_colours(*result, to.source, name, tone, to.format));
        return fmt::format("layer {} written: {}", name, to.path.string());
    });
}

void export_all_layers(Session& session, const Document& document, const std::filesystem::path& folder) {
    if (const std::string why = why_not_exported(document); !why.empty()) {
        session.messages().fail(fmt::format("{}: not written: {}", folder.string(), why));
        return;
    }
    std::vector<std::pair<std::string, ToneMap::Params>> layers;
    for (const ImageLayer& layer : document.result->images.layers)
        layers.emplace_back(layer.name, document.tone(layer));
    session.write("layers", [result = document.result, layers, folder, source = document.title()] {
        std::size_t files = 0;
        for (const auto& [name, tone] : layers)
            for (std::int64_t view = 0; view < result->images.views; ++view)
                for (const char* format : {"tiff", "png"}) {
                    const std::string stem = result->images.views > 1 ? fmt::format("{}_view{:03}", name, view) : name;
                    const std::filesystem::path path = folder / (stem + extension_of(format));
                    export_layer(result->images, name, view, {format, path, source, false},
                                 recipe_with_colours(*result, source, name, tone, format));
                    ++files;
                }
        return fmt::format("{} written into {}", counted(files, "file"), folder.string());
    });
}

void export_volume(Session& session, const Document& document, const std::filesystem::path& path, bool force) {
    const std::string why = why_not_exported(document);
    if (!why.empty() || !document.result->volume) {
        session.messages().fail(
            fmt::format("{}: not written: {}", path.string(), why.empty() ? "there is no volume" : why));
        return;
    }
    session.write("volume", [result = document.result, path, force, source = document.title()] {
        const std::string ending = path.extension().string();
        VolumeRequest request;
        request.result = source;
        request.format = ending == ".tif" || ending == ".tiff" ? "tiff"
                         : ending == ".npy"                    ? "npy"
                         : ending == ".h5"                     ? "hdf5"
                                                               : "nrrd";
        request.force = force;
        const std::vector<VolumePart> parts = volume_parts(request, *result->volume, true);
        write_volume_part(request, *result->volume, parts.front(), drawing_recipe(*result, source, request.format),
                          path);
        return fmt::format("volume written: {}", path.string());
    });
}

void export_surface_points(Session& session, const Document& document, const std::filesystem::path& path, bool force) {
    if (const std::string why = why_not_exported(document); !why.empty()) {
        session.messages().fail(fmt::format("{}: not written: {}", path.string(), why));
        return;
    }
    session.write("points", [result = document.result, path, force, source = document.title()] {
        const PointCloud cloud =
            surface_points(result->images, source, {}, result->volume ? &*result->volume : nullptr);
        export_points(path, cloud, force);
        return fmt::format("{} written: {}", counted(cloud.points.size(), "point"), path.string());
    });
}

std::string values_as_text(const Document& document) {
    const float* values = document.layer_values();
    if (values == nullptr) return "";
    const GatedImages& images = *document.images();
    std::string text;
    for (std::int64_t y = 0; y < images.rows; ++y)
        for (std::int64_t x = 0; x < images.columns; ++x) {
            text += fmt::format("{}", values[y * images.columns + x]);
            text += x + 1 == images.columns ? '\n' : '\t';
        }
    return text;
}

std::string pixel_as_text(const Document& document) {
    const GatedImages* images = document.images();
    const std::optional<PixelAt> pixel = document.looks.pixel;
    if (images == nullptr || !pixel || pixel->y >= images->rows || pixel->x >= images->columns) return "";
    std::string text = fmt::format("{}\tx {}\ty {}", document.title(), pixel->x, pixel->y);
    const std::int64_t at = (document.view_of_images() * images->rows + pixel->y) * images->columns + pixel->x;
    for (const ImageLayer& layer : images->layers)
        text += fmt::format("\t{} {}{}", layer.name, layer.values[static_cast<std::size_t>(at)],
                            layer.unit.empty() || layer.unit == "1" ? "" : " " + layer.unit);
    return text + "\n";
}

std::string command_as_text(const Session& session, const Document& document) {
    const CommandText command = reconstruct_command(session.reconstruct_text(document));
    std::string text;
    if (!command.must_save.empty())
        text = fmt::format("# first save the recipe as {}\n", shell_quoted(command.must_save.string()));
    return text + command.line() + "\n";
}

std::string python_as_text(const Session& session, const Document& document) {
    return reconstruct_python(session.reconstruct_text(document));
}

}  // namespace firstlight::viewer
