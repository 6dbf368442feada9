// All traces of a scan in host memory: counts[view][y][x][t] in their stored type, t fastest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "host/data/axis.hpp"
#include "kernels/support/error.hpp"
#include "kernels/support/scan.hpp"

namespace firstlight {

struct PhotonCube {
    CountType type = CountType::u2;
    std::int64_t views = 1, rows = 0, columns = 0, bins = 0;
    std::vector<std::byte> counts;  // views * rows * columns * bins elements of `type`
    std::vector<Axis> axes;         // view, y, x, t; empty: not known

    PhotonCube() = default;
    // Zeroed. Errors: ExitCode::internal for a negative size or one beyond memory addresses.
    PhotonCube(CountType type_, std::int64_t views_, std::int64_t rows_, std::int64_t columns_, std::int64_t bins_)
        : type(type_), views(views_), rows(rows_), columns(columns_), bins(bins_) {
        std::int64_t bytes = static_cast<std::int64_t>(count_size(type));
        for (const std::int64_t n : {views, rows, columns, bins})
            if (n < 0 || __builtin_mul_overflow(bytes, n, &bytes))
                throw Error(ExitCode::internal, "a photon cube of impossible size was asked for");
        counts.resize(static_cast<std::size_t>(bytes));
    }

    [[nodiscard]] std::size_t trace_bytes() const { return static_cast<std::size_t>(bins) * count_size(type); }
    // The trace of pixel (y, x) in a view.
    [[nodiscard]] std::byte* trace(std::int64_t view, std::int64_t y, std::int64_t x) {
        return counts.data() + static_cast<std::size_t>((view * rows + y) * columns + x) * trace_bytes();
    }
    [[nodiscard]] const std::byte* trace(std::int64_t view, std::int64_t y, std::int64_t x) const {
        return counts.data() + static_cast<std::size_t>((view * rows + y) * columns + x) * trace_bytes();
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
