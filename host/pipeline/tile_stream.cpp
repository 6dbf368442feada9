#include "host/pipeline/tile_stream.hpp"

#include <chrono>
#include <cmath>
#include <cstring>
#include <mutex>
#include <thread>

#include "host/pipeline/pipeline.hpp"
#include "kernels/support/parallel_for.hpp"

namespace firstlight {
namespace {

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

// out(t) = values(t + shift), light taken as even within a bin; 0 where the trace has no bins.
void undelay(const float* values, float shift, std::int64_t bins, float* out) {
    const float whole = std::floor(shift);
    const float part = shift - whole;
    const auto first = static_cast<std::int64_t>(whole);
    const auto at = [&](std::int64_t i) { return i >= 0 && i < bins ? values[i] : 0.0F; };
    for (std::int64_t i = 0; i < bins; ++i)
        out[i] = part == 0 ? at(i + first) : (1 - part) * at(i + first) + part * at(i + first + 1);
}

// One lane: its reader, its memory, its share of the times.
class Lane {
  public:
    Lane(Queue& queue, const StreamTask& task, int index)
        : queue_(queue),
          task_(task),
          index_(index),
          read_(task.counts.reader()),
          trace_bytes_(static_cast<std::size_t>(task.scan.bins) * count_size(task.counts.type)),
          memory_(queue, task.needs, tile_capacity(task), index) {
        times.stage_seconds.assign(task.stages.size(), 0);
    }

    void run_block(TileWindow block, ViewImages& images) {
        block.view = task_.view;
        const TileWindow all = with_halo(block);
        const double start = now();
        const auto& in_place = queue_.is_host() ? task_.counts.resident : task_.counts.on_device;
        const std::byte* counts = in_place ? in_place(all) : nullptr;
        if (counts == nullptr) counts = read(all, start);
        else times.read_seconds += now() - start;
        const auto at = [&](std::int64_t y, std::int64_t x) {
            return counts + static_cast<std::size_t>((y - all.y0) * all.columns + x - all.x0) * trace_bytes_;
        };
        // Tiles are whole rows of the block where several fit, else (without a halo) parts of one row.
        const std::int64_t halo = task_.plan.halo;
        const std::int64_t rows = all.traces() <= task_.plan.tile_traces
                                      ? block.rows
                                      : std::max<std::int64_t>(1, task_.plan.tile_traces / all.columns - 2 * halo);
        const std::int64_t columns = halo > 0 ? block.columns : std::min(block.columns, task_.plan.tile_traces);
        for (std::int64_t y = 0; y < block.rows; y += rows)
            for (std::int64_t x = 0; x < block.columns; x += columns) {
                if (task_.cancelled != nullptr && *task_.cancelled) throw Interrupted();
                TileWindow inner = block;
                inner.y0 += y;
                inner.x0 += x;
                inner.rows = std::min(rows, block.rows - y);
                inner.columns = std::min(columns, block.columns - x);
                const TileWindow window = with_halo(inner);
                run_tile(window, inner, at(window.y0, window.x0), images);
            }
    }

    StreamTimes times;

  private:
    // The block's counts in the queue's memory. Where they lie in place this memory is never needed.
    const std::byte* read(const TileWindow& all, double start) {
        if (staging_.bytes() == 0) {
            const std::size_t bytes = static_cast<std::size_t>(task_.plan.block_traces) * trace_bytes_;
            staging_ = QueueMemory(queue_, bytes, true);
            if (!queue_.is_host()) on_device_ = QueueMemory(queue_, bytes);
        }
        read_(all, staging_.as());
        times.read_seconds += now() - start;
        if (queue_.is_host()) return staging_.as<std::byte>();
        queue_.upload(on_device_.as(), staging_.as(), static_cast<std::size_t>(all.traces()) * trace_bytes_, index_);
        return on_device_.as<std::byte>();
    }

    // Tiles hold at least one row of a block with its halo.
    static std::int64_t tile_capacity(const StreamTask& task) {
        std::int64_t most = task.plan.tile_traces;
        for (const TileWindow& block : task.plan.blocks)
            if (task.plan.halo > 0)
                most = std::max(most, (1 + 2 * task.plan.halo) * (block.columns + 2 * task.plan.halo));
        return most;
    }

    // The window with as many pixels more on each side as stages look at, within the scan.
    [[nodiscard]] TileWindow with_halo(TileWindow window) const {
        const std::int64_t y1 = std::min(task_.scan.rows, window.y0 + window.rows + task_.plan.halo);
        const std::int64_t x1 = std::min(task_.scan.columns, window.x0 + window.columns + task_.plan.halo);
        window.y0 = std::max<std::int64_t>(0, window.y0 - task_.plan.halo);
        window.x0 = std::max<std::int64_t>(0, window.x0 - task_.plan.halo);
        window.rows = y1 - window.y0;
        window.columns = x1 - window.x0;
        return window;
    }

