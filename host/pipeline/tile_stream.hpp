// Streams a view's counts through prepared trace stages: blocks are read, cut into tiles, every stage runs on a tile
// while it is in cache, image values come out. Lanes do this side by side: threads on the CPU, streams on a GPU.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "host/pipeline/count_source.hpp"
#include "host/pipeline/plan.hpp"
#include "host/pipeline/stage_list.hpp"
#include "host/pipeline/tile_memory.hpp"
#include "host/pipeline/view_images.hpp"

namespace firstlight {

struct PreparedStage {
    const StageEntry* stage = nullptr;
    std::shared_ptr<void> coefficients;  // in the memory of the queue that runs it
};

struct StreamTimes {
    double read_seconds = 0;            // summed over lanes
    std::vector<double> stage_seconds;  // [stages], summed over lanes
};

// A look at each tile before stage `before` runs on it (as many as there are: after all), from any lane, in its order.
struct HoldTask {
    std::size_t before = 0;
    std::function<void(const TraceTile&, const TileWindow& inner, int lane)> take;  // empty: none
};

struct StreamTask {
    const Scan& scan;
    const CountSource& counts;
    const Plan& plan;
    std::int64_t view = 0;
    const std::vector<PreparedStage>& stages;
    TileNeeds needs;
    const std::atomic<bool>* cancelled = nullptr;
    std::function<void(std::int64_t traces)> advanced;  // called from any lane after each block
    std::function<bool()> core_is_taken;                // while so, the last of several lanes waits
    HoldTask hold;
};

// Errors: those of reading and of stages; Interrupted.
ViewImages stream_tiles(Queue& queue, const StreamTask& task, StreamTimes& times);

}  // namespace firstlight
