// matched_arrival on CUDA: one warp per trace. Lanes try places side by side, so that a warp's loads are neighbours and
// each product-sum is the CPU's chain of fmaf; then the eighths of a bin around the best place, one per lane.
#include "kernels/first_arrival/matched_arrival.hpp"
#include "kernels/support/launch_cuda.cuh"
#include "kernels/support/matched_filter_trace.hpp"
#include "kernels/support/warp_cuda.cuh"

namespace firstlight {
namespace {

constexpr int warps_per_block = 8;
constexpr unsigned all_lanes = 0xFFFFFFFFU;

// The largest value over the warp and the smallest place that has it.
__device__ void warp_best(float& value, std::int64_t& place) {
    for (int step = 16; step > 0; step /= 2) {
        const float other_value = __shfl_xor_sync(all_lanes, value, step);
        const std::int64_t other_place = __shfl_xor_sync(all_lanes, place, step);
        if (other_value > value || (other_value == value && other_place < place)) {
            value = other_value;
            place = other_place;
        }
    }
}

template <class Z>
__device__ FoundArrival find_in_warp(const FilteredTrace<Z>& trace, const FilterView& filter,
                                     const SearchRange& range) {
    float largest = -HUGE_VALF;
    std::int64_t best = range.last;
    for (std::int64_t d = range.first + lane(); d < range.last; d += 32) {
        const float sum = filter_sum(trace.z + d, filter.weight + (filter_phases - 1), filter.taps);
        if (sum > largest) {
            largest = sum;
            best = d;
        }
    }
    warp_best(largest, best);
    if (best >= range.last) best = range.first;
    const std::int64_t from = (best > range.first ? best - 1 : range.first) * filter_phases;
    const std::int64_t to = (best + 1 < range.last ? best + 1 : range.last - 1) * filter_phases;
    const std::int64_t mine = from + lane();
    const float sum = mine <= to ? phase_sum(trace, filter, range, best, mine) : -HUGE_VALF;
    float top = sum;
    std::int64_t q = mine <= to ? mine : to;
    warp_best(top, q);
    const int at = static_cast<int>(q - from);
    const float before = __shfl_sync(all_lanes, sum, at > 0 ? at - 1 : 0);
    const float after = __shfl_sync(all_lanes, sum, at < 31 ? at + 1 : 31);
    double all = 0;
    for (std::int64_t i = range.first + lane(); i < range.last - 1 + filter.taps; i += 32)
        all += static_cast<double>(trace.z[i]);
    all = warp_sum(all);
    const float none = nanf("");
    return arrival_from(trace, filter, range, best, q, q > from ? before : none, top, q < to ? after : none, all);
}

template <class T>
__global__ void place_arrivals(const T* counts, TraceTile tile, MatchedArrival::Coefficients c) {
    const std::int64_t trace = static_cast<std::int64_t>(blockIdx.x) * warps_per_block + warp_in_block();
    if (trace >= tile.counts.traces) return;
    const T* y = counts + trace * tile.counts.bins;
    if (float* layer = tile.layer(Layer::counts)) {
        double sum = 0;
        for (std::int64_t i = lane(); i < tile.counts.bins; i += 32) sum += static_cast<double>(y[i]);
        sum = warp_sum(sum);
        if (lane() == 0) layer[trace] = static_cast<float>(sum);
    }
    if (!c.search) {
        const std::int64_t pixel = tile.window.pixel(trace);
        if (lane() == 0)
            MatchedArrival::fill(tile, c, trace, c.map != nullptr ? c.map[pixel] : static_cast<float>(c.pooled_bins),
                                 c.map != nullptr ? c.map_sigma[pixel] : static_cast<float>(c.pooled_sigma));
        return;
    }
    const float shift = tile.model.shift == nullptr ? 0.0F : tile.model.shift[trace];
    const SearchRange range =
        search_range(c.filter, tile.model.edges, tile.counts.bins, c.from_bins + static_cast<double>(shift),
                     c.to_bins + static_cast<double>(shift));
    const bool masked = tile.model.flags != nullptr && (tile.model.flags[trace] & masked_flags) != 0;
    FoundArrival found{nanf(""), nanf(""), 0, 0, 0};
    if (!masked && range.first < range.last) {
        const float* live = tile.model.live == nullptr ? nullptr : tile.model.live + trace * tile.counts.bins;
        found = live == nullptr
                    ? find_in_warp(FilteredTrace<const T*>{y, nullptr, tile.model.edges}, c.filter, range)
                    : find_in_warp(FilteredTrace<LiveCounts<T>>{{y, live}, live, tile.model.edges}, c.filter, range);
        if (!(static_cast<double>(found.snr) >= c.min_snr)) found.position = found.sigma = nanf("");
    }
    if (lane() == 0) MatchedArrival::fill(tile, c, trace, found.position - shift, found.sigma);
}

void matched_arrival_on_cuda(const TraceTile& tile, const MatchedArrival::Coefficients& c, cudaStream_t stream) {
    visit_counts(tile.counts, [&](const auto* counts) {
        using T = std::remove_cv_t<std::remove_pointer_t<decltype(counts)>>;
        launch(place_arrivals<T>,
               {.blocks = blocks_for(tile.counts.traces, warps_per_block),
                .threads = warps_per_block * 32,
                .stream = stream},
               counts, tile, c);
    });
}

FL_CUDA_STAGE(MatchedArrival, TraceTile, matched_arrival_on_cuda);

}  // namespace
}  // namespace firstlight
