// HDF5's chunk filters, decoded in process without HDF5. Input is untrusted: every length is checked and a chunk must
// unpack to exactly the size it has to have, so a small file cannot blow up memory.
//
// Known: deflate (1), shuffle (2), fletcher32 (3), lzf (32000), blosc (32001), lz4 (32004), bitshuffle (32008, with
// none, lz4 or zstd), zstd (32015). Any other is refused by name or number.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "host/io/h5.hpp"

namespace firstlight {

// Throws Error (bad_input) naming the first filter that cannot be decoded; `where` begins the message.
void check_filters(const std::vector<h5::Filter>& filters, const std::string& where);

// Undoes the filters (last applied first; bit i of `mask` set: filter i was skipped). `packed` is used as work memory.
// `out` has the exact size of the decoded chunk. Throws Error (bad_input).
void decode_chunk(const std::vector<h5::Filter>& filters, unsigned mask, std::size_t element_bytes,
                  std::vector<std::byte>& packed, std::vector<std::byte>& work, std::span<std::byte> out,
                  const std::string& where);

// shuffle + deflate(1) + fletcher32, as WriteFile's `packed` datasets declare. Returns the bytes to store.
[[nodiscard]] std::vector<std::byte> encode_chunk(std::span<const std::byte> chunk, std::size_t element_bytes);

// HDF5's checksum: 16-bit words of the data, big-endian sums.
[[nodiscard]] std::uint32_t fletcher32(std::span<const std::byte> data);

// "deflate(1)", "filter 32013 (zfp)".
[[nodiscard]] std::string filter_name(const h5::Filter& filter);

}  // namespace firstlight
