// firstlight plan: what a run will take, before it starts, without a GPU too.
#include <fmt/format.h>

#include <algorithm>

#include "host/cli/command.hpp"
#include "host/cli/console.hpp"
#include "host/cli/job_options.hpp"
#include "host/cli/result_report.hpp"
#include "host/pipeline/batch_item.hpp"
#include "host/pipeline/scan_kind.hpp"
#include "host/pipeline/trial.hpp"
#include "kernels/support/parallel_for.hpp"

namespace firstlight::cli {
namespace {

struct PlanCommandOptions {
    JobOptions job;
    std::string scan;
    bool json = false;
};

constexpr int device_streams = 2;

Json plan_json(const Plan& plan) {
    return {{"memory_bytes", plan.total_bytes},
            {"lanes", plan.lanes},
            {"blocks", plan.blocks.size()},
            {"block_traces", plan.block_traces},
            {"tile_traces", plan.tile_traces},
            {"passes", plan.passes},
            {"survey_traces", plan.survey_traces},
            {"block_bytes", plan.block_bytes},
            {"model_bytes", plan.model_bytes},
            {"image_bytes", plan.image_bytes},
            {"survey_bytes", plan.survey_bytes},
            {"source_bytes", plan.source_bytes},
            {"volume_bytes", plan.volume_bytes},
            {"band_rows", plan.band_rows},
            {"notes", plan.notes}};
}

// Bytes that live on the device: its blocks of counts and their model, then a volume's bands. Images stay in host
// memory.
std::size_t device_bytes(const Plan& plan) { return std::max(plan.block_bytes + plan.model_bytes, plan.volume_bytes); }

void print_plan(const PlanCommandOptions& options, const AcquisitionFile& file, const Recipe& recipe, const Plan& plan,
                const Plan& device, std::size_t limit, const std::string& time) {
    const Scan& scan = file.scan();
    const auto counts = static_cast<std::size_t>(scan.views * scan.pixels() * scan.bins) * count_size(scan.type);
    Facts facts{{"scan", fmt::format("{}: {}", options.scan, scan_shape(scan))},
                {"counts", fmt::format("{} unpacked; {}", readable_bytes(counts), file.describe())},
                {"recipe", fmt::format("{}, {} stages", recipe.name, recipe.stages.size())},
                {"survey", plan.survey_traces == 0
                               ? std::string("none")
                               : fmt::format("{} traces", readable_count(static_cast<double>(plan.survey_traces)))},
                {"passes", fmt::format("{} over the counts", plan.passes)},
                {"blocks", fmt::format("{} of up to {} traces", plan.blocks.size(), plan.block_traces)},
                {"tiles", fmt::format("{} traces", plan.tile_traces)},
                {"threads", fmt::format("{}", plan.lanes)},
                {"memory", fmt::format("{} of {} allowed", readable_bytes(plan.total_bytes), readable_bytes(limit))},
                {"  blocks", readable_bytes(plan.block_bytes)},
                {"  tiles", readable_bytes(plan.model_bytes)},
                {"  images", readable_bytes(plan.image_bytes)},
                {"  survey", readable_bytes(plan.survey_bytes)},
                {"time", time},
                {"a GPU", fmt::format("would need {} of its memory, blocks of {} traces on {} streams",
                                      readable_bytes(device_bytes(device)), device.block_traces, device_streams)}};
    if (plan.source_bytes > 0)
        facts.insert(std::find_if(facts.begin(), facts.end(), [](const auto& fact) { return fact.first == "time"; }),
                     {"  events", "up to " + readable_bytes(plan.source_bytes)});
    if (plan.volume_bytes > 0)
        facts.insert(
            std::find_if(facts.begin(), facts.end(), [](const auto& fact) { return fact.first == "time"; }),
            {"  volume", fmt::format("{}, in bands of {} rows", readable_bytes(plan.volume_bytes), plan.band_rows)});
    for (const std::string& note : plan.notes) facts.emplace_back("note", note);
    print_facts(facts);
}

int plan_scan(const PlanCommandOptions& options, const CommandLine& line) {
    const std::size_t memory = memory_of(options.job);
    if (!options.job.recipe.empty()) (void)recipe_of(options.job, line.stage_flags, Scan{});
    const AcquisitionFile file = AcquisitionFile::open(options.scan, {});
    const Scan scan = calibrated_scan(file.scan(), options.job.calibration);
    const Recipe recipe = recipe_of(options.job, line.stage_flags, scan);
    check_kind(scan, recipe);
    const PlanOptions plan_options =
        plan_options_of(file, memory, options.job.threads > 0 ? options.job.threads : machine_threads());
    const std::size_t limit = memory != 0 ? memory : machine_memory() / 2;
    Plan plan = make_plan(scan, recipe, plan_options);
    if (file.events() != nullptr)
        plan.notes.emplace_back("events in scan order are counted as they are read: then they take no memory");
    PlanOptions device_options = plan_options;
    device_options.device = true;
    device_options.lanes = device_streams;
    const Plan device = make_plan(scan, recipe, device_options);

    // A plan is of use even where the run itself would be refused; then it says what the run would say.
    std::string time;
    Json seconds;
    try {
        const Trial trial = try_part(file, scan, recipe);
        const double expected = trial.expected_seconds(scan, plan.lanes);
        time = fmt::format("about {}, from a trial on {} traces", readable_seconds(expected), trial.traces);
        seconds = expected;
    } catch (const Error& e) {
        if (e.code() != ExitCode::bad_input) throw;
        time = fmt::format("not known: {}", e.what());
    }
    if (options.json) {
        Json json{{"scan", options.scan},
                  {"recipe", recipe.name},
                  {"memory_limit_bytes", limit},
                  {"expected_seconds", seconds}};
        json.update(plan_json(plan));
        json["gpu"] = plan_json(device);
        json["gpu"]["device_bytes"] = device_bytes(device);
        print_json(json);
    } else {
        print_plan(options, file, recipe, plan, device, limit, time);
    }
    return 0;
}

}  // namespace

void add_plan(CLI::App& program, CommandLine& line) {
    auto options = std::make_shared<PlanCommandOptions>();
    CLI::App* command = program.add_subcommand("plan", "Say what memory and time a reconstruction will take");
    command->add_option("SCAN", options->scan, "Acquisition file")->type_name("FILE")->required();
    add_recipe_option(*command, options->job);
    add_calibration_option(*command, options->job);
    command->add_option("--threads", options->job.threads, "Threads of the CPU; 0: all")
        ->type_name("N")
        ->check(CLI::Range(0, 4096))
        ->capture_default_str();
    command
        ->add_option("--memory", options->job.memory,
                     "Limit of memory such as 512M or 4G; default: half of the machine's")
        ->type_name("SIZE");
    command->add_flag("--json", options->json, "Print one JSON object instead of text");
    command->footer("Parameters of stages are taken as by reconstruct: --stage.parameter VALUE");
    command->callback([options, &line] { line.run = [options, &line] { return plan_scan(*options, line); }; });
}

}  // namespace firstlight::cli
