// A whole job: an acquisition file in, a result file out. What `firstlight reconstruct` and `rerun`, batches and the
// viewer share.
//
//   Job job;
//   job.scan_path = "scan.h5";
//   job.recipe = load_recipe("transmission");
//   const Result result = run_job(job, {});
//   write_result("result.h5", result, false);
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "host/io/acquisition_file.hpp"
#include "host/io/result_file.hpp"
#include "host/pipeline/pipeline.hpp"

namespace firstlight {

struct Job {
    std::filesystem::path scan_path;
    std::filesystem::path calibration_path;  // empty: what the scan says of itself
    Recipe recipe;
    std::string backend = "auto";
    int threads = 0;               // 0: all
    std::size_t memory_bytes = 0;  // 0: half of the machine's
    std::int64_t tile_traces = 0;  // tuning; changes no result
    bool strict = false;           // doubtful input is refused
    std::string command;           // as typed, for provenance
};

struct JobCallbacks {
    const std::atomic<bool>* cancelled = nullptr;
    std::function<void(const Progress&)> progress;
    std::function<void(const std::string&)> say;  // one line for people, e.g. which backend runs and why
    Queue* queue = nullptr;                       // to run on; null: one is opened as the job says
    const AcquisitionFile* file = nullptr;        // the job's scan, opened as open_options(job) says; null: opened here
    HeldScan* hold = nullptr;                     // as RunOptions::hold; wants a `queue`, see held_scan.hpp
    TileLook look;                                // as RunOptions::look
};

// How a job opens its scan.
[[nodiscard]] OpenOptions open_options(const Job& job);

// A scan as a job sees it: the file's, with what the calibration says in its place. Errors: those of read_calibration()
// and apply_calibration(). `replaced` (may be null) gets a sentence for each thing replaced.
[[nodiscard]] Scan calibrated_scan(const Scan& scan, const std::filesystem::path& calibration_path,
                                   std::vector<std::string>* replaced = nullptr);

// Reads, reconstructs and describes; writes nothing. Errors: those of AcquisitionFile::open and reconstruct().
[[nodiscard]] Result run_job(const Job& job, const JobCallbacks& callbacks);

// The job that a result was made by, from what is inside it; `problems` lists inputs that are missing or differ from
// what they were (by SHA-256), a different program version, and a backend that is not here.
[[nodiscard]] Job job_of(const Result& result, const std::filesystem::path& result_path,
                         std::vector<std::string>& problems);

}  // namespace firstlight
