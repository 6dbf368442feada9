#include "host/io/transpose.hpp"

#include <algorithm>

namespace firstlight {
namespace {

constexpr std::int64_t block = 128;  // a side of the squares that are turned in cache

template <class T>
void transpose_as(const std::byte* from_bytes, std::int64_t rows, std::int64_t columns, std::byte* to_bytes) {
    const auto* from = reinterpret_cast<const T*>(from_bytes);
    auto* to = reinterpret_cast<T*>(to_bytes);
    for (std::int64_t r0 = 0; r0 < rows; r0 += block)
        for (std::int64_t c0 = 0; c0 < columns; c0 += block) {
            const std::int64_t r1 = std::min(r0 + block, rows);
            const std::int64_t c1 = std::min(c0 + block, columns);
            for (std::int64_t c = c0; c < c1; ++c)
                for (std::int64_t r = r0; r < r1; ++r) to[c * rows + r] = from[r * columns + c];
        }
}

}  // namespace

void transpose(const std::byte* from, std::int64_t rows, std::int64_t columns, std::size_t element, std::byte* to) {
    switch (element) {
        case 1: return transpose_as<std::uint8_t>(from, rows, columns, to);
        case 2: return transpose_as<std::uint16_t>(from, rows, columns, to);
        case 4: return transpose_as<std::uint32_t>(from, rows, columns, to);
        default: return transpose_as<std::uint64_t>(from, rows, columns, to);
    }
}

}  // namespace firstlight
