// instant_gate on CUDA: a thread per trace.
#include "kernels/gating/instant_gate_trace.hpp"
#include "kernels/support/launch_cuda.cuh"

namespace firstlight {
namespace {

constexpr int threads = 128;

__global__ void gate_held_traces(InstantGateTask task, InstantGatePlan plan, TimeGate::Coefficients c) {
    const std::int64_t trace = global_thread();
    if (trace >= task.held.traces()) return;
    GatedTrace g = gated_windows(plan.at, static_cast<double>(task.held.arrival[trace]), c);
    gate_held_trace(task, plan, trace, c, g);
}

void instant_gate_on_cuda(const InstantGateTask& task, const TimeGate::Coefficients& c, cudaStream_t stream) {
    launch(gate_held_traces, {.blocks = blocks_for(task.held.traces(), threads), .threads = threads, .stream = stream},
           task, InstantGatePlan(task, c), c);
}

FL_CUDA_STAGE(InstantGate, InstantGateTask, instant_gate_on_cuda);

}  // namespace
}  // namespace firstlight
