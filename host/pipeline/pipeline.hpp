// Runs a recipe over a scan: tiles of counts go through all trace stages while they are in cache, images through the
// image stages afterwards. The result depends on nothing but counts, calibration and recipe: not on tile sizes, not on
// the number of threads.
//
//   auto queue = open_queue("auto", 0, warn);
//   Reconstruction r = reconstruct(scan, source_of(file.counts()), nullptr, load_recipe("transmission"), *queue, {});
//   r.images.layer("ballistic")->values
//
// Errors: those of the stages; Interrupted when `cancelled` says so.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/data/gated_images.hpp"
#include "host/data/volume.hpp"
#include "host/io/result_file.hpp"
#include "host/pipeline/count_source.hpp"
#include "host/pipeline/plan.hpp"
#include "host/pipeline/recipe.hpp"

namespace firstlight {

class HeldScan;

struct Progress {
    const char* what = "";  // "arrival", "gate", "reference", "volume"
    std::int64_t done = 0;  // traces; thousandths of a volume
    std::int64_t total = 0;
};

// Sees each tile of the scan once all trace stages have run on it, from any lane; `inner` is the part of the tile that
// is kept: parts together are the view, without overlap. Pointers are valid within the call.
using TileLook = std::function<void(std::int64_t view, const TraceTile& tile, const TileWindow& inner)>;

struct RunOptions {
    std::size_t memory_bytes = 0;  // 0: half of the machine's
    std::int64_t tile_traces = 0;  // 0: as many as stay in cache
    const std::atomic<bool>* cancelled = nullptr;
    std::function<void(const Progress&)> progress;  // called from any thread, one at a time
    HeldScan* hold = nullptr;                       // filled on the way, for instant gates (held_scan.hpp)
    TileLook look;  // empty, or on a queue of the CPU: the recipe may then end anywhere, as more may follow
    std::function<bool()> core_is_taken;  // other work of this job has a core: the last lane of the CPU waits
};

// Thrown between tiles when a run was cancelled.
struct Interrupted : Error {
    Interrupted() : Error(ExitCode::interrupted, "interrupted", "nothing was written") {}
};

struct Reconstruction {
    GatedImages images;
    std::optional<Volume> volume;     // where the recipe has a stage that makes one
    std::vector<StageRecord> stages;  // seconds, counts in and out, what surveys found; "read" comes first
    std::vector<std::string> warnings;
    std::map<std::string, double> quality;  // counts_total, counts_kept, pixels_masked, arrival_median_ps, …
    Plan plan;
};

// Errors: ExitCode::bad_input when a stage's needs are not met or every pixel is masked.
[[nodiscard]] Reconstruction reconstruct(const Scan& scan, const CountSource& counts, const CountSource* reference,
                                         const Recipe& recipe, Queue& queue, const RunOptions& options);

// The queue of "cpu", "cuda" or "auto" (cuda where there is one, else cpu, saying so through `say`).
// Errors: ExitCode::device when "cuda" was asked for and there is none; ExitCode::usage for another word.
[[nodiscard]] std::unique_ptr<Queue> open_queue(const std::string& backend, int threads,
                                                const std::function<void(const std::string&)>& say);

}  // namespace firstlight
