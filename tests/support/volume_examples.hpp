// Volumes for tests of what happens to one: with axes whose steps differ, odd sizes, and values of closed form.
#pragma once

#include <cmath>
#include <limits>

#include "host/data/volume.hpp"

namespace firstlight {

// value(z, y, x) everywhere; z steps of 0.4 mm from 0, y of 2 mm and x of 1.5 mm around 0.
template <class F>
Volume volume_of(std::int64_t planes, std::int64_t rows, std::int64_t columns, const F& value) {
    Volume v;
    v.name = "mu";
    v.unit = "1/m";
    v.long_name = "attenuation above the medium";
    v.z = uniform_axis("z", "m", "depth", planes, 0, 0.4e-3);
    v.y = uniform_axis("y", "m", "y", rows, -1e-3 * static_cast<double>(rows - 1), 2e-3);
    v.x = uniform_axis("x", "m", "x", columns, -0.75e-3 * static_cast<double>(columns - 1), 1.5e-3);
    for (std::int64_t z = 0; z < planes; ++z)
        for (std::int64_t y = 0; y < rows; ++y)
            for (std::int64_t x = 0; x < columns; ++x) v.values.push_back(static_cast<float>(value(z, y, x)));
    return v;
}

// Every voxel has a value of its own, v = z + y / 32 + x / 1024 less 1, but for one that is NaN.
inline Volume numbered_volume(std::int64_t planes, std::int64_t rows, std::int64_t columns) {
    Volume v = volume_of(planes, rows, columns, [](std::int64_t z, std::int64_t y, std::int64_t x) {
        return static_cast<double>(z) + static_cast<double>(y) / 32 + static_cast<double>(x) / 1024 - 1;
    });
    v.values[v.values.size() / 2] = std::numeric_limits<float>::quiet_NaN();
    return v;
}

}  // namespace firstlight
