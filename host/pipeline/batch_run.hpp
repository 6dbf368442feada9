// Runs the items of a batch, each in a process of its own: a damaged file, a crash or the end of memory ends one item
// only. What `firstlight batch` and firstlight.batch() in Python share.
//
//   BatchOptions options;
//   options.program = "/usr/bin/firstlight";
//   options.output = "out";
//   const BatchOutcome outcome = run_batch(list.items, options, {});   // out/NAME.result.h5, NAME.log, batch.jsonl
//
// As many run at once as fit into the memory (by their plans), the cores and `jobs`; on GPUs one per device.
#pragma once

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "host/pipeline/batch_child.hpp"
#include "host/pipeline/batch_item.hpp"
#include "host/pipeline/batch_journal.hpp"
#include "host/pipeline/batch_list.hpp"

namespace firstlight {

struct BatchOptions {
    std::filesystem::path program;  // firstlight itself
    std::filesystem::path output;   // folder; made where it is not there
    std::string backend = "auto";
    int jobs = 0;                  // at once; 0: as the cores allow
    int threads = 0;               // of each item; 0: few for small scans, all for large ones
    std::size_t memory_bytes = 0;  // of all that run at once; 0: half of the machine's
    int shard = 1, shards = 1;     // which part of the items this run is about, for the journal's name
    bool resume = false;           // keep results that were made of the same before
    bool force = false;            // replace results
    bool strict = false;
};

// Where an item's files are.
[[nodiscard]] std::filesystem::path result_path(const BatchOptions& options, const BatchItem& item);
[[nodiscard]] std::filesystem::path log_path(const BatchOptions& options, const BatchItem& item);
[[nodiscard]] std::filesystem::path journal_path(const BatchOptions& options);  // batch.jsonl, batch.2of8.jsonl

// A finished item as it stands in the journal: "name", "scan", "result", "log", "status" (ok, kept, failed), "reason",
// "code", "seconds", "finished", "recipe_name", "quality", "warnings", "inputs", "process".
struct BatchProgress {
    std::size_t done = 0, total = 0;
};

struct BatchCallbacks {
    const std::atomic<bool>* cancelled = nullptr;  // true: what runs is stopped, waited for, and Interrupted is thrown
    std::function<void(const BatchProgress&, const BatchJson& record)> finished;
    // The longest running item, several times a second.
    std::function<void(const BatchProgress&, const BatchItem&, const ChildProgress&, double seconds)> running;
};

struct BatchOutcome {
    std::vector<BatchJson> records;  // in the order they finished
    std::size_t failed = 0, kept = 0;
};

// What would go wrong with all of it: the folder cannot be written; results are there and neither resume nor force.
[[nodiscard]] std::vector<BatchProblem> output_problems(const std::vector<BatchItem>& items,
                                                        const BatchOptions& options);

// Errors: output when the journal cannot be written (the rest is stopped; resume goes on from there), Interrupted.
[[nodiscard]] BatchOutcome run_batch(const std::vector<BatchItem>& items, const BatchOptions& options,
                                     const BatchCallbacks& callbacks);

// One item for those who deal them out themselves, such as firstlight.batch() on Dask: as run_batch would run it,
// without the journal; the caller writes its record there. `device`: CUDA_VISIBLE_DEVICES of its process; empty: as
// here. Errors: output when its log cannot be written, Interrupted.
[[nodiscard]] BatchJson run_item(const BatchItem& item, const BatchOptions& options, const std::string& device,
                                 const BatchCallbacks& callbacks);

// What killed runs left of these items, beside their results.
void remove_old_parts(const std::vector<BatchItem>& items, const BatchOptions& options);

}  // namespace firstlight
