#include "viewer/session/document_export.hpp"

#include <fmt/format.h>

#include "host/pipeline/layer_export.hpp"
#include "host/pipeline/surface_points.hpp"
#include "host/pipeline/volume_export.hpp"
#include "viewer/session/counted.hpp"
#include "viewer/session/layer_files.hpp"

namespace firstlight::viewer {

void export_volume(Session& session, const Document& document, const std::filesystem::path& path, bool force) {
    const std::string why = why_not_written(document);
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
    if (const std::string why = why_not_written(document); !why.empty()) {
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
