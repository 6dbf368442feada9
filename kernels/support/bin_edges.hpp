// Where the true bins of a detector lie (model.edges; null: bin i covers [i, i + 1)).
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/support/portable.hpp"

namespace firstlight {

FL_HD inline double bin_edge(const float* edges, std::int64_t i) {
    return edges == nullptr ? static_cast<double>(i) : static_cast<double>(edges[i]);
}

// Last bin whose left edge is at or before x, within 0 .. bins - 1.
FL_HD inline std::int64_t bin_at(const float* edges, std::int64_t bins, double x) {
    const double top = static_cast<double>(bins - 1);
    std::int64_t i = static_cast<std::int64_t>(floor(x < 0 ? 0.0 : x > top ? top : x));
    if (edges == nullptr) return i;
    while (i > 0 && static_cast<double>(edges[i]) > x) --i;
    while (i + 1 < bins && static_cast<double>(edges[i + 1]) <= x) ++i;
    return i;
}

}  // namespace firstlight
