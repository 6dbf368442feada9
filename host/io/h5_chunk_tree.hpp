// Reads a dataset's table of chunks from the file itself, in one pass.
//
// Why: the library's H5Dget_chunk_info walks the table from its start for every chunk asked for (version 1.10), which
// takes minutes for 10^5 chunks. The index that HDF5 writes by default, a version 1 B-tree, is simple enough to read:
// object header -> layout message -> nodes (HDF5 File Format Specification 3.0, sections III.A.1 and IV.A).
// Nothing is believed: every read lies within the file, levels must fall by one from node to child, and at most
// `expected` chunks are taken. Anything unusual (another index, another version, damage) gives no answer, and the
// library is asked instead.
//
//   read_chunk_tree(file, {object_address, base, 8, 8}, 3, 4096)  ->  4096 entries, or nothing
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "host/io/read_only_file.hpp"

namespace firstlight::h5 {

struct TreeEntry {
    std::array<std::uint64_t, 8> offset{};  // elements, of the first `rank` axes
    std::uint64_t address = 0;              // relative to the base address
    std::uint32_t bytes = 0;                // as stored
    std::uint32_t filter_mask = 0;
};

struct ObjectPlace {
    std::uint64_t address = 0;                     // of the object header, relative to the base address
    std::uint64_t base = 0;                        // bytes before the superblock (MATLAB writes 512)
    unsigned address_bytes = 8, length_bytes = 8;  // sizes of addresses and lengths in this file
};

[[nodiscard]] std::optional<std::vector<TreeEntry>> read_chunk_tree(const ReadOnlyFile& file, const ObjectPlace& place,
                                                                    unsigned rank, std::uint64_t expected);

}  // namespace firstlight::h5
