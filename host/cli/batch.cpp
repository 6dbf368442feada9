// firstlight batch: many acquisitions in, as many results out, whatever happens to single ones.
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

#include "host/cli/command.hpp"
#include "host/cli/console.hpp"
#include "host/cli/interruption.hpp"
#include "host/cli/job_options.hpp"
#include "host/cli/progress_bar.hpp"
#include "host/pipeline/batch_report.hpp"
#include "host/pipeline/batch_run.hpp"
#include "host/pipeline/pipeline.hpp"

namespace firstlight::cli {
namespace {

struct BatchCommandOptions {
    JobOptions job;
    std::vector<std::string> sources;
    std::string output, shard, report;
    int jobs = 0;
    bool recursive = false, resume = false, report_only = false, force = false, strict = false, json = false,
         quiet = false;
};

constexpr double silence_s = 60;  // between lines about an item that takes long, where nobody watches

// "2/8": part 2 of 8.
void read_shard(const std::string& text, BatchOptions& options) {
    int shard = 0, shards = 0, end = 0;
    const bool two = std::sscanf(text.c_str(), "%d/%d%n", &shard, &shards, &end) == 2;
    if (!two || end != static_cast<int>(text.size()) || shard < 1 || shard > shards)
        throw Error(ExitCode::usage, fmt::format("--shard: cannot take \"{}\"", text),
                    "expected i/n, i from 1 to n, such as 2/8");
    options.shard = shard;
    options.shards = shards;
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

std::string status_line(const BatchProgress& progress, const Json& record) {
    const std::string total = fmt::format("{}", progress.total);
    const std::string status = record["status"];
    std::string line = fmt::format("[{:>{}}/{}] {}  ", progress.done, total.size(), total,
                                   std::filesystem::path(record["scan"].get<std::string>()).filename().string());
    if (status == "kept") return line + "done before";
    line += fmt::format("{}  {}", status, readable_seconds(record["seconds"]));
    if (status == "failed") return line + "  " + first_line(record["reason"]);
    const Json quality = record.value("quality", Json::object());
    const auto number = [&](const char* name) {
        return quality.contains(name) && quality[name].is_number() ? quality[name].get<double>() : 0.0;
    };
    if (quality.contains("counts_kept") && number("counts_total") > 0)
        line += fmt::format("  {:.2g} % kept", 100 * number("counts_kept") / number("counts_total"));
    const std::size_t warnings = record.value("warnings", Json::array()).size();
    if (warnings > 0) line += fmt::format("  {} warning{}", warnings, warnings == 1 ? "" : "s");
    return line;
}

// One line per item, and how far the one is that has run longest.
class Status {
  public:
    Status(bool quiet, bool json) : quiet_(quiet), watched_(isatty(STDERR_FILENO) != 0), bar_(!quiet && !json) {}

    void finished(const BatchProgress& progress, const Json& record) {
        bar_.wipe();
        if (!quiet_ || record["status"] == "failed") fmt::print(stderr, "{}\n", status_line(progress, record));
        said_ = 0;
    }
    void running(const BatchProgress& progress, const BatchItem& item, const ChildProgress& now, double seconds) {
        const std::string name = item.scan.filename().string();
        const auto percent = static_cast<std::int64_t>(now.share * 100);
        if (watched_) return bar_.show(fmt::format("{} {}", name, now.what).c_str(), percent, 100);
        if (quiet_ || seconds - said_ < silence_s) return;
        said_ = seconds;
        fmt::print(stderr, "[{}/{}] {}  {} {} % after {}\n", progress.done, progress.total, name, now.what, percent,
                   readable_seconds(seconds));
    }

  private:
    bool quiet_, watched_;
    ProgressBar bar_;
    double said_ = 0;
};

void say_skipped(const std::vector<BatchSkipped>& skipped) {
    for (const BatchSkipped& s : skipped)
        fmt::print(stderr, "firstlight: {} is left out: {}\n", s.path.string(), s.why);
}

void print_outcome(const BatchCommandOptions& options, const BatchOptions& run, const BatchList& list,
                   const BatchOutcome& outcome, double seconds) {
    const std::size_t items = outcome.records.size();
    if (options.json) {
        Json json{{"items", items},       {"ok", items - outcome.failed - outcome.kept},
                  {"kept", outcome.kept}, {"failed", outcome.failed},
                  {"seconds", seconds},   {"journal", journal_path(run).string()}};
        Json& failures = json["failures"] = Json::array();
        for (const Json& record : outcome.records)
            if (record["status"] == "failed")
                failures.push_back({{"scan", record["scan"]}, {"code", record["code"]}, {"reason", record["reason"]}});
        Json& skipped = json["skipped"] = Json::array();
        for (const BatchSkipped& s : list.skipped) skipped.push_back({{"path", s.path.string()}, {"why", s.why}});
        return print_json(json);
    }
    if (options.quiet) return;
    fmt::print("{} scans in {}: {} reconstructed, {} done before, {} failed; {}\n", items, readable_seconds(seconds),
               items - outcome.failed - outcome.kept, outcome.kept, outcome.failed, journal_path(run).string());
}

// Of what all shards did. Scans that are gone by now do not matter.
int report_alone(const BatchCommandOptions& options, const CommandLine& line, const BatchList& list) {
    const std::vector<Json> records = gather_records(list.items, options.output);
    write_batch_report(options.report, records, list.skipped, line.typed);
    std::size_t done = 0;
    for (const Json& record : records) done += record["status"] == "ok" || record["status"] == "kept" ? 1U : 0U;
    if (options.json) print_json({{"items", records.size()}, {"done", done}, {"report", options.report}});
    else if (!options.quiet) fmt::print("{} of {} scans are done; {}\n", done, records.size(), options.report);
    return static_cast<int>(done < records.size() ? ExitCode::batch : ExitCode::ok);
}

int run(const BatchCommandOptions& options, const CommandLine& line) {
    const auto start = std::chrono::steady_clock::now();
    BatchOptions run;
    run.program = std::filesystem::read_symlink("/proc/self/exe");
    run.output = options.output;
    run.backend = options.job.backend;
    run.jobs = options.jobs;
    run.threads = options.job.threads;
    run.memory_bytes = memory_of(options.job);
    run.resume = options.resume;
    run.force = options.force;
    run.strict = options.strict;
    if (!options.shard.empty()) read_shard(options.shard, run);

    if (!options.report.empty()) check_report_name(options.report);
    if (options.report_only && options.report.empty())
        throw Error(ExitCode::usage, "--report-only needs --report FILE");

    BatchRequest request;
    for (const std::string& source : options.sources) request.sources.emplace_back(source);
    request.output = options.output;
    request.recursive = options.recursive;
    request.recipe = options.job.recipe;
    request.calibration = options.job.calibration;
    for (const StageFlag& flag : line.stage_flags) request.parameters.emplace_back(flag.key, flag.value);
    BatchList list = list_batch(request);
    if (options.report_only) return report_alone(options, line, list);
    const std::vector<BatchItem> items = items_of_shard(list.items, run.shard, run.shards);
    if (list.problems.empty()) list.problems = output_problems(items, run);
    refuse_problems(list.problems);
    if (!options.report.empty()) check_output(options.report, true, {});
    if (!options.quiet) say_skipped(list.skipped);

    Status status(options.quiet, options.json);
    BatchCallbacks callbacks;
    callbacks.cancelled = &interruption_requested();
    callbacks.finished = [&](const BatchProgress& p, const Json& record) { status.finished(p, record); };
    callbacks.running = [&](const BatchProgress& p, const BatchItem& item, const ChildProgress& now, double seconds) {
        status.running(p, item, now, seconds);
    };
    const WritingFiles now;  // an interrupted batch waits for its items
    BatchOutcome outcome;
    try {
        outcome = run_batch(items, run, callbacks);
    } catch (const Interrupted&) {
        fmt::print(stderr, "firstlight: interrupted: what is done is kept, --resume does the rest\n");
        return static_cast<int>(interruption_code());
    }
    // The report of a shard is about all scans: the last to end has them.
    if (!options.report.empty())
        write_batch_report(options.report, gather_records(list.items, options.output), list.skipped, line.typed);
    print_outcome(options, run, list, outcome,
                  std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    return static_cast<int>(outcome.failed > 0 ? ExitCode::batch : ExitCode::ok);
}

}  // namespace

void add_batch(CLI::App& program, CommandLine& line) {
    auto options = std::make_shared<BatchCommandOptions>();
    CLI::App* command = program.add_subcommand("batch", "Reconstruct many acquisitions, each in a process of its own");
    command
        ->add_option("SOURCE", options->sources,
                     "Manifests (TOML), folders (every acquisition in them) and acquisitions")
        ->type_name("FILE|FOLDER")
        ->required();
    command->add_option("-o,--output", options->output, "Folder of results, logs and batch.jsonl; made where needed")
        ->type_name("FOLDER")
        ->required()
        ->check([](const std::string& name) { return name.empty() ? "a folder must be named" : ""; });
    add_recipe_option(*command, options->job);
    add_calibration_option(*command, options->job);
    command->add_flag("--recursive", options->recursive, "Take folders in folders too");
    command
        ->add_option("--jobs", options->jobs,
                     "Scans at once; 0: as many as cores and memory allow, on GPUs one per device")
        ->type_name("N")
        ->check(CLI::Range(0, 4096))
        ->capture_default_str();
    command->add_option("--backend", options->job.backend, "Where to compute: auto, cpu or cuda")
        ->type_name("NAME")
        ->capture_default_str();
    command
        ->add_option("--threads", options->job.threads, "Threads of each scan; 0: one for small scans, more for large")
        ->type_name("N")
        ->check(CLI::Range(0, 4096))
        ->capture_default_str();
    command
        ->add_option("--memory", options->job.memory,
                     "Memory of all scans at once such as 512M or 4G; default: half of the machine's")
        ->type_name("SIZE");
    command->add_option("--shard", options->shard, "Only part i of n, i from 1: the unit for clusters")
        ->type_name("i/n");
    command
        ->add_option("--report", options->report,
                     "Also write a page with pictures, figures of merit and reasons, and .json and .csv beside it")
        ->type_name("FILE.html");
    command->add_flag("--report-only", options->report_only, "Run nothing; report what was done, by all shards");
    command->add_flag("--resume", options->resume,
                      "Keep results that are whole and were made of the same scan, recipe and calibration by this "
                      "version; make the others");
    command->add_flag("--force", options->force, "Replace existing results");
    command->add_flag("--strict", options->strict, "Refuse doubtful scans, as reconstruct --strict does");
    command->add_flag("--json", options->json, "Print one JSON object at the end instead of text");
    command->add_flag("--quiet", options->quiet, "Say nothing but what failed");
    command->footer(
        "Parameters of stages are taken as by reconstruct, for all scans: --stage.parameter VALUE.\n"
        "Exit code 6 when some scans failed; the others are done. See docs/batch.md.");
    command->callback([options, &line] { line.run = [options, &line] { return run(*options, line); }; });
}

}  // namespace firstlight::cli
