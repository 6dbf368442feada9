// Bit transposition of the bitshuffle filter (format of K. Masui et al., Astronomy and Computing 12, 2015): within a
// block of n elements (a multiple of 8), row 8 b + k holds bit k of byte b of all elements.
#pragma once

#include <cstddef>

namespace firstlight {

// Undoes the transposition of one block. `in` and `out` have elements * element_bytes bytes and do not overlap;
// `elements` is a multiple of 8.
void bit_unshuffle(const std::byte* in, std::byte* out, std::size_t elements, std::size_t element_bytes);

// Elements per block when the filter's parameters leave it open.
[[nodiscard]] std::size_t default_bitshuffle_block(std::size_t element_bytes);

}  // namespace firstlight
