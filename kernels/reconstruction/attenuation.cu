// attenuation on CUDA: one thread per pixel.
#include "kernels/reconstruction/attenuation.hpp"
#include "kernels/support/launch_cuda.cuh"

namespace firstlight {
namespace {

constexpr int threads_per_block = 256;

__global__ void fill_depth(ImageTile images, Attenuation::Coefficients c) {
    const std::int64_t pixel = global_thread();
    if (pixel < images.pixels()) Attenuation::fill(images, c, pixel);
}

void attenuation_on_cuda(const ImageTile& images, const Attenuation::Coefficients& c, cudaStream_t stream) {
    launch(fill_depth,
           {.blocks = blocks_for(images.pixels(), threads_per_block), .threads = threads_per_block, .stream = stream},
           images, c);
}

FL_CUDA_STAGE(Attenuation, ImageTile, attenuation_on_cuda);

}  // namespace
}  // namespace firstlight
