// Tone map on CUDA: one thread per pixel, the body of tone_map_pixel.hpp.
#include "kernels/rendering/tone_map_pixel.hpp"
#include "kernels/support/launch_cuda.cuh"

namespace firstlight {
namespace {

__global__ void tone_map_kernel(ToneMapWork work, ToneMap::Coefficients c) {
    const std::int64_t i = global_thread();
    if (i < work.pixels) tone_map_pixel(work, i, c);
}

void tone_map_on_cuda(const ToneMapWork& work, const ToneMap::Coefficients& c, cudaStream_t stream) {
    constexpr int threads = 256;
    launch(tone_map_kernel, {.blocks = blocks_for(work.pixels, threads), .threads = threads, .stream = stream}, work,
           c);
}

FL_CUDA_STAGE(ToneMap, ToneMapWork, tone_map_on_cuda);

}  // namespace
}  // namespace firstlight
