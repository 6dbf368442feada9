// detector_response on CUDA: one thread per trace, because the first-photon law goes bin after bin.
#include "kernels/simulation/detector_response.hpp"
#include "kernels/simulation/detector_response_trace.hpp"
#include "kernels/support/launch_cuda.cuh"

namespace firstlight {
namespace {

constexpr int threads_per_block = 64;

__global__ void respond(ResponseTask task, DetectorResponse::Coefficients c) {
    const std::int64_t pixel = global_thread();
    if (pixel >= task.pixels) return;
    response::expect(task, c, pixel);
    if (task.counts != nullptr) response::count(task, c, pixel);
}

void response_on_cuda(const ResponseTask& task, const DetectorResponse::Coefficients& c, cudaStream_t stream) {
    launch(respond,
           {.blocks = blocks_for(task.pixels, threads_per_block), .threads = threads_per_block, .stream = stream}, task,
           c);
}

FL_CUDA_STAGE(DetectorResponse, ResponseTask, response_on_cuda);

}  // namespace
}  // namespace firstlight
