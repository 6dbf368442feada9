// ml_tr on CUDA: see subset_planes_cuda.cuh.
#include "kernels/reconstruction/ml_tr_ray.hpp"
#include "kernels/reconstruction/subset_planes_cuda.cuh"

namespace firstlight {
namespace {

void ml_tr_on_cuda(const VolumeTask& task, const MlTr::Coefficients& c, cudaStream_t stream) {
    const std::int64_t rays = band_count(task.rows) * c.beam().rays();
    const ClearedBytes memory(3 * static_cast<std::size_t>(rays) * sizeof(float), stream);
    const MlTrRay ray{memory.as<float>(),
                      memory.as<float>() + rays,
                      memory.as<float>() + 2 * rays,
                      c.reach,
                      c.model_error,
                      c.open,
                      c.worth,
                      c.open_view,
                      c.scan_rows};
    run_bands_cuda(task, c, ray, 1.0F, MlTr::info.name, "deviance_per_ray", stream);
}

FL_CUDA_STAGE(MlTr, VolumeTask, ml_tr_on_cuda);

}  // namespace
}  // namespace firstlight
