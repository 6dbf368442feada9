// tag_windows on CUDA: one thread per tag, which adds to the counts of the edges that it has passed.
#include "kernels/acquisition/tag_windows.hpp"
#include "kernels/support/launch_cuda.cuh"

namespace firstlight {
namespace {

constexpr int threads_per_block = 256;

__global__ void count_windows(TagWindowsTask task) {
    const std::int64_t i = global_thread();
    if (i >= task.tags.tags) return;
    const std::int64_t pixel = task.tags.pixels[i];
    const std::int64_t bin =
        visit_bins(task.tags, [&](const auto* bins) { return static_cast<std::int64_t>(bins[i]); });
    if (pixel >= task.pixels || bin >= task.bins) return;
    for (std::int64_t at = pixel * task.groups; at < (pixel + 1) * task.groups; ++at)
        for (int k = 0; k < PixelEdges::size; ++k)
            if (bin >= task.records[at].edges[k]) atomicAdd(task.counts + at * PixelEdges::size + k, 1U);
}

void tag_windows_on_cuda(const TagWindowsTask& task, const TagWindows::Coefficients&, cudaStream_t stream) {
    launch(count_windows,
           {.blocks = blocks_for(task.tags.tags, threads_per_block), .threads = threads_per_block, .stream = stream},
           task);
}

FL_CUDA_STAGE(TagWindows, TagWindowsTask, tag_windows_on_cuda);

}  // namespace
}  // namespace firstlight
