// The matched filter in one trace, by one warp.
#pragma once

#include "kernels/support/matched_filter_trace.hpp"
#include "kernels/support/warp_cuda.cuh"

namespace firstlight {

// The largest value over the warp and the smallest place that has it.
__device__ inline void warp_best(float& value, std::int64_t& place) {
    for (int step = 16; step > 0; step /= 2) {
        const float other_value = __shfl_xor_sync(all_lanes, value, step);
        const std::int64_t other_place = __shfl_xor_sync(all_lanes, place, step);
        if (other_value > value || (other_value == value && other_place < place)) {
            value = other_value;
            place = other_place;
        }
    }
}

// The whole search by a warp, as find_in_trace does it on the CPU: lanes try places side by side, so that a warp's
// loads are neighbours and each product-sum is the CPU's chain of fmaf; then the eighths of a bin around the best
// place, one per lane.
template <class Z>
__device__ FoundArrival find_in_warp(const FilteredTrace<Z>& trace, const FilterView& filter, const SearchRange& places,
                                     const SearchRange& around) {
    float largest = -HUGE_VALF;
    std::int64_t best = places.last;
    for (std::int64_t d = places.first + lane(); d < places.last; d += 32) {
        const float sum = filter_sum(trace.z + d, filter.weight + (filter_phases - 1), filter.taps);
        if (sum > largest) {
            largest = sum;
            best = d;
        }
    }
    warp_best(largest, best);
    if (best >= places.last) best = places.first;
    const std::int64_t from = (best > places.first ? best - 1 : places.first) * filter_phases;
    const std::int64_t to = (best + 1 < places.last ? best + 1 : places.last - 1) * filter_phases;
    const std::int64_t mine = from + lane();
    const float sum = mine <= to ? phase_sum(trace, filter, around, best, mine) : -HUGE_VALF;
    float top = sum;
    std::int64_t q = mine <= to ? mine : to;
    warp_best(top, q);
    const int at = static_cast<int>(q - from);
    const float before = __shfl_sync(all_lanes, sum, at > 0 ? at - 1 : 0);
    const float after = __shfl_sync(all_lanes, sum, at < 31 ? at + 1 : 31);
    double all = 0;
    for (std::int64_t i = around.first + lane(); i < around.last - 1 + filter.taps; i += 32)
        all += static_cast<double>(trace.z[i]);
    all = warp_sum(all);
    const float none = nanf("");
    return arrival_from(trace, filter, around, best, q, q > from ? before : none, top, q < to ? after : none, all);
}

}  // namespace firstlight
