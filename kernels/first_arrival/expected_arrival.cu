// expected_arrival on CUDA: one thread per trace.
#include "kernels/first_arrival/expected_arrival.hpp"
#include "kernels/support/launch_cuda.cuh"

namespace firstlight {
namespace {

constexpr int threads_per_block = 256;

__global__ void fill_arrival(TraceTile tile, ExpectedArrival::Coefficients c) {
    const std::int64_t trace = global_thread();
    if (trace < tile.counts.traces) ExpectedArrival::fill(tile, c, trace);
}

void expected_arrival_on_cuda(const TraceTile& tile, const ExpectedArrival::Coefficients& c, cudaStream_t stream) {
    launch(
        fill_arrival,
        {.blocks = blocks_for(tile.counts.traces, threads_per_block), .threads = threads_per_block, .stream = stream},
        tile, c);
}

FL_CUDA_STAGE(ExpectedArrival, TraceTile, expected_arrival_on_cuda);

}  // namespace
}  // namespace firstlight
