#include "host/pipeline/device_counts.hpp"

namespace firstlight {

void download_window(const BorrowedCounts& counts, Queue& queue, const TileWindow& window, void* out) {
    constexpr int lane = 0;
    const std::size_t trace_bytes = counts.trace_bytes();
    if (const std::byte* all = counts.window_in_place(window)) {
        queue.download(out, all, static_cast<std::size_t>(window.traces()) * trace_bytes, lane);
    } else {
        const std::size_t row_bytes = static_cast<std::size_t>(window.columns) * trace_bytes;
        for (std::int64_t row = 0; row < window.rows; ++row)
            queue.download(static_cast<std::byte*>(out) + static_cast<std::size_t>(row) * row_bytes,
                           counts.trace(window.view, window.y0 + row, window.x0), row_bytes, lane);
    }
    queue.synchronize(lane);
}

CountSource source_on_device(const BorrowedCounts& counts, Queue& queue) {
    CountSource source;
    source.type = counts.type;
    source.grid_columns = counts.columns;
    source.reader = [counts, &queue]() -> CountSource::Read {
        return [counts, &queue](const TileWindow& window, void* out) { download_window(counts, queue, window, out); };
    };
    source.on_device = [counts](const TileWindow& window) { return counts.window_in_place(window); };
    return source;
}

}  // namespace firstlight
