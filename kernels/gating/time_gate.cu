// time_gate on CUDA: one warp per trace; lanes stride over the trace for its total and over each window.
#include "kernels/gating/time_gate_trace.hpp"
#include "kernels/support/launch_cuda.cuh"
#include "kernels/support/warp_cuda.cuh"

namespace firstlight {
namespace {

constexpr int warps_per_block = 8;

__device__ WindowSums sums_over(const TraceTile& tile, std::int64_t trace, const GateWindow& window) {
    WindowSums mine;
    if (window.inside)
        for (std::int64_t i = window.first + lane(); i < window.last; i += 32)
            add_bin(tile, trace, i, window.weight(tile.model.edges, i), mine);
    return {warp_sum(mine.raw), warp_sum(mine.value), warp_sum(mine.variance), warp_sum(mine.width)};
}

__global__ void gate_traces(TraceTile tile, TimeGate::Coefficients c) {
    const std::int64_t trace = static_cast<std::int64_t>(blockIdx.x) * warps_per_block + warp_in_block();
    if (trace >= tile.counts.traces) return;
    GatedTrace g = gated_windows(tile, trace, c);
    double total = 0;
    for (std::int64_t i = lane(); i < tile.counts.bins; i += 32) total += exact_count_at(tile.counts, trace, i);
    g.total = warp_sum(total);
    if (tile.signal != nullptr) {
        GatedTrace mine = g;
        add_signal(tile, trace, lane(), 32, mine);
        const auto summed = [](const WindowSums& s) {
            return WindowSums{warp_sum(s.raw), warp_sum(s.value), warp_sum(s.variance), warp_sum(s.width)};
        };
        g.in_gate = summed(mine.in_gate);
        g.in_lead = summed(mine.in_lead);
        if (lane() == 0) write_gated(tile, trace, c, g);
        return;
    }
    g.in_gate = sums_over(tile, trace, g.gate);
    g.in_late = sums_over(tile, trace, g.late);
    GateWindow lead;
    lead.last = lead.whole_last = g.lead_bins;
    lead.inside = g.lead_bins > 0;
    g.in_lead = sums_over(tile, trace, lead);
    if (lane() == 0) write_gated(tile, trace, c, g);
}

void time_gate_on_cuda(const TraceTile& tile, const TimeGate::Coefficients& c, cudaStream_t stream) {
    launch(
        gate_traces,
        {.blocks = blocks_for(tile.counts.traces, warps_per_block), .threads = warps_per_block * 32, .stream = stream},
        tile, c);
}

FL_CUDA_STAGE(TimeGate, TraceTile, time_gate_on_cuda);

}  // namespace
}  // namespace firstlight
