#include "host/pipeline/job.hpp"

#include <fmt/format.h>

#include <future>
#include <optional>

#include "host/calibration/load.hpp"
#include "host/io/calibration_file.hpp"
#include "host/io/known_hashes.hpp"
#include "host/io/probe.hpp"
#include "host/io/sha256.hpp"
#include "host/pipeline/build_facts.hpp"
#include "host/pipeline/job_record.hpp"
#include "host/pipeline/job_sources.hpp"

namespace firstlight {

Scan calibrated_scan(const Scan& scan, const std::filesystem::path& calibration_path,
                     std::vector<std::string>* replaced) {
    Scan out = scan;
    if (calibration_path.empty()) return out;
    probe(calibration_path, ProbeKind::calibration, OpenOptions{}.memory_limit);
    std::vector<std::string> what =
        apply_calibration(read_calibration(calibration_path, {}), calibration_path.string(), out);
    if (replaced != nullptr) *replaced = std::move(what);
    return out;
}

OpenOptions open_options(const Job& job) {
    OpenOptions options;
    options.strict = job.strict;
    if (job.memory_bytes != 0) options.memory_limit = job.memory_bytes;
    return options;
}

Result run_job(const Job& job, const JobCallbacks& callbacks) {
    std::optional<AcquisitionFile> opened;
    if (callbacks.file == nullptr) opened.emplace(AcquisitionFile::open(job.scan_path, open_options(job)));
    const AcquisitionFile& file = opened ? *opened : *callbacks.file;
    std::vector<std::string> calibrated;
    const Scan scan = calibrated_scan(file.scan(), job.calibration_path, &calibrated);
    for (const std::string& what : calibrated)
        if (callbacks.say) callbacks.say(what);
    if (callbacks.hold != nullptr && callbacks.queue == nullptr)
        throw Error(ExitCode::internal, "a scan is to be held on a queue that ends with the job");
    std::unique_ptr<Queue> own;
    if (callbacks.queue == nullptr) own = open_queue(job.backend, job.threads, callbacks.say);
    Queue* const queue = own ? own.get() : callbacks.queue;

    // The file is hashed beside the computation, by a thread in place of the last lane's as long as it takes; both read
    // it through the page cache.
    std::atomic<bool> stop_hashing{false};
    std::future<std::string> sha256 =
        std::async(std::launch::async, [&] { return known_sha256_of_file(job.scan_path, &stop_hashing); });
    Reconstruction reconstruction;
    std::vector<std::string> remarks;
    try {
        RunOptions options;
        options.memory_bytes = job.memory_bytes;
        options.tile_traces = job.tile_traces;
        options.cancelled = callbacks.cancelled;
        options.progress = callbacks.progress;
        options.hold = callbacks.hold;
        options.look = callbacks.look;
        options.core_is_taken = [&] { return sha256.wait_for(std::chrono::seconds(0)) != std::future_status::ready; };
        const JobSources sources(file, scan, *queue, job, callbacks.cancelled);
        remarks = sources.remarks;
        reconstruction =
            reconstruct(sources.scan, sources.counts, file.scan().has_reference ? &sources.reference : nullptr,
                        job.recipe, *queue, options);
    } catch (...) {
        stop_hashing = true;
        sha256.wait();
        throw;
    }

    std::vector<std::string> warnings = file.warnings();
    warnings.insert(warnings.end(), remarks.begin(), remarks.end());
    Result result = result_of(std::move(reconstruction), scan, job, *queue, std::move(warnings));
    Process& process = result.process;
    for (const CountDataset* counts : {file.events() == nullptr ? &file.counts() : nullptr, file.reference()}) {
        const CountDataset::BadValues bad = counts != nullptr ? counts->bad_values() : CountDataset::BadValues{};
        if (bad.number == 0) continue;
        const std::string problem = bad_counts_problem(
            counts == file.reference() ? counts->stored().where() : job.scan_path.string(), bad.number, bad.first);
        if (job.strict)
            throw Error(ExitCode::bad_input, problem, "--strict refuses such counts",
                        "repair them, or run without --strict");
        process.warnings.push_back(problem + "; they were taken as 0");
    }
    process.inputs = {{std::filesystem::absolute(job.scan_path).string(), sha256.get(), file.info().uuid}};
    if (!job.calibration_path.empty()) record_calibration(job, process);
    return result;
}

Job job_of(const Result& result, const std::filesystem::path& result_path, std::vector<std::string>& problems) {
    if (result.process.recipe.empty() || result.process.inputs.empty())
        throw Error(ExitCode::bad_input, result_path.string() + ": it does not say how it was made",
                    "rerun needs /entry/process/recipe and /entry/process/inputs");
    if (result.process.inputs.front().path.rfind(memory_input_path, 0) == 0)
        throw Error(ExitCode::bad_input, result_path.string() + ": cannot be made again",
                    "it was made of an array in memory, which is not kept",
                    "save the scan as a file first (Scan.save in Python) and reconstruct that");
    Job job;
    job.recipe = parse_recipe(result.process.recipe, result_path.string() + ": recipe");
    // Where an input is now; a word to `problems` when it is gone or another.
    const auto find_input = [&](const InputRecord& input) {
        std::filesystem::path path = input.path;
        std::error_code ignored;
        if (!std::filesystem::exists(path, ignored)) {
            const auto beside = result_path.parent_path() / path.filename();
            if (std::filesystem::exists(beside, ignored)) path = beside;
        }
        if (!std::filesystem::exists(path, ignored)) {
            problems.push_back(fmt::format("input {} is not there any more", input.path));
        } else if (const std::string now = sha256_of_file(path, nullptr); now != input.sha256) {
            problems.push_back(
                fmt::format("input {} differs: its SHA-256 was {} and is {}", path.string(), input.sha256, now));
        }
        return path;
    };
    job.scan_path = find_input(result.process.inputs.front());
    const auto fact = [&](const char* name) {
        const auto found = result.process.facts.find(name);
        return found == result.process.facts.end() ? std::string() : found->second;
    };
    if (const std::string calibration = fact("calibration"); !calibration.empty()) {
        job.calibration_path = calibration;
        for (const InputRecord& input : result.process.inputs)
            if (input.path == calibration) job.calibration_path = find_input(input);
    }
    const BuildFacts here = build_facts();
    if (fact("version") != here.version || fact("git_commit") != here.commit)
        problems.push_back(fmt::format("program differs: it was {} ({}) and is {} ({})", fact("version"),
                                       fact("git_commit"), here.version, here.commit));
    job.backend = fact("backend") == "cpu" ? "cpu" : "auto";
    return job;
}

}  // namespace firstlight
