// held_frame on CUDA: a thread per trace.
#include "kernels/gating/held_frame.hpp"
#include "kernels/support/launch_cuda.cuh"

namespace firstlight {
namespace {

constexpr int threads = 128;

__global__ void show_held_traces(HeldFrameTask task, HeldFrame::Coefficients c) {
    const std::int64_t trace = global_thread();
    if (trace < task.held.traces()) HeldFrame::show(task, trace, c);
}

void held_frame_on_cuda(const HeldFrameTask& task, const HeldFrame::Coefficients& c, cudaStream_t stream) {
    launch(show_held_traces, {.blocks = blocks_for(task.held.traces(), threads), .threads = threads, .stream = stream},
           task, c);
}

FL_CUDA_STAGE(HeldFrame, HeldFrameTask, held_frame_on_cuda);

}  // namespace
}  // namespace firstlight
