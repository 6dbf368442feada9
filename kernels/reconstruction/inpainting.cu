// Inpainting on CUDA: one thread per pixel; all but the few masked ones return at once.
#include "kernels/reconstruction/inpainting_pixel.hpp"
#include "kernels/support/launch_cuda.cuh"

namespace firstlight {
namespace {

__global__ void inpainting_kernel(ImageTile images, Inpainting::Coefficients c) {
    const std::int64_t i = global_thread();
    if (i < images.pixels()) inpaint_pixel(images, i, c);
}

void inpainting_on_cuda(const ImageTile& images, const Inpainting::Coefficients& c, cudaStream_t stream) {
    constexpr int threads = 256;
    launch(inpainting_kernel, {.blocks = blocks_for(images.pixels(), threads), .threads = threads, .stream = stream},
           images, c);
}

FL_CUDA_STAGE(Inpainting, ImageTile, inpainting_on_cuda);

}  // namespace
}  // namespace firstlight
