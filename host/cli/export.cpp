// firstlight export: layers and the volume of a result, or photon events, as files that other programs read.
#include <fmt/format.h>

#include "host/cli/command.hpp"
#include "host/cli/console.hpp"
#include "host/cli/interruption.hpp"
#include "host/pipeline/layer_export.hpp"
#include "host/pipeline/pipeline.hpp"
#include "host/pipeline/result_export.hpp"

namespace firstlight::cli {
namespace {

struct ExportOptions {
    ResultExport request;
    std::string output;
    std::optional<double> pixel_mm;
    bool json = false, quiet = false;
};

void report_points(const ExportOptions& options, const ExportFile& made) {
    const std::string path = made.path.string();
    if (options.json)
        print_json(
            {{"result", options.request.result}, {"path", path}, {"points", made.points}, {"last", made.last_points}});
    else if (!options.quiet)
        fmt::print("{} points, {} of them of last surfaces  {}\n", made.points, made.last_points, path);
}

int report_events(const ExportOptions& options) {
    std::vector<std::string> left_out;
    const WritingFiles now;
    const auto step = [](std::int64_t, std::int64_t) {
        if (interruption_requested()) throw Interrupted();
    };
    const ExportFile made = export_events(options.request, step, left_out);
    const std::string path = made.path.string();
    if (options.json)
        print_json(
            {{"scan", options.request.result}, {"path", path}, {"photons", made.points}, {"left_out", left_out}});
    else if (!options.quiet) fmt::print("{} photons  {}\n", made.points, path);
    if (!options.quiet)
        for (const std::string& what : left_out) print_warning(what);
    return 0;
}

int export_result(ExportOptions& options) {
    ResultExport& request = options.request;
    request.output = options.output;
    if (options.pixel_mm) request.pixel_m = *options.pixel_mm * 1e-3;
    check_export(request);
    if (request.format == "photon-hdf5") return report_events(options);
    const Result result = read_result(request.result, {});
    const Recipe recipe = drawing_recipe(result, request.result, request.format);
    std::vector<std::string> left_out;
    std::vector<ExportFile> files = files_to_export(result, request, left_out);
    if (!options.quiet)
        for (const std::string& what : left_out) print_warning(what);
    prepare_export(request, files);
    Json list = Json::array();
    for (ExportFile& file : files) {
        if (interruption_requested()) throw Interrupted();
        const WritingFiles now;
        write_export(result, request, recipe, file);
        if (file.holds == ExportFile::Holds::points) {
            report_points(options, file);
            return 0;
        }
        list.push_back({{"layer", file.name}, {"view", file.view}, {"unit", file.unit}, {"path", file.path.string()}});
        if (!options.json && !options.quiet) fmt::print("{}  {}\n", file.name, file.path.string());
    }
    if (options.json) print_json({{"result", request.result}, {"files", list}});
    return 0;
}

}  // namespace

void add_export(CLI::App& program, CommandLine& line) {
    auto options = std::make_shared<ExportOptions>();
    CLI::App* command = program.add_subcommand("export", "Write layers and the volume of a result for other programs");
    command->add_option("RESULT", options->request.result, "Result file; an acquisition for photon-hdf5")
        ->type_name("FILE")
        ->required();
    command->add_option("-o,--output", options->output, "Folder, or a file when one is written")
        ->type_name("PATH")
        ->required();
    command
        ->add_option(
            "--format", options->request.format,
            "png, png16, tiff (float32), npy or csv; volumes only: nrrd or hdf5; ply: the depths as points in space; "
            "ome-tiff or npz: all layers and the volume in one file; photon-hdf5: the photons of an acquisition of "
            "events")
        ->type_name("NAME")
        ->capture_default_str();
    command
        ->add_option("--layer", options->request.layer,
                     "Layer to write, or the volume by its name (mu, albedo); default: all")
        ->type_name("NAME");
    command->add_option("--slice", options->request.slices, "Slice of the volume, counted from 0: z=12; repeatable")
        ->type_name("AXIS=N")
        ->allow_extra_args(false);
    command
        ->add_option("--projection", options->request.projections,
                     "Projection of the volume: max, mean, sum or position (where the maximum is), _ and an axis: "
                     "max_z; repeatable")
        ->type_name("NAME")
        ->allow_extra_args(false);
    command->add_flag("--gzip", options->request.gzip, "Pack NRRD files");
    command
        ->add_option("--pixel-mm", options->pixel_mm,
                     "Distance of pixels, for points of a scan that does not say where its pixels are")
        ->type_name("MM")
        ->check(CLI::PositiveNumber);
    command->add_flag("--force", options->request.force, "Replace existing files");
    command->add_flag("--json", options->json, "Print one JSON object instead of text");
    command->add_flag("--quiet", options->quiet, "Print nothing but errors");
    command->callback([options, &line] { line.run = [options] { return export_result(*options); }; });
}

}  // namespace firstlight::cli
