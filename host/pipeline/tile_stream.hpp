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

namespace firstlight {

struct PreparedStage {
    const StageEntry* stage = nullptr;
    std::shared_ptr<void> coefficients;  // in the memory of the queue that runs it
};

// Image values of one view, whole.
struct ViewImages {
    std::vector<Layer> layers;
    std::vector<std::vector<float>> values;   // [layers][pixels]
    std::vector<std::vector<float>> effects;  // [stages][pixels]
    std::vector<std::uint8_t> flags;          // [pixels]
    // Where TileNeeds::keep_light: the signal with each trace's delay taken out, NaN in masked pixels; and the dark
    // counts per bin that were taken off it.
    std::vector<float> light;  // [pixels][bins]
    std::vector<float> dark;   // [pixels]

    [[nodiscard]] const std::vector<float>* layer(Layer which) const;
    [[nodiscard]] ImageTile tile(std::int64_t rows, std::int64_t columns);  // host pointers
};

struct StreamTimes {
    double read_seconds = 0;            // summed over lanes
    std::vector<double> stage_seconds;  // [stages], summed over lanes
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
};

// Errors: those of reading and of stages; Interrupted.
ViewImages stream_tiles(Queue& queue, const StreamTask& task, StreamTimes& times);

}  // namespace firstlight
