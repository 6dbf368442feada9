// flat_field on CUDA: one thread per trace.
#include "kernels/corrections/flat_field.hpp"
#include "kernels/support/launch_cuda.cuh"

namespace firstlight {
namespace {

constexpr int threads_per_block = 256;

__global__ void fill_gain(TraceTile tile, FlatField::Coefficients c) {
    const std::int64_t trace = global_thread();
    if (trace < tile.counts.traces) FlatField::fill(tile, c, trace);
}

void flat_field_on_cuda(const TraceTile& tile, const FlatField::Coefficients& c, cudaStream_t stream) {
    launch(
        fill_gain,
        {.blocks = blocks_for(tile.counts.traces, threads_per_block), .threads = threads_per_block, .stream = stream},
        tile, c);
}

FL_CUDA_STAGE(FlatField, TraceTile, flat_field_on_cuda);

}  // namespace
}  // namespace firstlight
