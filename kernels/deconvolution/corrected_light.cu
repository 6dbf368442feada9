// corrected_light on CUDA: one warp per trace; lanes stride over its bins.
#include "kernels/deconvolution/corrected_light.hpp"
#include "kernels/support/launch_cuda.cuh"
#include "kernels/support/warp_cuda.cuh"

namespace firstlight {
namespace {

constexpr int warps_per_block = 8;

__global__ void correct(TraceTile tile) {
    const std::int64_t trace = static_cast<std::int64_t>(blockIdx.x) * warps_per_block + warp_in_block();
    if (trace >= tile.counts.traces) return;
    double counts = 0;
    for (std::int64_t j = lane(); j < tile.counts.bins; j += warp_lanes) {
        tile.signal[trace * tile.counts.bins + j] = CorrectedLight::bin(tile, trace, j);
        counts += exact_count_at(tile.counts, trace, j);
    }
    counts = warp_sum(counts);
    if (lane() != 0) return;
    tile.write(Layer::counts, trace, counts);
    if (tile.effect != nullptr) tile.effect[trace] = 0;
}

void corrected_light_on_cuda(const TraceTile& tile, const CorrectedLight::Coefficients&, cudaStream_t stream) {
    launch(
        correct,
        {.blocks = blocks_for(tile.counts.traces, warps_per_block), .threads = warps_per_block * 32, .stream = stream},
        tile);
}

FL_CUDA_STAGE(CorrectedLight, TraceTile, corrected_light_on_cuda);

}  // namespace
}  // namespace firstlight