    // `inner`: the part of the tile's window whose results are kept.
    void run_tile(const TileWindow& window, const TileWindow& inner, const std::byte* counts, ViewImages& images) {
        memory_.reset();
        TraceTile tile = memory_.tile(window, counts, task_.counts.type);
        const auto hold = [&](std::size_t before) {
            if (task_.hold.take && task_.hold.before == before) task_.hold.take(tile, inner, index_);
        };
        double start = 0;
        for (std::size_t s = 0; s < task_.stages.size(); ++s) {
            hold(s);
            start = now();
            tile.effect = memory_.effect(static_cast<int>(s));
            task_.stages[s].stage->run_traces(queue_, tile, task_.stages[s].coefficients.get(), index_);
            times.stage_seconds[s] += now() - start;  // on a GPU: of the launch; the wait is added to the last stage
        }
        hold(task_.stages.size());
        start = now();
        memory_.download();
        queue_.synchronize(index_);
        if (!times.stage_seconds.empty()) times.stage_seconds.back() += now() - start;
        scatter(window, inner, images);
    }

    void scatter(const TileWindow& window, const TileWindow& inner, ViewImages& images) const {
        const std::int64_t first = (inner.y0 - window.y0) * window.columns + inner.x0 - window.x0;
        const auto row_to = [&](const auto* from, auto& image) {
            for (std::int64_t row = 0; row < inner.rows; ++row)
                std::memcpy(image.data() + inner.pixel(row * inner.columns), from + first + row * window.columns,
                            static_cast<std::size_t>(inner.columns) * sizeof *from);
        };
        for (std::size_t l = 0; l < images.layers.size(); ++l) row_to(memory_.host_layer(l), images.values[l]);
        for (std::size_t s = 0; s < images.effects.size(); ++s)
            row_to(memory_.host_effect(static_cast<int>(s)), images.effects[s]);
        row_to(memory_.host_flags(), images.flags);
        if (!images.light.empty()) keep_light(window, inner, images);
    }

    void keep_light(const TileWindow& window, const TileWindow& inner, ViewImages& images) const {
        const std::int64_t bins = task_.scan.bins;
        for (std::int64_t i = 0; i < inner.traces(); ++i) {
            const std::int64_t pixel = inner.pixel(i);
            const std::int64_t trace =
                (inner.y0 - window.y0 + i / inner.columns) * window.columns + inner.x0 - window.x0 + i % inner.columns;
            float* light = images.light.data() + pixel * bins;
            if ((images.flags[static_cast<std::size_t>(pixel)] & masked_flags) != 0)
                std::fill_n(light, bins, std::numeric_limits<float>::quiet_NaN());
            else undelay(memory_.host_signal() + trace * bins, memory_.host_shift(trace), bins, light);
            images.dark[static_cast<std::size_t>(pixel)] = memory_.host_dark(trace);
        }
    }

    Queue& queue_;
    const StreamTask& task_;
    int index_;
    CountSource::Read read_;
    std::size_t trace_bytes_;
    QueueMemory staging_, on_device_;
    TileMemory memory_;
};

// Three busy threads on two cores would each get two thirds of one, and the one that cannot be divided would end last.
void await_core(const StreamTask& task, const std::atomic<std::size_t>& next) {
    while (task.core_is_taken && task.core_is_taken() && next < task.plan.blocks.size() &&
           !(task.cancelled != nullptr && *task.cancelled))
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
}

}  // namespace

ViewImages stream_tiles(Queue& queue, const StreamTask& task, StreamTimes& times) {
    const auto pixels = static_cast<std::size_t>(task.scan.pixels());
    ViewImages images;
    images.layers = task.needs.layers;
    images.values.assign(images.layers.size(), std::vector<float>(pixels, std::numeric_limits<float>::quiet_NaN()));
    images.effects.assign(task.stages.size(), std::vector<float>(pixels, 0.0F));
    images.flags.assign(pixels, 0);
    if (task.needs.keep_light) {
        images.light.assign(pixels * static_cast<std::size_t>(task.scan.bins), 0.0F);
        images.dark.assign(pixels, 0.0F);
    }

    if (task.counts.get_ready) {
        const double start = now();
        task.counts.get_ready();
        times.read_seconds += now() - start;
    }
    std::atomic<std::size_t> next{0};
    std::mutex merging;
    times.stage_seconds.resize(task.stages.size(), 0);
    with_threads(task.plan.lanes, [&] {
        parallel_for(task.plan.lanes, 1, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t index = begin; index < end; ++index) {
                if (index > 0 && index + 1 == task.plan.lanes) await_core(task, next);
                if (next >= task.plan.blocks.size()) return;
                Lane lane(queue, task, static_cast<int>(index));
                for (std::size_t b = next++; b < task.plan.blocks.size(); b = next++) {
                    lane.run_block(task.plan.blocks[b], images);
                    if (task.advanced) task.advanced(task.plan.blocks[b].traces());
                }
                const std::lock_guard lock(merging);
                times.read_seconds += lane.times.read_seconds;
                for (std::size_t s = 0; s < task.stages.size(); ++s)
                    times.stage_seconds[s] += lane.times.stage_seconds[s];
            }
        });
    });
    return images;
}

}  // namespace firstlight
