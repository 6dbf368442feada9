// dark_counts on CUDA: one warp per trace; lanes stride over the bins before the light.
#include "kernels/corrections/dark_counts.hpp"
#include "kernels/support/launch_cuda.cuh"
#include "kernels/support/trace_sums.hpp"
#include "kernels/support/warp_cuda.cuh"

namespace firstlight {
namespace {

constexpr int warps_per_block = 8;

__global__ void fill_dark(TraceTile tile, DarkCounts::Coefficients c) {
    const std::int64_t trace = static_cast<std::int64_t>(blockIdx.x) * warps_per_block + warp_in_block();
    if (trace >= tile.counts.traces) return;
    float dark = 0;
    float variance = 0;
    if (c.per_pixel != nullptr) {
        dark = c.per_pixel[tile.window.pixel(trace)];
    } else {
        double sum = 0;
        double spread = 0;
        for (std::int64_t bin = lane(); bin < c.lead_bins; bin += 32) {
            const float y = count_at(tile.counts, trace, bin);
            const std::int64_t at = trace * tile.counts.bins + bin;
            sum += tile.model.live == nullptr ? y : y / tile.model.live[at];
            spread += tile.model.live == nullptr ? static_cast<double>(y)
                                                 : DarkCounts::lead_variance(tile.model, at, static_cast<double>(y));
        }
        const double width = DarkCounts::lead_width(tile.model, c.lead_bins);
        dark = static_cast<float>(warp_sum(sum) / width);
        variance = static_cast<float>(warp_sum(spread) / (width * width));
    }
    if (lane() == 0) {
        tile.model.dark[trace] = dark;
        tile.model.dark_variance[trace] = variance;
        if (tile.effect != nullptr) tile.effect[trace] = -dark * static_cast<float>(tile.counts.bins);
    }
}

void dark_counts_on_cuda(const TraceTile& tile, const DarkCounts::Coefficients& c, cudaStream_t stream) {
    launch(
        fill_dark,
        {.blocks = blocks_for(tile.counts.traces, warps_per_block), .threads = warps_per_block * 32, .stream = stream},
        tile, c);
}

FL_CUDA_STAGE(DarkCounts, TraceTile, dark_counts_on_cuda);

}  // namespace
}  // namespace firstlight
