// One pixel of the tone map, for CPU and CUDA: which row of the colour table it takes. Comparisons, one difference,
// one product and integer arithmetic only, so every machine finds the same row.
#pragma once

#include <cstring>

#include "kernels/rendering/tone_map.hpp"

namespace firstlight {

FL_HD inline std::int64_t tone_map_row(float value, std::uint8_t flags, const ToneMap::Coefficients& c) {
    if ((flags & masked_flags) != 0 || value != value) return static_cast<std::int64_t>(c.last) + 1;
    if (!(value > c.low)) return 0;
    if (c.log) {
        std::uint32_t bits = 0;
        std::memcpy(&bits, &value, sizeof bits);
        const std::uint32_t row = (bits - c.low_bits) >> c.shift;
        return row < static_cast<std::uint32_t>(c.last) ? static_cast<std::int64_t>(row) : c.last;
    }
    const float row = (value - c.low) * c.entries_per_unit;
    return row < static_cast<float>(c.last) ? static_cast<std::int64_t>(row + 0.5f) : c.last;
}

FL_HD inline void tone_map_pixel(const ToneMapWork& work, std::int64_t i, const ToneMap::Coefficients& c) {
    const std::uint16_t* colour = c.colours + 3 * tone_map_row(work.values[i], work.flags ? work.flags[i] : 0, c);
    for (int k = 0; k < 3; ++k) {
        if (c.sixteen_bits) static_cast<std::uint16_t*>(work.rgb)[3 * i + k] = colour[k];
        else static_cast<std::uint8_t*>(work.rgb)[3 * i + k] = static_cast<std::uint8_t>(colour[k]);
    }
}

}  // namespace firstlight
