// Frames to traces and back: which of two axes is the fastest.
//
//   transpose(frames, gates, pixels, 2, traces);   // traces[pixel][gate] of frames[gate][pixel], 2 bytes each
#pragma once

#include <cstddef>
#include <cstdint>

namespace firstlight {

// to[column][row] = from[row][column], elements of 1, 2, 4 or 8 bytes; neither may overlap the other.
void transpose(const std::byte* from, std::int64_t rows, std::int64_t columns, std::size_t element, std::byte* to);

}  // namespace firstlight
