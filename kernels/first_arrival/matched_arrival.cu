// matched_arrival on CUDA: one warp per trace. Lanes try places side by side, so that a warp's loads are neighbours and
// each product-sum is the CPU's chain of fmaf; then the eighths of a bin around the best place, one per lane.
#include "kernels/first_arrival/matched_arrival.hpp"
#include "kernels/support/launch_cuda.cuh"
#include "kernels/support/matched_filter_cuda.cuh"
#include "kernels/support/warp_cuda.cuh"

namespace firstlight {
namespace {

constexpr int warps_per_block = 8;

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
    const bool masked = tile.is_masked(trace);
    FoundArrival found{nanf(""), nanf(""), 0, 0, 0};
    if (!masked && range.first < range.last) {
        const float* live = tile.model.live == nullptr ? nullptr : tile.model.live + trace * tile.counts.bins;
        found =
            live == nullptr
                ? find_in_warp(FilteredTrace<const T*>{y, nullptr, tile.model.edges}, c.filter, range, range)
                : find_in_warp(FilteredTrace<LiveCounts<T>>{{y, live}, live, tile.model.edges}, c.filter, range, range);
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
