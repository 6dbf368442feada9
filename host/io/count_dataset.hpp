// A dataset of counts in a file, [y, x, t] or [view, y, x, t], read tile by tile from several threads at once; or the
// frames of a gated camera, [gate, y, x] or [view, gate, y, x], whose pixels become traces along the gates as they are
// read.
//
// After opening no HDF5 call is made: chunk addresses were gathered, bytes come by pread from the reader's own file
// descriptor and are decoded in process (filters.hpp), because HDF5 holds one lock for the whole process.
//
//   CountDataset::Scratch scratch;               // one per thread, reused
//   counts.read(window, buffer, scratch);        // buffer[rows * columns][bins] of counts.type()
//
// Types u1, u2, u4, f4 are kept (big-endian is swapped). i1 -> u1, i2 -> u2, i4/i8/u8 -> u4, f8 -> f4: a value that
// does not fit (a negative integer, one past 2^32 - 1, a double past the range of float) is an Error naming its index.
// NaN, infinite and negative float counts become 0 and are counted: see bad_values().
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "host/io/stored_dataset.hpp"
#include "kernels/support/views.hpp"

namespace firstlight {

class CountDataset {
  public:
    using Scratch = StoredDataset::Scratch;

    // Rectangles that are cheap to read whole: chunk footprints where chunked, runs of rows where contiguous.
    struct TileGrid {
        std::int64_t rows = 0;  // height and width of the preferred rectangle; edges of the scan cut it
        std::int64_t columns = 0;
    };

    // What a file held instead of counts.
    struct BadValues {
        std::int64_t number = 0;  // NaN, infinite or negative counts met so far, each once however often it is read
        std::array<std::int64_t, 4> first{-1, -1, -1, -1};  // view, y, x, bin of one of them (the lowest met so far)
    };

    enum class Order : std::uint8_t { traces, frames };  // as stored: time last, or gates before y and x

    // Errors (bad_input): not rank 3 or 4, a type that holds no counts, an empty axis.
    explicit CountDataset(StoredDataset stored, Order order = Order::traces);

    [[nodiscard]] std::int64_t views() const { return views_; }
    [[nodiscard]] std::int64_t rows() const { return rows_; }
    [[nodiscard]] std::int64_t columns() const { return columns_; }
    [[nodiscard]] std::int64_t bins() const { return bins_; }
    [[nodiscard]] bool has_views_axis() const { return has_views_axis_; }
    [[nodiscard]] CountType type() const { return type_; }
    [[nodiscard]] TileGrid grid() const;
    [[nodiscard]] const StoredDataset& stored() const { return stored_; }
    [[nodiscard]] std::string describe() const;  // "u2 [64, 64, 512], chunks [16, 16, 512], shuffle + deflate(1)"
    // Set when the stored type is converted: "counts stored as i2 are read as u2".
    [[nodiscard]] const std::string& conversion() const { return conversion_; }

    // Reads the window's traces. Thread-safe with one Scratch per thread. Errors: bad_input.
    void read(const TileWindow& window, void* counts_out, Scratch& scratch) const;

    [[nodiscard]] BadValues bad_values() const;

  private:
    void read_stored(const TileWindow& window, std::byte* out, Scratch& scratch) const;
    void convert(const TileWindow& window, const std::byte* from, void* to) const;
    void clean_floats(const TileWindow& window, float* counts) const;

    StoredDataset stored_;
    Order order_;
    std::int64_t views_ = 1, rows_ = 0, columns_ = 0, bins_ = 0;
    bool has_views_axis_ = false;
    CountType type_ = CountType::u2;
    std::string conversion_;
    struct Tally {
        std::atomic<std::int64_t> number{0};
        std::atomic<std::int64_t> first{-1};  // linear index
        std::once_flag made;
        std::vector<std::atomic<bool>> seen;  // [views * rows * columns] its bad counts are in `number`; made when met
    };
    std::unique_ptr<Tally> tally_;
};

}  // namespace firstlight
