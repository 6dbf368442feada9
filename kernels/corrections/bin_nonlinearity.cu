// bin_nonlinearity on CUDA: a copy, one thread per edge.
#include "kernels/corrections/bin_nonlinearity.hpp"
#include "kernels/support/launch_cuda.cuh"

namespace firstlight {
namespace {

constexpr int threads_per_block = 256;

__global__ void copy_edges(TraceTile tile, BinNonlinearity::Coefficients c) {
    const std::int64_t i = global_thread();
    if (i <= tile.counts.bins && c.edges != nullptr && tile.model.edges != nullptr) tile.model.edges[i] = c.edges[i];
    if (i < tile.counts.traces && tile.effect != nullptr) tile.effect[i] = 0;
}

void bin_nonlinearity_on_cuda(const TraceTile& tile, const BinNonlinearity::Coefficients& c, cudaStream_t stream) {
    const std::int64_t edges = tile.counts.bins + 1;
    const std::int64_t items = edges > tile.counts.traces ? edges : tile.counts.traces;
    launch(copy_edges, {.blocks = blocks_for(items, threads_per_block), .threads = threads_per_block, .stream = stream},
           tile, c);
}

FL_CUDA_STAGE(BinNonlinearity, TraceTile, bin_nonlinearity_on_cuda);

}  // namespace
}  // namespace firstlight
