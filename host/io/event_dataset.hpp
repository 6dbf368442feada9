// The photon events of a scan in a file (docs/file_format.md, kind "events"): a column each for the pixel that saw a
// photon, the time since the laser pulse and the macro time, read in blocks from several threads at once.
//
//   EventDataset::Scratch scratch;                       // one per thread, reused
//   events.read_pixels(begin, n, pixels, scratch);       // u4: y * columns + x
//   events.read_bins(begin, n, bins, scratch);           // u2, or u4 when wide()
//
// Other integer types are converted. After opening no HDF5 call is made (stored_dataset.hpp). Tags are numbered by 64
// bits. Errors (bad_input), each naming the dataset and the tag: a pixel outside the detector, a nanotime beyond the
// period, a negative time stamp.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/io/stored_dataset.hpp"

namespace firstlight {

class EventDataset {
  public:
    struct Scratch {
        StoredDataset::Scratch pixels, bins, times;
        std::vector<std::byte> raw;
    };
    struct Shape {
        std::int64_t rows = 0, columns = 0, bins = 0;
        double timestamp_unit_s = 0;
    };

    // Errors (bad_input): columns of different lengths, not one axis, no integers.
    EventDataset(StoredDataset timestamps, StoredDataset nanotimes, StoredDataset detectors, const Shape& shape);

    [[nodiscard]] std::int64_t tags() const { return pixels_.elements(); }
    [[nodiscard]] std::int64_t pixels() const { return shape_.rows * shape_.columns; }
    [[nodiscard]] const Shape& shape() const { return shape_; }
    [[nodiscard]] bool wide() const { return wide_; }
    [[nodiscard]] std::size_t bin_size() const { return wide_ ? 4 : 2; }
    // Tags that are cheap to read at once: whole chunks, at most 2^17 of them.
    [[nodiscard]] std::int64_t block_tags() const;
    // "9 tags (detectors u4, nanotimes u2, timestamps i8), chunks of 8, lzf"
    [[nodiscard]] std::string describe() const;
    [[nodiscard]] const std::string& where_times() const { return times_.where(); }

    // Thread-safe with one Scratch per thread.
    void read_pixels(std::int64_t begin, std::int64_t n, std::uint32_t* out, Scratch& scratch) const;
    void read_bins(std::int64_t begin, std::int64_t n, void* out, Scratch& scratch) const;
    void read_timestamps(std::int64_t begin, std::int64_t n, std::int64_t* out, Scratch& scratch) const;

  private:
    StoredDataset times_, bins_, pixels_;
    Shape shape_;
    bool wide_ = false;
};

}  // namespace firstlight
