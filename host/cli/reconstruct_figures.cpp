#include "host/cli/reconstruct_figures.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <set>

#include "host/cli/console.hpp"
#include "host/pipeline/layer_figure.hpp"
#include "host/pipeline/volume_figure.hpp"
#include "kernels/support/layers.hpp"

namespace firstlight::cli {
namespace {

std::filesystem::path figure_path(const FigureRequest& request, const std::string& what) {
    return request.folder / fmt::format("{}_{}.png", std::filesystem::path(request.scan).stem().string(), what);
}

// Hundreds of views all look alike where their volume is drawn.
std::int64_t drawn_views(std::int64_t views, bool beside_a_volume) {
    constexpr std::int64_t most_beside_a_volume = 4;
    return beside_a_volume && views > most_beside_a_volume ? 1 : views;
}

std::filesystem::path layer_path(const FigureRequest& request, const std::string& layer, std::int64_t view,
                                 bool views) {
    return figure_path(request, views ? fmt::format("{}_view{:03}", layer, view) : layer);
}

[[noreturn]] void refuse(const std::filesystem::path& folder, const char* problem, const std::string& why) {
    throw Error(ExitCode::output, folder.string() + ": " + problem, why, "give another --png");
}

// The folder, or where it is not there the nearest above it that is, can be written to.
void check_folder(const std::filesystem::path& folder) {
    std::error_code ignored;
    std::filesystem::path nearest = folder.lexically_normal();
    while (!nearest.empty() && !std::filesystem::exists(nearest, ignored) && nearest != nearest.parent_path())
        nearest = nearest.parent_path();
    if (nearest.empty()) nearest = ".";
    const bool there = std::filesystem::exists(folder, ignored);
    if (!std::filesystem::is_directory(nearest, ignored))
        refuse(folder, "the folder cannot be made", fmt::format("{} is not a folder", nearest.string()));
    if (::access(nearest.c_str(), W_OK | X_OK) != 0)
        refuse(folder, there ? "cannot be written" : "the folder cannot be made",
               there ? std::string("no permission") : fmt::format("{}: {}", nearest.string(), std::strerror(errno)));
}

}  // namespace

NewFiles::~NewFiles() {
    std::error_code ignored;  // a folder that others filled meanwhile stays
    for (auto path = made_.rbegin(); path != made_.rend(); ++path) std::filesystem::remove(*path, ignored);
}

void NewFiles::will_make(const std::filesystem::path& file) {
    std::error_code ignored;
    if (!std::filesystem::exists(std::filesystem::symlink_status(file, ignored))) made_.push_back(file);
}

void NewFiles::make_folder(const std::filesystem::path& folder) {
    std::error_code failed;
    std::filesystem::path path;
    for (const std::filesystem::path& part : folder.lexically_normal()) {
        path /= part;
        if (part.empty()) continue;  // a slash at the end
        will_make(path);
        std::filesystem::create_directory(path, failed);
    }
    if (!std::filesystem::is_directory(folder)) refuse(folder, "the folder cannot be made", failed.message());
}

void check_figures(const FigureRequest& request, const Recipe& recipe, const Scan& scan) {
    check_folder(request.folder);
    if (!std::filesystem::exists(request.folder)) return;  // nothing in it to be overwritten
    std::set<std::string> layers{"counts"};
    for (const RecipeStage& stage : recipe.stages)
        if (stage.stage->layers != nullptr)
            for (const Layer layer : stage.stage->layers(stage.params.get())) layers.insert(layer_info(layer).name);
    const RecipeStage* volume = recipe.volume();
    const std::int64_t views = drawn_views(scan.views, volume != nullptr);
    for (const std::string& layer : layers)
        for (std::int64_t view = 0; view < views && is_worth_a_figure(layer); ++view)
            check_output(layer_path(request, layer, view, scan.has_views_axis), request.force, request.scan);
    if (volume == nullptr) return;
    const std::string name = volume->stage->box(volume->params.get(), scan).name;
    for (const std::string& picture : volume_picture_names())
        check_output(figure_path(request, fmt::format("{}_{}", name, picture)), request.force, request.scan);
}

std::vector<FigureFile> write_figures(const FigureRequest& request, const Result& result, const Recipe& recipe,
                                      NewFiles& made) {
    made.make_folder(request.folder);
    const std::string source = std::filesystem::path(request.scan).filename().string();
    std::vector<FigureFile> files;
    const GatedImages& images = result.images;
    const std::int64_t views = drawn_views(images.views, result.volume.has_value());
    for (const ImageLayer& layer : images.layers) {
        if (!is_worth_a_figure(layer.name) || !says_something(images, layer)) continue;
        for (std::int64_t view = 0; view < views; ++view) {
            const auto path = layer_path(request, layer.name, view, images.has_views_axis);
            made.will_make(path);
            write_layer_figure(path, images, layer.name, view, recipe, source, request.force);
            files.push_back({layer.name, view, "", path});
        }
    }
    if (!result.volume) return files;
    for (const VolumePicture& picture : volume_pictures(*result.volume)) {
        const auto path = figure_path(request, result.volume->name + "_" + picture.name);
        made.will_make(path);
        write_volume_figure(path, *result.volume, picture, recipe, source, request.force);
        files.push_back({result.volume->name, 0, picture.name, path});
    }
    return files;
}

}  // namespace firstlight::cli
