// gate_sweep on CUDA: one warp per trace; lanes stride over the gates. The first warp writes the common edges.
#include "kernels/acquisition/gate_sweep.hpp"
#include "kernels/support/launch_cuda.cuh"
#include "kernels/support/trace_sums.hpp"
#include "kernels/support/warp_cuda.cuh"

namespace firstlight {
namespace {

constexpr int warps_per_block = 8;

__global__ void sweep_gates(TraceTile tile, GateSweep::Coefficients c) {
    const std::int64_t trace = static_cast<std::int64_t>(blockIdx.x) * warps_per_block + warp_in_block();
    const std::int64_t bins = tile.counts.bins;
    if (trace == 0 && tile.model.edges != nullptr)
        for (std::int64_t k = lane(); k <= bins; k += 32) tile.model.edges[k] = c.edges[k];
    if (trace >= tile.counts.traces) return;
    double gained = 0;
    double too_bright = 0;  // gates that matter and are saturated
    for (std::int64_t k = lane(); k < bins; k += 32) {
        const double count = exact_count_at(tile.counts, trace, k);
        gained += count / static_cast<double>(c.live[k]) - count;
        if (k < c.matter && c.saturation > 0 && count >= c.saturation) too_bright += 1;
        if (tile.model.live != nullptr) tile.model.live[trace * bins + k] = c.live[k];
    }
    gained = warp_sum(gained);
    too_bright = warp_sum(too_bright);
    if (lane() != 0) return;
    if (too_bright > 0) tile.model.flags[trace] = static_cast<std::uint8_t>(tile.model.flags[trace] | saturated);
    if (tile.effect != nullptr) tile.effect[trace] = static_cast<float>(gained);
}

void gate_sweep_on_cuda(const TraceTile& tile, const GateSweep::Coefficients& c, cudaStream_t stream) {
    launch(
        sweep_gates,
        {.blocks = blocks_for(tile.counts.traces, warps_per_block), .threads = warps_per_block * 32, .stream = stream},
        tile, c);
}

FL_CUDA_STAGE(GateSweep, TraceTile, gate_sweep_on_cuda);

}  // namespace
}  // namespace firstlight
