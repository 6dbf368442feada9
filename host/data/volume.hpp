// A reconstructed volume: float32 [z][y][x] with its axes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/data/axis.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {

struct Volume {
    std::string name = "mu";  // dataset name: "mu" or "albedo"
    std::string unit = "1/m";
    std::string long_name;
    Axis z, y, x;
    std::vector<float> values;  // [z.size * y.size * x.size]

    // Throws Error (internal) when the values do not fit the axes.
    void check() const {
        if (z.size < 1 || y.size < 1 || x.size < 1 ||
            static_cast<std::int64_t>(values.size()) != z.size * y.size * x.size)
            throw Error(ExitCode::internal, "volume " + name + ": values do not fit the axes");
    }
};

}  // namespace firstlight
