// Between true time bins (model.edges) and even ones: light is taken as even within an even bin, so true bin i holds
// the part of even bin j that overlaps it. Without edges the two are the same. All sums run in the order of bins, so
// that CPU and CUDA find the same bits.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/support/portable.hpp"

namespace firstlight {

// Length of true bin i that lies in even bin j.
FL_HD inline float overlap(const float* edges, std::int64_t i, std::int64_t j) {
    const float from = edges[i] > static_cast<float>(j) ? edges[i] : static_cast<float>(j);
    const float to = edges[i + 1] < static_cast<float>(j + 1) ? edges[i + 1] : static_cast<float>(j + 1);
    return to > from ? to - from : 0.0F;
}

FL_HD inline float bin_width(const float* edges, std::int64_t i) {
    return edges == nullptr ? 1.0F : edges[i + 1] - edges[i];
}

struct BinRange {
    std::int64_t first = 0, last = 0;
};

// Even bins that true bin i touches.
FL_HD inline BinRange even_bins_of(const float* edges, std::int64_t bins, std::int64_t i) {
    const auto first = static_cast<std::int64_t>(floorf(edges[i]));
    const auto last = static_cast<std::int64_t>(ceilf(edges[i + 1]));
    return {first < 0 ? 0 : first, last > bins ? bins : last};
}

// True bins that even bin j touches. Edges never decrease.
FL_HD inline BinRange true_bins_of(const float* edges, std::int64_t bins, std::int64_t j) {
    std::int64_t first = j;
    while (first > 0 && edges[first] > static_cast<float>(j)) --first;
    while (first < bins && edges[first + 1] <= static_cast<float>(j)) ++first;
    std::int64_t last = first;
    while (last < bins && edges[last] < static_cast<float>(j + 1)) ++last;
    return {first, last};
}

}  // namespace firstlight
