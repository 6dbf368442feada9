// tag_histogram on CUDA: one thread per tag, an atomic sum per tag. u2 counts are sums into the half of a 4-byte word
// that holds them; they do not overflow into the other half, for the caller knows that none exceeds its type.
#include "kernels/acquisition/tag_histogram.hpp"
#include "kernels/support/launch_cuda.cuh"

namespace firstlight {
namespace {

constexpr int threads_per_block = 256;

__global__ void count_tags(TagHistogramTask task) {
    const std::int64_t i = global_thread();
    if (i >= task.tags.tags) return;
    const std::int64_t pixel = static_cast<std::int64_t>(task.tags.pixels[i]) - task.first_pixel;
    const std::int64_t bin =
        visit_bins(task.tags, [&](const auto* bins) { return static_cast<std::int64_t>(bins[i]); });
    if (pixel < 0 || pixel >= task.pixels || bin >= task.bins) return;
    const std::int64_t at = pixel * task.bins + bin;
    auto* words = static_cast<unsigned int*>(task.counts);
    if (task.type == CountType::u2) atomicAdd(words + at / 2, at % 2 == 0 ? 1U : 1U << 16);
    else atomicAdd(words + at, 1U);
}

void tag_histogram_on_cuda(const TagHistogramTask& task, const TagHistogram::Coefficients&, cudaStream_t stream) {
    launch(count_tags,
           {.blocks = blocks_for(task.tags.tags, threads_per_block), .threads = threads_per_block, .stream = stream},
           task);
}

FL_CUDA_STAGE(TagHistogram, TagHistogramTask, tag_histogram_on_cuda);

}  // namespace
}  // namespace firstlight
