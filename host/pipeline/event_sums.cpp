#include "host/pipeline/event_sums.hpp"

#include <algorithm>
#include <mutex>

#include "host/pipeline/event_pass.hpp"
#include "kernels/acquisition/tag_windows.hpp"
#include "kernels/support/parallel_for.hpp"
#include "kernels/support/run.hpp"

namespace firstlight {
namespace {

// Sums over windows: what in_windows() counted.
struct PartSums {
    WindowEdges edges;
    std::vector<std::uint32_t> from_edge;  // [pixels][8 groups] tags at or after each edge

    // A trace with the same sums: each part's in its first bin.
    void put(std::int64_t pixel, std::uint32_t* trace, std::int64_t bins) const {
        std::fill_n(trace, bins, 0U);
        const std::size_t n = static_cast<std::size_t>(edges.groups) * PixelEdges::size;
        const std::uint32_t* counts = from_edge.data() + static_cast<std::size_t>(pixel) * n;
        const PixelEdges* records = edges.records.data() + pixel * edges.groups;
        for (std::size_t k = 0; k < n; ++k) {
            const std::uint16_t edge = records[k / PixelEdges::size].edges[k % PixelEdges::size];
            if (edge == PixelEdges::unused) break;
            trace[edge] = counts[k] - (k + 1 < n ? counts[k + 1] : 0);
        }
    }
};

std::vector<std::uint32_t> sums_on_device(const EventDataset& events, Queue& queue, const EventSourceOptions& options,
                                          const WindowEdges& edges, std::size_t cells) {
    std::vector<std::uint32_t> sums(cells, 0);
    TagWindowsTask task;
    const QueueMemory records(queue, edges.records.size() * sizeof(PixelEdges)), counts(queue, cells * 4);
    queue.upload(records.as(), edges.records.data(), records.bytes(), 0);
    queue.upload(counts.as(), sums.data(), counts.bytes(), 0);
    DeviceTags tags(queue, tags_at_once(events, options.memory_bytes), events.bin_size());
    task.records = records.as<PixelEdges>();
    task.counts = counts.as<std::uint32_t>();
    task.pixels = events.pixels();
    task.bins = events.shape().bins;
    task.groups = edges.groups;
    pass_over_events(events, options, [&](const TagBlock& block, std::uint32_t* /*pixel_of*/) {
        task.tags = tags.upload(block);
        run<TagWindows>(queue, task, {}, 0);
        queue.synchronize(0);
    });
    queue.download(sums.data(), counts.as(), counts.bytes(), 0);
    queue.synchronize(0);
    return sums;
}

// Threads take blocks in turn, each with records and counts of its own.
std::vector<std::uint32_t> sums_on_host(const EventDataset& events, const EventSourceOptions& options,
                                        const WindowEdges& edges, std::size_t cells) {
    const std::size_t per_thread = edges.records.size() * sizeof(PixelEdges) + cells * 4;
    const auto threads = std::clamp<std::int64_t>(static_cast<std::int64_t>(options.memory_bytes / 8 / per_thread), 1,
                                                  std::max(1, options.threads));
    std::vector<std::uint32_t> sums(cells, 0);
    std::mutex merging;
    std::atomic<std::int64_t> next{0};
    with_threads(options.threads, [&] {
        parallel_for(threads, 1, [&](std::int64_t from, std::int64_t to) {
            for (std::int64_t thread = from; thread < to; ++thread) {
                if (next >= events.tags()) return;
                std::vector<PixelEdges> records = edges.records;
                std::vector<std::uint32_t> counts(cells, 0), pixels(static_cast<std::size_t>(events.block_tags()));
                std::vector<std::byte> bins(static_cast<std::size_t>(events.block_tags()) * events.bin_size());
                EventDataset::Scratch scratch;
                TagWindowsTask task;
                task.records = records.data();
                task.counts = counts.data();
                task.pixels = events.pixels();
                task.bins = events.shape().bins;
                task.groups = edges.groups;
                for (std::int64_t at = next.fetch_add(events.block_tags()); at < events.tags();
                     at = next.fetch_add(events.block_tags())) {
                    check_cancelled(options);
                    const std::int64_t n = std::min(events.block_tags(), events.tags() - at);
                    events.read_pixels(at, n, pixels.data(), scratch);
                    events.read_bins(at, n, bins.data(), scratch);
                    task.tags = {pixels.data(), bins.data(), events.wide(), n};
                    TagWindows::on_cpu(task, {});
                }
                TagWindows::flush(task);
                const std::lock_guard hold(merging);
                for (std::size_t i = 0; i < cells; ++i) sums[i] += counts[i];
            }
        });
    });
    return sums;
}

}  // namespace

CountSource sum_events(const EventDataset& events, Queue& queue, const EventSourceOptions& options, WindowEdges edges) {
    auto sums = std::make_shared<PartSums>();
    const std::size_t cells = edges.records.size() * PixelEdges::size;
    sums->from_edge = queue.is_host() ? sums_on_host(events, options, edges, cells)
                                      : sums_on_device(events, queue, options, edges, cells);
    sums->edges = std::move(edges);
    CountSource source;
    source.type = CountType::u4;
    source.grid_rows = 1;
    source.grid_columns = events.shape().columns;
    source.reader = [sums, bins = events.shape().bins]() -> CountSource::Read {
        return [sums, bins](const TileWindow& window, void* out) {
            for (std::int64_t i = 0; i < window.traces(); ++i)
                sums->put(window.pixel(i), static_cast<std::uint32_t*>(out) + i * bins, bins);
        };
    };
    return source;
}

}  // namespace firstlight
