// firstlight export: layers and the volume of a result as files that other programs read.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "host/cli/command.hpp"
#include "host/cli/console.hpp"
#include "host/cli/export_points.hpp"
#include "host/cli/interruption.hpp"
#include "host/cli/result_report.hpp"
#include "host/pipeline/layer_export.hpp"
#include "host/pipeline/pipeline.hpp"
#include "host/pipeline/volume_export.hpp"

namespace firstlight::cli {
namespace {

struct ExportOptions {
    std::string result, output, format = "tiff", layer;
    std::vector<std::string> slices, projections;
    std::optional<double> pixel_mm;
    bool gzip = false, force = false, json = false, quiet = false;
    [[nodiscard]] bool parts_of_volume() const { return !slices.empty() || !projections.empty(); }
};

struct Export {
    std::string name, unit;
    const ImageLayer* layer = nullptr;  // of one view; null: of the volume
    std::int64_t view = 0;
    VolumePart part;
    std::filesystem::path path;
};

const std::vector<std::string> formats{"png", "png16", "tiff", "npy", "csv", "nrrd", "hdf5", "ply"};

bool fits(const std::filesystem::path& extension, const std::string& wanted) {
    return extension == wanted || (wanted == ".tif" && extension == ".tiff") ||
           (wanted == ".h5" && extension == ".hdf5");
}

// Layers that are asked for; none where only the volume is.
std::vector<const ImageLayer*> layers_of(const ExportOptions& options, const Result& result) {
    std::vector<const ImageLayer*> layers;
    std::vector<std::string> names;
    if (options.layer.empty() && (options.parts_of_volume() || is_volume_format(options.format))) return layers;
    for (const ImageLayer& layer : result.images.layers) {
        names.push_back(layer.name);
        if (options.layer.empty() || options.layer == layer.name) layers.push_back(&layer);
    }
    if (!layers.empty() && options.parts_of_volume())
        throw Error(ExitCode::usage, fmt::format("{}: {} is an image", options.result, options.layer),
                    "--slice and --projection are of a volume", "leave them out, or --layer");
    if (!layers.empty() && is_volume_format(options.format))
        throw Error(ExitCode::usage, fmt::format("{}: {} is an image", options.result, options.layer),
                    fmt::format("--format {} holds volumes", options.format), "choose png, png16, tiff, npy or csv");
    if (!layers.empty()) return layers;
    if (result.volume) {
        if (options.layer == result.volume->name) return layers;
        names.push_back(result.volume->name);
    }
    const std::string near = nearest_name(options.layer, names);
    throw Error(
        ExitCode::usage, fmt::format("{}: there is no layer \"{}\"", options.result, options.layer), "",
        near.empty() ? fmt::format("choose from {}", fmt::join(names, ", ")) : fmt::format("did you mean {}?", near));
}

VolumeRequest volume_request(const ExportOptions& options) {
    return {options.result, options.format, options.slices, options.projections, options.gzip, options.force};
}

// Parts of the volume that are asked for.
std::vector<VolumePart> parts_of(const ExportOptions& options, const Result& result) {
    const bool needed = options.parts_of_volume() || is_volume_format(options.format);
    if (!result.volume) {
        if (!needed) return {};
        throw Error(ExitCode::usage, options.result + ": holds no volume",
                    is_volume_format(options.format) ? fmt::format("--format {} holds volumes", options.format)
                                                     : std::string("--slice and --projection are of a volume"),
                    "choose --format png, png16, tiff, npy or csv without them");
    }
    const bool by_name = options.layer == result.volume->name;
    if (!options.layer.empty() && !by_name) return {};
    std::vector<VolumePart> parts = volume_parts(volume_request(options), *result.volume, by_name);
    if (parts.empty() && !options.quiet)
        print_warning(fmt::format("{} is a volume and was left out: choose --slice z=12 or --projection max_z for {}",
                                  result.volume->name, options.format));
    return parts;
}

// Everything to be written, without its path: a file per layer (and per view, except .npy which holds all), and the
// volume's.
std::vector<Export> chosen_exports(const ExportOptions& options, const Result& result) {
    std::vector<Export> exports;
    const std::int64_t views = options.format == "npy" ? 1 : result.images.views;
    for (const ImageLayer* layer : layers_of(options, result))
        for (std::int64_t view = 0; view < views; ++view)
            exports.push_back({views > 1 ? fmt::format("{}_view{:03}", layer->name, view) : layer->name,
                               layer->unit,
                               layer,
                               view,
                               {},
                               {}});
    for (VolumePart& part : parts_of(options, result)) exports.push_back({part.name, part.unit, nullptr, 0, part, {}});
    return exports;
}

// With their paths: one file where -o names a file, else a folder.
std::vector<Export> exports_of(const ExportOptions& options, const Result& result) {
    std::vector<Export> exports = chosen_exports(options, result);
    const std::filesystem::path target = options.output;
    const std::string extension = extension_of(options.format);
    if (!target.has_extension() || std::filesystem::is_directory(target)) {
        for (Export& e : exports) e.path = target / (e.name + extension);
        return exports;
    }
    if (!fits(target.extension(), extension))
        throw Error(ExitCode::usage, fmt::format("{}: its name does not end in {}", options.output, extension),
                    "--format is " + options.format, "name it so, or name a folder");
    if (exports.size() != 1)
        throw Error(ExitCode::usage, fmt::format("{}: is one file", options.output),
                    fmt::format("{} are to be written", exports.size()),
                    result.volume ? "choose one with --layer, --slice or --projection, or name a folder"
                                  : "choose one with --layer (of one view), or name a folder");
    exports.front().path = target;
    return exports;
}

void write_one(const ExportOptions& options, const Result& result, const Recipe& recipe, const Export& e) {
    if (e.layer == nullptr) return write_volume_part(volume_request(options), *result.volume, e.part, recipe, e.path);
    const std::string source = std::filesystem::path(options.result).filename().string();
    export_layer(result.images, e.layer->name, e.view, {options.format, e.path, source, options.force}, recipe);
}

int export_result(const ExportOptions& options) {
    if (std::find(formats.begin(), formats.end(), options.format) == formats.end()) {
        const std::string near = nearest_name(options.format, formats);
        throw Error(ExitCode::usage, fmt::format("--format: there is no format \"{}\"", options.format), "",
                    near.empty() ? fmt::format("choose from {}", fmt::join(formats, ", "))
                                 : fmt::format("did you mean {}?", near));
    }
    if (options.gzip && options.format != "nrrd")
        throw Error(ExitCode::usage, "--gzip: only NRRD files are packed on demand", "--format is " + options.format,
                    "leave --gzip out, or choose --format nrrd");
    const Result result = read_result(options.result, {});
    if (options.format == "ply") {
        if (options.parts_of_volume())
            throw Error(ExitCode::usage, "--format ply: holds points", "--slice and --projection are of a volume",
                        "choose png, png16, tiff, npy or csv for them");
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
    const Recipe recipe = drawing_recipe(result, options.result, options.format);
    const std::vector<Export> exports = exports_of(options, result);
    if (exports.empty()) throw Error(ExitCode::usage, options.result + ": there is nothing to write in this format");
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
        const std::string& name = e.layer != nullptr ? e.layer->name : e.name;
        files.push_back({{"layer", name}, {"view", e.view}, {"unit", e.unit}, {"path", e.path.string()}});
        if (!options.json && !options.quiet) fmt::print("{}  {}\n", name, e.path.string());
    }
    if (options.json) print_json({{"result", options.result}, {"files", files}});
    return 0;
}

}  // namespace

void add_export(CLI::App& program, CommandLine& line) {
    auto options = std::make_shared<ExportOptions>();
    CLI::App* command = program.add_subcommand("export", "Write layers and the volume of a result for other programs");
    command->add_option("RESULT", options->result, "Result file")->type_name("FILE")->required();
    command->add_option("-o,--output", options->output, "Folder, or a file when one is written")
        ->type_name("PATH")
        ->required();
    command
        ->add_option(
            "--format", options->format,
            "png, png16, tiff (float32), npy or csv; volumes only: nrrd or hdf5; ply: the depths as points in space")
        ->type_name("NAME")
        ->capture_default_str();
    command
        ->add_option("--layer", options->layer, "Layer to write, or the volume by its name (mu, albedo); default: all")
        ->type_name("NAME");
    command->add_option("--slice", options->slices, "Slice of the volume, counted from 0: z=12; repeatable")
        ->type_name("AXIS=N")
        ->allow_extra_args(false);
    command
        ->add_option("--projection", options->projections,
                     "Projection of the volume: max, mean, sum or position (where the maximum is), _ and an axis: "
                     "max_z; repeatable")
        ->type_name("NAME")
        ->allow_extra_args(false);
    command->add_flag("--gzip", options->gzip, "Pack NRRD files");
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
