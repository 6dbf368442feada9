// os_sart_tv on CUDA: see subset_planes_cuda.cuh.
#include "kernels/reconstruction/os_sart_tv_ray.hpp"
#include "kernels/reconstruction/subset_planes_cuda.cuh"

namespace firstlight {
namespace {

void os_sart_tv_on_cuda(const VolumeTask& task, const OsSartTv::Coefficients& c, cudaStream_t stream) {
    check_optical_depths(task, OsSartTv::info.name);
    const std::int64_t rays = band_count(task.rows) * c.beam().rays();
    const ClearedBytes memory(2 * static_cast<std::size_t>(rays) * sizeof(float), stream);
    const OsSartRay ray{memory.as<float>(), memory.as<float>() + rays, c.length, c.row_weight, c.model_error};
    run_bands_cuda(task, c, ray, c.relaxation, OsSartTv::info.name, "", stream);
}

FL_CUDA_STAGE(OsSartTv, VolumeTask, os_sart_tv_on_cuda);

}  // namespace
}  // namespace firstlight
