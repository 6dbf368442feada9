#include "host/io/bitshuffle.hpp"

#include <algorithm>
#include <cstdint>

namespace firstlight {
namespace {

// Transposes 8 x 8 bits: bit i of byte k goes to bit k of byte i (Hacker's Delight, 7-3).
std::uint64_t transpose_bits(std::uint64_t x) {
    std::uint64_t t = (x ^ (x >> 7)) & 0x00AA00AA00AA00AAULL;
    x = x ^ t ^ (t << 7);
    t = (x ^ (x >> 14)) & 0x0000CCCC0000CCCCULL;
    x = x ^ t ^ (t << 14);
    t = (x ^ (x >> 28)) & 0x00000000F0F0F0F0ULL;
    return x ^ t ^ (t << 28);
}

}  // namespace

void bit_unshuffle(const std::byte* in, std::byte* out, std::size_t elements, std::size_t element_bytes) {
    const std::size_t row = elements / 8;
    for (std::size_t b = 0; b < element_bytes; ++b) {
        const std::byte* rows = in + b * 8 * row;
        for (std::size_t j = 0; j < row; ++j) {
            std::uint64_t x = 0;
            for (std::size_t k = 0; k < 8; ++k) x |= std::to_integer<std::uint64_t>(rows[k * row + j]) << (8 * k);
            x = transpose_bits(x);
            for (std::size_t i = 0; i < 8; ++i)
                out[(8 * j + i) * element_bytes + b] = static_cast<std::byte>((x >> (8 * i)) & 0xFF);
        }
    }
}

std::size_t default_bitshuffle_block(std::size_t element_bytes) {
    return std::max<std::size_t>(8192 / element_bytes / 8 * 8, 128);
}

}  // namespace firstlight
