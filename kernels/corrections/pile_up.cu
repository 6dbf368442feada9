// pile_up on CUDA: one warp per trace; the prefix sum is a warp scan whose sum is carried from 32 bins to the next 32.
#include "kernels/corrections/pile_up.hpp"
#include "kernels/corrections/pile_up_trace.hpp"
#include "kernels/support/launch_cuda.cuh"
#include "kernels/support/trace_sums.hpp"
#include "kernels/support/warp_cuda.cuh"

namespace firstlight {
namespace {

constexpr int warps_per_block = 8;

__device__ void fill_first_photon(const CountsView& counts, std::int64_t trace, const FirstPhotonCycles& c,
                                  float* live) {
    const auto per_cycle = static_cast<float>(1 / c.cycles);
    double later = c.cycles - c.rest;
    for (std::int64_t begin = 0; begin < counts.bins; begin += 32) {
        const std::int64_t bin = begin + lane();
        const double y = bin < counts.bins ? exact_count_at(counts, trace, bin) : 0.0;
        const double sum = warp_inclusive_scan(y);
        if (bin < counts.bins)
            live[bin] = live_share(static_cast<float>(c.rest + (later - (sum - y))), static_cast<float>(y), per_cycle);
        later -= __shfl_sync(0xffffffffU, sum, 31);
    }
}

__global__ void fill_live(TraceTile tile, PileUp::Coefficients c) {
    const std::int64_t trace = static_cast<std::int64_t>(blockIdx.x) * warps_per_block + warp_in_block();
    if (trace >= tile.counts.traces) return;
    const std::int64_t bins = tile.counts.bins;
    float* live = tile.model.live == nullptr ? nullptr : tile.model.live + trace * bins;
    double total = 0;
    if (c.model != PileUp::Model::none)
        for (std::int64_t bin = lane(); bin < bins; bin += 32) total += exact_count_at(tile.counts, trace, bin);
    total = warp_sum(total);

    const double exposure = c.per_pixel == nullptr ? c.everywhere : c.per_pixel[tile.window.pixel(trace)];
    float share = 1;
    double hidden = 0;
    bool overwhelmed = false;
    const bool finite = total - total == 0;
    if (c.model == PileUp::Model::first_photon && finite) {
        const FirstPhotonCycles cycles = first_photon_cycles(exposure, total, c.min_live_cycles);
        fill_first_photon(tile.counts, trace, cycles, live);
        overwhelmed = cycles.overwhelmed;
        hidden = hidden_counts(cycles);
    } else {
        if (c.model == PileUp::Model::free_running && finite) {
            share = free_running_share(total, exposure, c.dead_time_s, overwhelmed);
            hidden = total * (1 / static_cast<double>(share) - 1);
        }
        if (live != nullptr)
            for (std::int64_t bin = lane(); bin < bins; bin += 32) live[bin] = share;
    }
    if (lane() != 0) return;
    if (overwhelmed) tile.model.flags[trace] = static_cast<std::uint8_t>(tile.model.flags[trace] | saturated);
    if (tile.effect != nullptr) tile.effect[trace] = static_cast<float>(hidden);
}

void pile_up_on_cuda(const TraceTile& tile, const PileUp::Coefficients& c, cudaStream_t stream) {
    launch(
        fill_live,
        {.blocks = blocks_for(tile.counts.traces, warps_per_block), .threads = warps_per_block * 32, .stream = stream},
        tile, c);
}

FL_CUDA_STAGE(PileUp, TraceTile, pile_up_on_cuda);

}  // namespace
}  // namespace firstlight
