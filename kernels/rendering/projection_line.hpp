// What a projection knows of a line of voxels so far; shared by the CPU and CUDA.
#pragma once

#include <cstdint>
#include <limits>

#include "kernels/rendering/projection.hpp"
#include "kernels/support/portable.hpp"

namespace firstlight {

constexpr int projection_parts = 32;  // of a line along x

struct LineMaximum {
    float value = -std::numeric_limits<float>::infinity();
    std::int32_t position = -1;
};

struct LineSum {
    double sum = 0;
    std::int32_t voxels = 0;
};

FL_INLINE void take(LineMaximum& line, float value, std::int32_t position) {
    const bool better = value > line.value || (line.position < 0 && value == value);
    line.value = better ? value : line.value;
    line.position = better ? position : line.position;
}

FL_INLINE void take(LineSum& line, float value) {
    const bool known = value == value;
    line.sum += known ? static_cast<double>(value) : 0.0;
    line.voxels += known ? 1 : 0;
}

// Two parts of one line.
FL_INLINE LineMaximum joined(const LineMaximum& a, const LineMaximum& b) {
    const bool second =
        b.position >= 0 && (a.position < 0 || b.value > a.value || (b.value == a.value && b.position < a.position));
    return second ? b : a;
}

FL_INLINE LineSum joined(const LineSum& a, const LineSum& b) { return {a.sum + b.sum, a.voxels + b.voxels}; }

FL_INLINE float outcome(const LineMaximum& line) {
    return line.position < 0 ? std::numeric_limits<float>::quiet_NaN() : line.value;
}

FL_INLINE float outcome(const LineSum& line, Projection::What what) {
    if (line.voxels == 0) return std::numeric_limits<float>::quiet_NaN();
    return static_cast<float>(what == Projection::What::mean ? line.sum / static_cast<double>(line.voxels) : line.sum);
}

}  // namespace firstlight
