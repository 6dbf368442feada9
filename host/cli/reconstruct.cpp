// firstlight reconstruct: an acquisition in, a result and figures out.
#include <fmt/format.h>

#include <chrono>
#include <exception>
#include <optional>

#include "host/cli/command.hpp"
#include "host/cli/console.hpp"
#include "host/cli/interruption.hpp"
#include "host/cli/job_options.hpp"
#include "host/cli/progress_bar.hpp"
#include "host/cli/reconstruct_figures.hpp"
#include "host/cli/result_report.hpp"
#include "host/pipeline/batch_child.hpp"
#include "host/pipeline/batch_item.hpp"
#include "host/pipeline/scan_kind.hpp"

namespace firstlight::cli {
namespace {

struct ReconstructOptions {
    JobOptions job;
    std::string scan, output, png;
    bool force = false, resume = false, json = false, quiet = false, strict = false, help_stages = false;
};

std::filesystem::path output_of(const ReconstructOptions& options) {
    if (!options.output.empty()) return options.output;
    return std::filesystem::path(options.scan).stem().string() + ".result.h5";
}

void report(const ReconstructOptions& options, const std::string& shape, const Recipe& recipe, const Result& result,
            double seconds, const std::filesystem::path& output, const std::vector<FigureFile>& figures) {
    if (options.json) {
        Json json{
            {"input", options.scan}, {"output", output.string()}, {"recipe_name", recipe.name}, {"seconds", seconds}};
        Json& files = json["figures"] = Json::array();
        for (const FigureFile& f : figures) {
            files.push_back({{"layer", f.layer}, {"view", f.view}, {"path", f.path.string()}});
            if (!f.picture.empty()) files.back()["picture"] = f.picture;
        }
        json.update(result_json(result));
        print_json(json);
        return;
    }
    if (options.quiet) return;
    const Process& process = result.process;
    Facts facts{{"input", fmt::format("{}: {}", options.scan, shape)},
                {"recipe", recipe.summary.empty() ? recipe.name : fmt::format("{}: {}", recipe.name, recipe.summary)},
                {"backend", fmt::format("{}, {}", fact_of(process, "backend"), fact_of(process, "device"))},
                {"time", readable_seconds(seconds)}};
    print_facts(facts);
    fmt::print("\n");
    print_stages(process);
    fmt::print("\n");
    Facts ends = quality_facts(result);
    if (result.volume)
        for (auto& fact : volume_facts(*result.volume)) ends.push_back(std::move(fact));
    ends.emplace_back("result", output.string());
    for (const FigureFile& f : figures) ends.emplace_back("figure", f.path.string());
    print_facts(ends);
}

void report_kept(const ReconstructOptions& options, const Recipe& recipe, const Result& result,
                 const std::filesystem::path& output) {
    if (!options.json && !options.quiet) fmt::print("{}: kept, it was made of the same before\n", output.string());
    if (!options.json) return;
    Json json{{"input", options.scan}, {"output", output.string()}, {"recipe_name", recipe.name}, {"kept", true}};
    json.update(result_json(result));
    print_json(json);
}

// What is said of the scan; what is wrong with the line comes before what is wrong with the file.
struct OpenedScan {
    std::optional<AcquisitionFile> file;  // for the run, too
    Scan scan;
    std::string shape;
    std::exception_ptr unreadable;
};

OpenedScan open_scan(const std::string& path, const OpenOptions& options) {
    OpenedScan opened;
    try {
        opened.file.emplace(AcquisitionFile::open(path, options));
        opened.scan = opened.file->scan();
        opened.shape = scan_shape(opened.scan);
    } catch (const Error&) {
        opened.unreadable = std::current_exception();
    }
    return opened;
}

int print_stage_help(const Recipe& recipe) {
    fmt::print("Parameters of recipe \"{}\", set by --stage.parameter VALUE:\n", recipe.name);
    for (const RecipeStage& stage : recipe.stages)
        fmt::print("\n{}", describe_parameters(*stage.stage, stage.params.get()));
    return 0;
}

int reconstruct_scan(const ReconstructOptions& options, const CommandLine& line) {
    const auto start = std::chrono::steady_clock::now();
    end_with_parent();
    Job job;
    if (options.help_stages) {
        const Scan scan = options.scan.empty() ? Scan{} : open_scan(options.scan, {}).scan;
        Recipe recipe = load_recipe(options.job.recipe.empty() ? default_recipe(scan) : options.job.recipe);
        set_stage_flags(recipe, line.stage_flags);
        return print_stage_help(recipe);
    }
    if (options.scan.empty())
        throw Error(ExitCode::usage, "firstlight reconstruct: SCAN is required", "",
                    "see firstlight reconstruct --help");
    job.memory_bytes = memory_of(options.job);
    job.strict = options.strict;
    const OpenedScan opened = open_scan(options.scan, open_options(job));
    job.recipe = recipe_of(options.job, line.stage_flags, opened.scan);
    if (opened.unreadable) std::rethrow_exception(opened.unreadable);
    job.scan_path = options.scan;
    job.calibration_path = options.job.calibration;
    job.backend = options.job.backend;
    job.threads = options.job.threads;
    job.command = line.typed;

    const std::filesystem::path output = output_of(options);
    if (options.resume && options.png.empty())
        if (const std::optional<Result> result = result_made_before(job, output)) {
            report_kept(options, job.recipe, *result, output);
            return 0;
        }
    check_output(output, options.force, options.scan);
    if (!options.job.calibration.empty()) check_output(output, options.force, options.job.calibration);
    const FigureRequest figure_request{options.png, options.scan, options.force};
    if (!options.png.empty()) check_figures(figure_request, job.recipe, opened.scan);

    Result result;
    {
        ProgressBar bar(!options.quiet && !options.json);
        JobCallbacks callbacks;
        callbacks.file = &*opened.file;
        callbacks.cancelled = &interruption_requested();
        callbacks.progress = [&](const Progress& p) {
            bar.show(p.what, p.done, p.total);
            tell_parent(p.what, p.done, p.total);
        };
        callbacks.say = [&](const std::string& text) {
            if (options.quiet || options.json) return;
            bar.wipe();
            fmt::print(stderr, "firstlight: {}\n", text);
        };
        const std::string reason = options.job.recipe.empty() ? default_recipe_reason(opened.scan) : "";
        if (!reason.empty()) callbacks.say(fmt::format("{} {}: recipe {}", options.scan, reason, job.recipe.name));
        result = run_job(job, callbacks);
    }
    if (interruption_requested()) throw Interrupted();
    if (!options.quiet)
        for (const std::string& warning : result.process.warnings) print_warning(warning);
    std::vector<FigureFile> figures;
    const WritingFiles now;  // until all is said: what is in its place is not called unwritten
    {
        NewFiles made;  // the result comes last: where it is, everything is
        if (!options.png.empty()) figures = write_figures(figure_request, result, job.recipe, made);
        write_result(output, result, options.force);
        made.keep();
    }
    report(options, opened.shape, job.recipe, result,
           std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(), output, figures);
    return 0;
}

}  // namespace

void add_reconstruct(CLI::App& program, CommandLine& line) {
    auto options = std::make_shared<ReconstructOptions>();
    CLI::App* command = program.add_subcommand("reconstruct", "Make ballistic images from an acquisition");
    command->add_option("SCAN", options->scan, "Acquisition file")->type_name("FILE");
    command->add_option("-o,--output", options->output, "Result file; default: SCAN's name with .result.h5, here")
        ->type_name("FILE")
        ->check([](const std::string& name) { return name.empty() ? "a file must be named" : ""; });
    add_recipe_option(*command, options->job);
    add_calibration_option(*command, options->job);
    add_backend_options(*command, options->job);
    command
        ->add_option("--png", options->png,
                     "Also write figures into this folder: every layer that shows something, a volume's projections "
                     "and slices (then of many views the first)")
        ->type_name("FOLDER");
    command->add_flag("--force", options->force, "Replace existing files");
    command->add_flag("--resume", options->resume,
                      "Keep the result that is there, where it is whole and was made of the same scan, recipe and "
                      "calibration by this version; not with --png");
    command->add_flag(
        "--strict", options->strict,
        "Refuse what is otherwise a warning: NaN, infinite or negative counts, counts stored in a type that "
        "must be converted, a newer minor version of the format, missing units, macro time of events that "
        "runs backwards");
    command->add_flag("--json", options->json, "Print one JSON object instead of text");
    command->add_flag("--quiet", options->quiet, "Print nothing but errors");
    command->add_flag("--help-stages", options->help_stages, "Print the parameters of the recipe's stages and exit");
    command->footer(
        "Parameters of stages: --stage.parameter VALUE, for example --time_gate.open_ps -40.\n"
        "All of them: firstlight reconstruct --help-stages, or firstlight recipe show NAME");
    command->callback([options, &line] { line.run = [options, &line] { return reconstruct_scan(*options, line); }; });
}

}  // namespace firstlight::cli
