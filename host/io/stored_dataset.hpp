// Any numeric dataset of an HDF5 file, described once while the file is open and read afterwards without HDF5: bytes by
// pread, filters decoded in process. Addresses, sizes, filter masks and decoded lengths are checked, for the file is
// not to be believed. Threads may read at once, each with its own Scratch.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "host/io/h5.hpp"
#include "host/io/read_only_file.hpp"

namespace firstlight {

class StoredDataset {
  public:
    // Reusable buffers of one thread; the last decoded chunk stays in it, for windows smaller than chunks.
    struct Scratch {
        std::vector<std::byte> packed, work, unpacked, stored, frames;
        std::uint64_t owner = 0;  // number of the dataset whose chunk `unpacked` holds
        std::int64_t chunk = -1;
    };

    // Errors (bad_input): chunks outside the file or larger than `memory_limit`, sizes that overflow, unknown filters.
    StoredDataset(h5::StoredLayout layout, std::shared_ptr<const ReadOnlyFile> file, std::size_t memory_limit);

    [[nodiscard]] const h5::StoredLayout& layout() const { return layout_; }
    [[nodiscard]] const std::string& where() const { return layout_.where; }  // "scan.h5: /entry/data/counts"
    [[nodiscard]] std::int64_t elements() const { return elements_; }

    // The box start .. start + count as bytes of the stored type (stored byte order), last axis fastest.
    void read_box(const std::int64_t* start, const std::int64_t* count, std::byte* out, Scratch& scratch) const;

    // All elements as doubles. Errors: more than `memory_limit` bytes of doubles.
    [[nodiscard]] std::vector<double> read_doubles() const;
    // All elements of a u1 dataset (or of another integer type whose values fit).
    [[nodiscard]] std::vector<std::uint8_t> read_bytes() const;

  private:
    void read_contiguous(const std::int64_t* start, const std::int64_t* count, std::byte* out) const;
    void read_chunked(const std::int64_t* start, const std::int64_t* count, std::byte* out, Scratch& scratch) const;
    void unpack(const h5::Chunk& chunk, std::span<std::byte> out, Scratch& scratch) const;

    std::uint64_t number_ = 0;  // unlike an address, never used again
    h5::StoredLayout layout_;
    std::shared_ptr<const ReadOnlyFile> file_;
    std::size_t memory_limit_ = 0;
    std::int64_t elements_ = 0;
    std::size_t chunk_bytes_ = 0;
    std::vector<std::int64_t> chunk_grid_;  // chunks along each axis
};

}  // namespace firstlight
