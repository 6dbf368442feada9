#include "host/pipeline/batch_item.hpp"

#include <algorithm>

#include "host/io/known_hashes.hpp"
#include "host/pipeline/build_facts.hpp"
#include "host/pipeline/event_source.hpp"
#include "host/pipeline/scan_kind.hpp"

namespace firstlight {
namespace {

constexpr std::size_t bytes_per_thread = std::size_t{64} << 20;  // of counts
constexpr std::size_t least_bytes = std::size_t{96} << 20;       // code, libraries, buffers

}  // namespace

PlanOptions plan_options_of(const AcquisitionFile& file, std::size_t memory_bytes, int threads) {
    PlanOptions options;
    options.memory_bytes = memory_bytes;
    options.lanes = threads;
    const std::size_t limit = memory_bytes != 0 ? memory_bytes : machine_memory() / 2;
    if (file.events() == nullptr) {
        options.grid_rows = file.counts().grid().rows;
        options.grid_columns = file.counts().grid().columns;
        return options;
    }
    options.grid_rows = 1;
    options.grid_columns = file.scan().columns;
    for (const EventDataset* events : {file.events(), file.reference_events()})
        if (events != nullptr)
            options.source_bytes +=
                EventSource::most_bytes(*events, file.reference_events() != nullptr ? limit / 2 : limit);
    return options;
}

ItemNeeds needs_of(const BatchItem& item, std::size_t memory_bytes, int threads, int cores) {
    ItemNeeds needs{least_bytes, std::max(1, threads)};
    try {
        Job job;
        job.memory_bytes = memory_bytes;
        const AcquisitionFile file = AcquisitionFile::open(item.scan, open_options(job));
        const Scan scan = calibrated_scan(file.scan(), item.calibration);
        const auto counts = static_cast<std::size_t>(scan.views * scan.pixels() * scan.bins) * count_size(scan.type);
        if (threads == 0)
            needs.threads = static_cast<int>(
                std::clamp<std::size_t>(counts / bytes_per_thread + 1, 1, static_cast<std::size_t>(cores)));
        Recipe recipe = load_recipe(item.recipe.empty() ? default_recipe(scan) : item.recipe);
        for (const auto& [key, value] : item.parameters) set_parameter(recipe, key, value);
        needs.memory_bytes = std::max(
            least_bytes, make_plan(scan, recipe, plan_options_of(file, memory_bytes, needs.threads)).total_bytes);
    } catch (const Error&) {  // the item's own process finds it again, and says it
    }
    return needs;
}

std::optional<Result> result_made_before(const Job& job, const std::filesystem::path& path) {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(path, ignored)) return std::nullopt;
    Result result;
    try {
        result = read_result(path, open_options(job));
    } catch (const Error&) {
        return std::nullopt;
    }
    const auto fact = [&](const char* name) {
        const auto found = result.process.facts.find(name);
        return found == result.process.facts.end() ? std::string() : found->second;
    };
    const BuildFacts here = build_facts();
    const std::vector<InputRecord>& inputs = result.process.inputs;
    const bool calibrated = !job.calibration_path.empty();
    const bool same = fact("version") == here.version && fact("git_commit") == here.commit &&
                      result.process.recipe == to_toml(job.recipe) && inputs.size() == (calibrated ? 2U : 1U) &&
                      fact("calibration").empty() != calibrated &&
                      (job.backend == "auto" || job.backend == fact("backend")) &&
                      inputs[0].sha256 == known_sha256_of_file(job.scan_path) &&
                      (!calibrated || inputs[1].sha256 == known_sha256_of_file(job.calibration_path));
    return same ? std::optional<Result>(std::move(result)) : std::nullopt;
}

}  // namespace firstlight
