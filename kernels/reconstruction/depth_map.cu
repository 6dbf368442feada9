// depth_map on CUDA: one thread per pixel.
#include "kernels/reconstruction/depth_map.hpp"
#include "kernels/support/launch_cuda.cuh"

namespace firstlight {
namespace {

constexpr int threads_per_block = 256;

__global__ void map_depths(ImageTile images, DepthMap::Coefficients c) {
    const std::int64_t i = global_thread();
    if (i < images.pixels()) DepthMap::pixel(images, c, i);
}

void depth_map_on_cuda(const ImageTile& images, const DepthMap::Coefficients& c, cudaStream_t stream) {
    if (images.layer(Layer::arrival) == nullptr) return;
    launch(map_depths,
           {.blocks = blocks_for(images.pixels(), threads_per_block), .threads = threads_per_block, .stream = stream},
           images, c);
}

FL_CUDA_STAGE(DepthMap, ImageTile, depth_map_on_cuda);

}  // namespace
}  // namespace firstlight
