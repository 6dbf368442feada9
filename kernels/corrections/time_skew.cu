// time_skew on CUDA: one thread per trace.
#include "kernels/corrections/time_skew.hpp"
#include "kernels/support/launch_cuda.cuh"

namespace firstlight {
namespace {

constexpr int threads_per_block = 256;

__global__ void fill_shift(TraceTile tile, TimeSkew::Coefficients c) {
    const std::int64_t trace = global_thread();
    if (trace < tile.counts.traces) TimeSkew::fill(tile, c, trace);
}

void time_skew_on_cuda(const TraceTile& tile, const TimeSkew::Coefficients& c, cudaStream_t stream) {
    launch(
        fill_shift,
        {.blocks = blocks_for(tile.counts.traces, threads_per_block), .threads = threads_per_block, .stream = stream},
        tile, c);
}

FL_CUDA_STAGE(TimeSkew, TraceTile, time_skew_on_cuda);

}  // namespace
}  // namespace firstlight
