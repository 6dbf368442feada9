// attenuation on CUDA: one thread per pixel.
#include "kernels/reconstruction/attenuation.hpp"
#include "kernels/support/launch_cuda.cuh"

namespace firstlight {
namespace {

constexpr int threads_per_block = 256;

__global__ void attenuate(ImageTile images, Attenuation::Coefficients c) {
    const std::int64_t i = global_thread();
    if (i < images.pixels()) Attenuation::pixel(images, c, i);
}

void attenuation_on_cuda(const ImageTile& images, const Attenuation::Coefficients& c, cudaStream_t stream) {
    launch(attenuate,
           {.blocks = blocks_for(images.pixels(), threads_per_block), .threads = threads_per_block, .stream = stream},
           images, c);
}

FL_CUDA_STAGE(Attenuation, ImageTile, attenuation_on_cuda);

}  // namespace
}  // namespace firstlight
