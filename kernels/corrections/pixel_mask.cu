// pixel_mask on CUDA: one warp per trace; lanes stride over the bins.
#include "kernels/corrections/pixel_mask.hpp"
#include "kernels/support/launch_cuda.cuh"
#include "kernels/support/trace_sums.hpp"
#include "kernels/support/warp_cuda.cuh"

namespace firstlight {
namespace {

constexpr int warps_per_block = 8;

__global__ void fill_flags(TraceTile tile, PixelMask::Coefficients c) {
    const std::int64_t trace = static_cast<std::int64_t>(blockIdx.x) * warps_per_block + warp_in_block();
    if (trace >= tile.counts.traces) return;
    double total = 0;
    double first = 0;
    int at_maximum = 0;
    for (std::int64_t bin = lane(); bin < tile.counts.bins; bin += 32) {
        const double y = exact_count_at(tile.counts, trace, bin);
        total += y;
        if (bin < c.hot_bins) first += y;
        if (tile.counts.type != CountType::f4 && y == largest_count(tile.counts.type)) at_maximum = 1;
    }
    total = warp_sum(total);
    first = warp_sum(first);
    at_maximum = warp_sum(at_maximum);
    if (lane() != 0) return;
    const std::int64_t pixel = tile.window.pixel(trace);
    unsigned flags = tile.model.flags[trace];
    if (c.given != nullptr) flags |= c.given[pixel];
    if (c.measured) flags |= measured_flags(c, pixel, total, first, at_maximum != 0);
    tile.model.flags[trace] = static_cast<std::uint8_t>(flags);
    if (tile.effect != nullptr)
        tile.effect[trace] = (flags & masked_flags) != 0 && total - total == 0 ? static_cast<float>(-total) : 0.0F;
}

void pixel_mask_on_cuda(const TraceTile& tile, const PixelMask::Coefficients& c, cudaStream_t stream) {
    launch(
        fill_flags,
        {.blocks = blocks_for(tile.counts.traces, warps_per_block), .threads = warps_per_block * 32, .stream = stream},
        tile, c);
}

FL_CUDA_STAGE(PixelMask, TraceTile, pixel_mask_on_cuda);

}  // namespace
}  // namespace firstlight
