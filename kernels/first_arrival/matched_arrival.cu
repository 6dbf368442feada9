// matched_arrival on CUDA. Search: one warp per trace; its even counts lie in shared memory, lanes take places 32 apart
// and then one phase each. Every sum is a lane's own chain of fmaf, so positions are those of the CPU.
#include "kernels/first_arrival/matched_arrival_trace.hpp"
#include "kernels/support/launch_cuda.cuh"
#include "kernels/support/warp_cuda.cuh"

namespace firstlight {
namespace {

constexpr int threads_per_block = 256;
constexpr std::int64_t most_warps = 8;
constexpr std::int64_t shared_floats = 12 * 1024;         // for several traces: 48 KiB
constexpr std::int64_t most_shared_floats = 24 * 1024;    // for one long trace: 96 KiB

// Reads through to the counts where a trace is too long for shared memory.
struct CountsInPlace {
    const TraceTile* tile;
    std::int64_t trace;
    __device__ float operator[](std::int64_t i) const { return even_count_at(*tile, trace, i); }
};

// Largest value, and the least index that has it; in every lane.
__device__ std::int64_t first_of_largest(float value, std::int64_t index, float& largest) {
    largest = warp_max(value);
    return -warp_max(value == largest ? -index : std::numeric_limits<std::int64_t>::lowest());
}

template <class Y>
__device__ void search_trace(const TraceTile& tile, const MatchedArrival::Coefficients& c, std::int64_t trace, const Y& y) {
    const float lowest = -std::numeric_limits<float>::infinity();
    float mine = lowest;
    std::int64_t place = c.range.first;
    for (std::int64_t d = c.range.first + lane(); d < c.range.last; d += 32) {
        const float sum = filter_sum(y, d, c.filter.weight, c.filter.taps);
        if (sum > mine) {
            mine = sum;
            place = d;
        }
    }
    float largest = 0;
    const std::int64_t d = first_of_largest(mine, place, largest);
    const std::int64_t from = (d - 1 > c.range.first ? d - 1 : c.range.first) * filter_phases;
    const std::int64_t to = (d + 1 < c.range.last - 1 ? d + 1 : c.range.last - 1) * filter_phases;
    const bool active = from + lane() <= to;
    const float sum = active ? phase_sum(y, c.filter, from + lane()) : lowest;
    const std::int64_t q = first_of_largest(sum, from + lane(), largest);
    const int at = static_cast<int>(q - from);
    const float before = __shfl_sync(all_lanes, sum, at > 0 ? at - 1 : 0);
    const float after = __shfl_sync(all_lanes, sum, at + 1);
    double all = 0;
    for (std::int64_t i = c.range.first + lane(); i < c.range.last - 1 + c.filter.taps; i += 32)
        all += static_cast<double>(static_cast<float>(y[i]));
    all = warp_sum(all);
    const float none = std::numeric_limits<float>::quiet_NaN();
    if (lane() == 0)
        write_found(tile, c, trace,
                    arrival_from(y, c.filter, c.range, q, q > from ? before : none, largest, q < to ? after : none, all));
}

__global__ void search_staged(TraceTile tile, MatchedArrival::Coefficients c) {
    FL_DYNAMIC_SHARED(float, staged);
    const std::int64_t trace = static_cast<std::int64_t>(blockIdx.x) * warps_in_block() + warp_in_block();
    if (trace >= tile.counts.traces) return;
    if (!takes_part(tile, trace)) {
        if (lane() == 0) write_found(tile, c, trace, {});
        return;
    }
    const auto y = staged + warp_in_block() * tile.counts.bins;
    for (std::int64_t i = lane(); i < tile.counts.bins; i += 32) y[i] = even_count_at(tile, trace, i);
    __syncwarp();
    search_trace(tile, c, trace, y);
}

__global__ void search_in_place(TraceTile tile, MatchedArrival::Coefficients c) {
    const std::int64_t trace = static_cast<std::int64_t>(blockIdx.x) * warps_in_block() + warp_in_block();
    if (trace >= tile.counts.traces) return;
    if (takes_part(tile, trace)) search_trace(tile, c, trace, CountsInPlace{&tile, trace});
    else if (lane() == 0) write_found(tile, c, trace, {});
}

__global__ void fill_known(TraceTile tile, MatchedArrival::Coefficients c) {
    const std::int64_t trace = global_thread();
    if (trace < tile.counts.traces) write_known(tile, c, trace);
}

void matched_arrival_on_cuda(const TraceTile& tile, const MatchedArrival::Coefficients& c, cudaStream_t stream) {
    const std::int64_t traces = tile.counts.traces;
    if (c.task != MatchedArrival::Task::search) {
        launch(fill_known,
               {.blocks = blocks_for(traces, threads_per_block), .threads = threads_per_block, .stream = stream}, tile, c);
        return;
    }
    const std::int64_t bins = tile.counts.bins;
    const bool fits = bins <= most_shared_floats;
    const std::int64_t wanted = fits ? shared_floats / bins : most_warps;
    const int warps = static_cast<int>(wanted < 1 ? 1 : wanted > most_warps ? most_warps : wanted);
    launch(fits ? search_staged : search_in_place,
           {.blocks = blocks_for(traces, warps), .threads = static_cast<unsigned>(warps) * 32,
            .shared_bytes = fits ? static_cast<std::size_t>(warps * bins) * sizeof(float) : 0, .stream = stream},
           tile, c);
}

FL_CUDA_STAGE(MatchedArrival, TraceTile, matched_arrival_on_cuda);

}  // namespace
}  // namespace firstlight
