// All traces of a scan in memory that somebody else owns, such as an array of Python: counts[view][y][x][t], t fastest.
// Who makes one keeps the memory alive and unchanged for as long as it is read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/support/views.hpp"

namespace firstlight {

struct BorrowedCounts {
    CountType type = CountType::u2;
    std::int64_t views = 1, rows = 0, columns = 0, bins = 0;
    const std::byte* counts = nullptr;  // views * rows * columns * bins elements of `type`, native byte order

    [[nodiscard]] std::size_t trace_bytes() const { return static_cast<std::size_t>(bins) * count_size(type); }
    [[nodiscard]] const std::byte* trace(std::int64_t view, std::int64_t y, std::int64_t x) const {
        return counts + static_cast<std::size_t>((view * rows + y) * columns + x) * trace_bytes();
    }
    // Where the window's traces lie side by side; null when other traces are between them.
    [[nodiscard]] const std::byte* window_in_place(const TileWindow& window) const {
        return window.columns == columns || window.rows == 1 ? trace(window.view, window.y0, window.x0) : nullptr;
    }
    // Copies the window's traces into out[rows * columns][bins].
    void copy_window(const TileWindow& window, void* out) const {
        const std::size_t row_bytes = static_cast<std::size_t>(window.columns) * trace_bytes();
        for (std::int64_t row = 0; row < window.rows; ++row)
            std::memcpy(static_cast<std::byte*>(out) + static_cast<std::size_t>(row) * row_bytes,
                        trace(window.view, window.y0 + row, window.x0), row_bytes);
    }
};

}  // namespace firstlight
