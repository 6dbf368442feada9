// prefix_sum on CUDA: a warp per trace, a step per lane, 32 steps at a time.
#include "kernels/gating/prefix_sum_trace.hpp"
#include "kernels/support/launch_cuda.cuh"
#include "kernels/support/warp_cuda.cuh"

namespace firstlight {
namespace {

constexpr int warps_per_block = 8;

// Every lane of the warp calls these. Sum over all bins of |value(i)|, and prefix sums in `unit`.
template <class F>
__device__ double bound_of(const F& value, std::int64_t bins) {
    double mine = 0;
    for (std::int64_t i = lane(); i < bins; i += warp_lanes) mine += fabs(value(i));
    return warp_sum(mine);
}

template <class F>
__device__ void add_up(const F& value, const HeldTraces& held, double unit, std::uint32_t* prefix) {
    const double per_unit = unit > 0 ? 1 / unit : 0;
    double before = 0;
    if (lane() == 0) *prefix = 0;
    for (std::int64_t base = 0; base < held.steps; base += warp_lanes) {
        const std::int64_t k = base + lane();
        double mine = 0;
        const std::int64_t end = (k + 1) * held.step < held.bins ? (k + 1) * held.step : held.bins;
        if (per_unit > 0)
            for (std::int64_t i = k * held.step; i < end; ++i) mine += value(i) * per_unit;
        const double until = before + warp_inclusive_scan(mine);
        if (k < held.steps) prefix[(k + 1) * held_lanes] = rounded(until);
        before = __shfl_sync(all_lanes, until, warp_lanes - 1);
    }
}

__global__ void hold_traces(PrefixSumTask task) {
    const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * warps_per_block + warp_in_block();
    if (i >= task.inner.traces()) return;  // the whole warp
    const HeldTraces& held = task.held;
    const std::int64_t trace = task.trace(i), pixel = task.inner.pixel(i);
    const std::int64_t row = held.start(pixel);
    if (pixel == 0)
        for (std::int64_t k = lane(); k <= held.steps; k += warp_lanes) hold_edge(task, k);
    const auto counted = [&](std::int64_t b) { return exact_count_at(task.tile.counts, trace, b); };
    const double bound = bound_of(counted, held.bins);
    double mine = 0;
    for (std::int64_t b = lane(); b < held.bins; b += warp_lanes) mine += counted(b);
    const double total = warp_sum(mine);
    const double unit = count_unit_for(task.tile.counts.type, bound);
    add_up(counted, held, unit, held.counts + row);
    if (lane() == 0) {
        hold_model(task, trace, pixel);
        held.count_unit[pixel] = static_cast<float>(unit);
        held.total[pixel] = static_cast<float>(total);
    }
    const auto hold = [&](const auto& value, std::uint32_t* prefixes, float* units) {
        if (prefixes == nullptr) return;
        const double of = unit_for(bound_of(value, held.bins));
        add_up(value, held, of, prefixes + row);
        if (lane() == 0) units[pixel] = static_cast<float>(of);
    };
    hold([&](std::int64_t b) { return value_of(task, trace, b); }, held.value, held.value_unit);
    hold([&](std::int64_t b) { return variance_of(task, trace, b); }, held.variance, held.variance_unit);
}

void prefix_sum_on_cuda(const PrefixSumTask& task, const PrefixSum::Coefficients& /*c*/, cudaStream_t stream) {
    launch(
        hold_traces,
        {.blocks = blocks_for(task.inner.traces(), warps_per_block), .threads = warps_per_block * 32, .stream = stream},
        task);
}

FL_CUDA_STAGE(PrefixSum, PrefixSumTask, prefix_sum_on_cuda);

}  // namespace
}  // namespace firstlight
