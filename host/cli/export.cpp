// firstlight export: layers of a result as files that other programs read.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>

#include "host/cli/command.hpp"
#include "host/cli/console.hpp"
#include "host/cli/export_points.hpp"
#include "host/cli/interruption.hpp"
#include "host/cli/numbers_file.hpp"
#include "host/cli/result_report.hpp"
#include "host/io/images.hpp"
#include "host/pipeline/layer_figure.hpp"
#include "host/pipeline/pipeline.hpp"

namespace firstlight::cli {
namespace {

struct ExportOptions {
    std::string result, output, format = "tiff", layer;
    std::optional<double> pixel_mm;
    bool force = false, json = false, quiet = false;
};

struct Export {
    const ImageLayer* layer = nullptr;
    std::int64_t view = 0;
    std::filesystem::path path;
};

const std::vector<std::string> formats{"png", "png16", "tiff", "npy", "csv", "ply"};

std::string extension_of(const std::string& format) {
    if (format == "png16") return ".png";
    return format == "tiff" ? ".tif" : "." + format;
}

std::vector<const ImageLayer*> layers_of(const ExportOptions& options, const GatedImages& images) {
    std::vector<const ImageLayer*> layers;
    std::vector<std::string> names;
    for (const ImageLayer& layer : images.layers) {
        names.push_back(layer.name);
        if (options.layer.empty() || options.layer == layer.name) layers.push_back(&layer);
    }
    if (!layers.empty()) return layers;
    const std::string near = nearest_name(options.layer, names);
    throw Error(
        ExitCode::usage, fmt::format("{}: there is no layer \"{}\"", options.result, options.layer), "",
        near.empty() ? fmt::format("choose from {}", fmt::join(names, ", ")) : fmt::format("did you mean {}?", near));
}

// One file where -o names a file, else a folder with a file per layer (and per view, except .npy which holds all).
std::vector<Export> exports_of(const ExportOptions& options, const GatedImages& images) {
    const auto layers = layers_of(options, images);
    const std::filesystem::path target = options.output;
    const std::string extension = extension_of(options.format);
    const bool one_file = target.has_extension() && !std::filesystem::is_directory(target);
    const std::int64_t views = options.format == "npy" ? 1 : images.views;
    if (one_file) {
        const bool fits = target.extension() == extension || (extension == ".tif" && target.extension() == ".tiff");
        if (!fits)
            throw Error(ExitCode::usage, fmt::format("{}: its name does not end in {}", options.output, extension),
                        "--format is " + options.format, "name it so, or name a folder");
        if (layers.size() != 1 || views != 1)
            throw Error(ExitCode::usage, fmt::format("{}: is one file", options.output),
                        fmt::format("{} layers with {} views are to be written", layers.size(), views),
                        "choose one with --layer, or name a folder");
        return {{layers.front(), 0, target}};
    }
    std::vector<Export> exports;
    for (const ImageLayer* layer : layers)
        for (std::int64_t view = 0; view < views; ++view)
            exports.push_back({layer, view,
                               target / (views > 1 ? fmt::format("{}_view{:03}{}", layer->name, view, extension)
                                                   : layer->name + extension)});
    return exports;
}

void write_one(const ExportOptions& options, const Result& result, Recipe recipe, const Export& e) {
    const GatedImages& images = result.images;
    const auto view_values = [&] {
        const auto pixels = static_cast<std::ptrdiff_t>(images.rows * images.columns);
        const auto from = e.layer->values.begin() + pixels * e.view;
        return std::vector<float>(from, from + pixels);
    };
    std::vector<float> wanted, found;
    if (options.format == "npy") {
        write_npy(e.path, images, *e.layer, options.force);
        wanted = e.layer->values;
        found = read_npy(e.path);
    } else if (options.format == "csv") {
        write_csv(e.path, images, *e.layer, e.view, options.force);
        wanted = view_values();
        found = read_csv(e.path);
    } else if (options.format == "tiff") {
        wanted = view_values();
        write_tiff_float(e.path, wanted.data(), images.rows, images.columns,
                         {pixel_pitch_m(images.x), pixel_pitch_m(images.y), e.layer->unit}, options.force);
        found = read_tiff_float(e.path).values;
    } else {
        if (RecipeStage* tone = recipe.find(ToneMap::info.name))
            static_cast<ToneMap::Params*>(tone->params.get())->bits =
                options.format == "png16" ? ToneMap::Bits::sixteen : ToneMap::Bits::eight;
        write_layer_figure(e.path, images, e.layer->name, e.view, recipe,
                           std::filesystem::path(options.result).filename().string(), options.force);
        (void)read_png(e.path);  // decodes and checks every row
        return;
    }
    const bool same = wanted.size() == found.size() &&
                      std::equal(wanted.begin(), wanted.end(), found.begin(),
                                 [](float a, float b) { return a == b || (std::isnan(a) && std::isnan(b)); });
    if (!same)
        throw Error(ExitCode::output, e.path.string() + ": holds other numbers than were written", "",
                    "check the disk");
}

// The recipe inside the result, so that figures look as they did; with a tone map in any case.
Recipe drawing_recipe(const Result& result, const std::string& path) {
    std::string text = result.process.recipe;
    if (text.empty()) return load_recipe("transmission");
    Recipe recipe = parse_recipe(text, path + ": recipe");
    if (recipe.find(ToneMap::info.name) == nullptr) {
        const StageEntry* tone = find_stage(ToneMap::info.name);
        recipe.stages.push_back({tone, tone->make_params(), {}});
    }
    return recipe;
}

int export_result(const ExportOptions& options) {
    if (std::find(formats.begin(), formats.end(), options.format) == formats.end()) {
        const std::string near = nearest_name(options.format, formats);
        throw Error(ExitCode::usage, fmt::format("--format: there is no format \"{}\"", options.format), "",
                    near.empty() ? fmt::format("choose from {}", fmt::join(formats, ", "))
                                 : fmt::format("did you mean {}?", near));
    }
    const Result result = read_result(options.result, {});
    if (options.format == "ply") {
        const ExportedPoints made =
            export_points({options.result, options.output, options.layer, options.pixel_mm, options.force}, result);
        if (options.json)
            print_json({{"result", options.result}, {"path", made.path}, {"points", made.points}, {"last", made.last}});
        else if (!options.quiet)
            fmt::print("{} points, {} of them of last surfaces  {}\n", made.points, made.last, made.path);
        return 0;
    }
    if (options.pixel_mm)
        throw Error(ExitCode::usage, "--pixel-mm has no effect", "only the points of --format ply need it",
                    "leave it out");
    const Recipe recipe = drawing_recipe(result, options.result);
    const std::vector<Export> exports = exports_of(options, result.images);
    const std::filesystem::path folder = exports.front().path.parent_path();
    std::error_code failed;
    if (!folder.empty()) std::filesystem::create_directories(folder, failed);
    if (failed) throw Error(ExitCode::output, folder.string() + ": the folder cannot be made", failed.message());
    for (const Export& e : exports) check_output(e.path, options.force, options.result);
    Json files = Json::array();
    for (const Export& e : exports) {
        if (interruption_requested()) throw Interrupted();
        const WritingFiles now;
        write_one(options, result, recipe, e);
        files.push_back(
            {{"layer", e.layer->name}, {"view", e.view}, {"unit", e.layer->unit}, {"path", e.path.string()}});
        if (!options.json && !options.quiet) fmt::print("{}  {}\n", e.layer->name, e.path.string());
    }
    if (options.json) print_json({{"result", options.result}, {"files", files}});
    return 0;
}

}  // namespace

void add_export(CLI::App& program, CommandLine& line) {
    auto options = std::make_shared<ExportOptions>();
    CLI::App* command = program.add_subcommand("export", "Write layers of a result for other programs");
    command->add_option("RESULT", options->result, "Result file")->type_name("FILE")->required();
    command->add_option("-o,--output", options->output, "Folder, or a file when one layer is written")
        ->type_name("PATH")
        ->required();
    command
        ->add_option("--format", options->format,
                     "png, png16, tiff (float32), npy or csv; ply: the depths as points in space")
        ->type_name("NAME")
        ->capture_default_str();
    command->add_option("--layer", options->layer, "Layer to write; default: all")->type_name("NAME");
    command
        ->add_option("--pixel-mm", options->pixel_mm,
                     "Distance of pixels, for points of a scan that does not say where its pixels are")
        ->type_name("MM")
        ->check(CLI::PositiveNumber);
    command->add_flag("--force", options->force, "Replace existing files");
    command->add_flag("--json", options->json, "Print one JSON object instead of text");
    command->add_flag("--quiet", options->quiet, "Print nothing but errors");
    command->callback([options, &line] { line.run = [options] { return export_result(*options); }; });
}

}  // namespace firstlight::cli
