// firstlight rerun: reproduces a result from what is inside it, or says what differs.
#include <fmt/format.h>

#include <algorithm>

#include "host/cli/command.hpp"
#include "host/cli/console.hpp"
#include "host/cli/interruption.hpp"
#include "host/cli/job_options.hpp"
#include "host/cli/progress_bar.hpp"
#include "host/cli/result_report.hpp"
#include "host/pipeline/result_difference.hpp"

namespace firstlight::cli {
namespace {

struct RerunOptions {
    std::string result, output, scan;
    int threads = 0;
    bool force = false, json = false, quiet = false;
};

bool is_about_input(const std::string& problem) { return problem.rfind("input ", 0) == 0; }

void report(const RerunOptions& options, const std::vector<std::string>& problems,
            const std::vector<LayerDifference>& found) {
    if (options.json) {
        Json json{{"result", options.result}, {"problems", problems}, {"reproduced", found.empty()}};
        Json& list = json["differences"] = Json::array();
        for (const LayerDifference& d : found)
            list.push_back({{"layer", d.layer},
                            {"pixels", d.differing},
                            {"largest", finite_or_null(d.largest)},
                            {"note", d.note}});
        print_json(json);
        return;
    }
    if (found.empty()) {
        if (!options.quiet) fmt::print("{}: reproduced bit for bit\n", options.result);
        return;
    }
    fmt::print("{}: not reproduced\n", options.result);
    for (const LayerDifference& d : found) fmt::print("  {}: {}\n", d.layer, in_words(d));
}

int rerun(const RerunOptions& options, const CommandLine& line) {
    const Result before = read_result(options.result, {});
    std::vector<std::string> problems;
    Job job = job_of(before, options.result, problems);
    job.command = line.typed;
    job.threads = options.threads;
    const bool input_problem = std::any_of(problems.begin(), problems.end(), is_about_input);
    for (const std::string& problem : problems) print_warning(problem);
    std::error_code ignored;
    if (!std::filesystem::exists(job.scan_path, ignored))
        throw Error(ExitCode::bad_input, fmt::format("{}: cannot be run again", options.result),
                    "its input is not there any more", fmt::format("put {} back", job.scan_path.string()));
    if (!job.calibration_path.empty() && !std::filesystem::exists(job.calibration_path, ignored))
        throw Error(ExitCode::bad_input, fmt::format("{}: cannot be run again", options.result),
                    "its calibration is not there any more", fmt::format("put {} back", job.calibration_path.string()));
    if (!options.output.empty()) {
        check_output(options.output, options.force, options.result);
        check_output(options.output, options.force, job.scan_path);
    }
    Result now;
    {
        ProgressBar bar(!options.quiet && !options.json);
        JobCallbacks callbacks;
        callbacks.cancelled = &interruption_requested();
        callbacks.progress = [&](const Progress& p) { bar.show(p.what, p.done, p.total); };
        now = run_job(job, callbacks);
    }
    if (interruption_requested()) throw Interrupted();
    if (!options.output.empty()) {
        const WritingFiles writing;
        write_result(options.output, now, options.force);
    }
    report(options, problems, layer_differences(before, now, "not made any more", "not in the result"));
    if (!options.output.empty() && !options.quiet && !options.json) fmt::print("result  {}\n", options.output);
    return static_cast<int>(input_problem ? ExitCode::bad_input : ExitCode::ok);
}

}  // namespace

void add_rerun(CLI::App& program, CommandLine& line) {
    auto options = std::make_shared<RerunOptions>();
    CLI::App* command = program.add_subcommand("rerun", "Reproduce a result from what is inside it and compare");
    command->add_option("RESULT", options->result, "Result file")->type_name("FILE")->required();
    command->add_option("-o,--output", options->output, "Also write the fresh result")->type_name("FILE");
    command->add_option("--threads", options->threads, "Threads of the CPU; 0: all")
        ->type_name("N")
        ->check(CLI::Range(0, 4096))
        ->capture_default_str();
    command->add_flag("--force", options->force, "Replace an existing file");
    command->add_flag("--json", options->json, "Print one JSON object instead of text");
    command->add_flag("--quiet", options->quiet, "Print nothing when it is reproduced");
    command->footer("Exit code 3 when an input is missing or differs from what it was.");
    command->callback([options, &line] { line.run = [options, &line] { return rerun(*options, line); }; });
}

}  // namespace firstlight::cli
