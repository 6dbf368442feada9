// 16 traces between their own order, [trace][bin], and side by side, [bin][lane], by transposing squares of 16 x 16.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/support/views.hpp"

namespace firstlight {

constexpr std::int64_t trace_lanes = 16;

// One bin of all of them, on a cache line of its own.
struct alignas(64) LaneRow {
    float lane[trace_lanes];
};
using LaneRows = std::vector<LaneRow>;

// Counts, as float, of up to 16 traces -> lanes[bins][16]; lanes without a trace are 0.
void counts_to_lanes(const CountsView& counts, const std::vector<std::int64_t>& traces, float* lanes);

// The same for values[traces][bins]; lanes without a trace are 1.
void values_to_lanes(const float* values, std::int64_t bins, const std::vector<std::int64_t>& traces, float* lanes);

// lanes[bins][16] -> rows `traces` of values[traces][bins]; `exchanged`: bins 2i and 2i + 1 have changed places, as an
// inverse transform (lane_fft.hpp) leaves them, and so there is an even number of them.
void lanes_to_values(const float* lanes, std::int64_t bins, bool exchanged, const std::vector<std::int64_t>& traces,
                     float* values);

// sums[lane] += values[rows][lane]
void add_lanes(const float* values, std::int64_t rows, double* sums);

}  // namespace firstlight
