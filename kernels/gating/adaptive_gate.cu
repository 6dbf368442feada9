// adaptive_gate on CUDA: one warp per trace. Each lane slides over its own stretch of windows, so that a window costs
// two reads per trace added up; the filter's places and then its phases are tried one per lane. Sums of neighbouring
// traces are made as they are read: nothing is stored, and any length of trace fits.
#include "kernels/gating/adaptive_gate_trace.hpp"
#include "kernels/gating/last_surface.hpp"
#include "kernels/support/launch_cuda.cuh"
#include "kernels/support/matched_filter_cuda.cuh"
#include "kernels/support/warp_cuda.cuh"

namespace firstlight {
namespace {

constexpr int warps_per_block = 4;

// Counts around a trace added up as they are read, over their live fractions if asked for.
template <class T>
struct SummedCounts {
    const T* counts;
    const TraceTile* tile;
    std::int64_t trace, radius, at;
    bool over_live;

    __device__ float operator[](std::int64_t i) const {
        const std::int64_t bins = tile->counts.bins;
        float sum = 0;
        each_neighbour(*tile, trace, radius, [&](std::int64_t other, std::int64_t later) {
            const std::int64_t bin = at + i + later;
            if (bin < 0 || bin >= bins) return;
            const float y = static_cast<float>(counts[other * bins + bin]);
            sum += over_live ? y / tile->model.live[other * bins + bin] : y;
        });
        return sum;
    }
    __device__ SummedCounts operator+(std::int64_t i) const {
        SummedCounts moved = *this;
        moved.at += i;
        return moved;
    }
};

__device__ void warp_most_significant(FoundWindow& best) {
    for (int step = 16; step > 0; step /= 2) {
        FoundWindow other;
        other.start = __shfl_xor_sync(all_lanes, best.start, step);
        other.counts = __shfl_xor_sync(all_lanes, best.counts, step);
        other.shape = __shfl_xor_sync(all_lanes, best.shape, step);
        other.ratio = __shfl_xor_sync(all_lanes, best.ratio, step);
        const bool better = other.ratio > best.ratio || (other.ratio == best.ratio && other.start >= 0 &&
                                                         (best.start < 0 || other.start < best.start));
        if (better) best = other;
    }
}

// Each lane looks at its own stretch of the windows.
template <class F>
__device__ FoundWindow best_in_warp(std::int64_t first, std::int64_t windows, const F& best_of) {
    const std::int64_t stretch = (windows + 31) / 32;
    const std::int64_t from = first + lane() * stretch;
    FoundWindow best;
    if (windows > 0) best = best_of(from, from + stretch < first + windows ? from + stretch : first + windows);
    warp_most_significant(best);
    return best;
}

template <class Z>
__device__ FoundWindow window_in_warp(const WindowTest& test, const TraceNoise& noise, const Z& y, std::int64_t first,
                                      std::int64_t last, double n, double shape) {
    const std::int64_t windows = shape > 0 ? last - first - test.width + 1 : 0;
    return best_in_warp(first, windows, [&](std::int64_t from, std::int64_t to) {
        FoundWindow best;
        double q = 0;
        for (std::int64_t j = from; j < to; ++j) {
            if (j == from)
                for (std::int64_t k = j; k < j + test.width - 1; ++k) q += static_cast<double>(y[k]);
            q += static_cast<double>(y[j + test.width - 1]);
            const double in_window = (shape_before(test, noise, j + test.width) - shape_before(test, noise, j)) *
                                     live_at(noise, j + test.width / 2);
            look_at_window(j, q, in_window, n / shape, n, best);
            q -= static_cast<double>(y[j]);
        }
        return best;
    });
}

// Counts less the light of known surfaces.
template <class T>
struct RestCounts {
    SummedCounts<T> z;
    FilterView filter;
    KnownLight known;
    const float* edges;
    std::int64_t at = 0;

    __device__ float operator[](std::int64_t i) const {
        return static_cast<float>(static_cast<double>(z[at + i]) - known_in_bin(filter, known, edges, at + i));
    }
    __device__ RestCounts operator+(std::int64_t i) const {
        RestCounts moved = *this;
        moved.at += i;
        return moved;
    }
};

// A trace, or the sum of several, as find_last_surface takes it.
template <class T>
struct SummedTrace {
    const AdaptiveGate::Coefficients& c;
    SummedCounts<T> y, z;  // z: over the live fractions
    TraceNoise noise;
    std::int64_t last;

    __device__ BinsBehind sums(std::int64_t from, const KnownLight& known) const {
        BinsBehind sums;
        for (std::int64_t i = from + lane(); i < last; i += 32) {
            sums.counts += static_cast<double>(y[i]);
            sums.shape += live_at(noise, i) * (shape_before(c.test, noise, i + 1) - shape_before(c.test, noise, i));
            sums.known += live_at(noise, i) * known_in_bin(c.filters[0], known, noise.edges, i);
        }
        return {warp_sum(sums.counts), warp_sum(sums.shape), warp_sum(sums.known)};
    }
    __device__ FoundWindow window(std::int64_t from, const BinsBehind& behind, const KnownLight& known) const {
        return best_in_warp(from, last - from - c.test.width + 1, [&](std::int64_t begin, std::int64_t end) {
            return window_behind(
                c.test, noise, y, [&](std::int64_t i) { return known_in_bin(c.filters[0], known, noise.edges, i); },
                behind, begin, end);
        });
    }
    __device__ FoundArrival light(const FilterView& filter, const SearchRange& places, const SearchRange& around,
                                  const KnownLight& known) const {
        const RestCounts<T> rest{z, filter, known, noise.edges};
        return find_in_warp(FilteredTrace<RestCounts<T>>{rest, noise.live, noise.edges}, filter, places, around);
    }
};

template <class T>
__global__ void gate_adaptively(const T* counts, TraceTile tile, AdaptiveGate::Coefficients c) {
    const std::int64_t trace = static_cast<std::int64_t>(blockIdx.x) * warps_per_block + warp_in_block();
    if (trace >= tile.counts.traces) return;
    double total = 0;
    for (std::int64_t i = lane(); i < tile.counts.bins; i += 32)
        total += static_cast<double>(counts[trace * tile.counts.bins + i]);
    total = warp_sum(total);
    AcceptedGate gate;
    FoundArrival found;
    std::int64_t of_radius = 0;
    for (std::int64_t radius = 0; radius <= c.radius && !tile.is_masked(trace); ++radius) {
        if (gate.accepted && gate.window.counts >= c.few_counts) break;
        const TraceNoise noise = summed_noise(tile, trace, radius);
        const std::int64_t first = first_searched(c.test, noise);
        const std::int64_t last = last_searched(c.test, noise);
        const SummedCounts<T> y{counts, &tile, trace, radius, 0, false};
        double n = 0;
        double shape = 0;
        for (std::int64_t i = first + lane(); i < last; i += 32) {
            n += static_cast<double>(y[i]);
            if (noise.live != nullptr)
                shape += live_at(noise, i) * (shape_before(c.test, noise, i + 1) - shape_before(c.test, noise, i));
        }
        AcceptedGate larger;
        larger.counts = warp_sum(n);
        larger.shape = warp_sum(shape);
        if (noise.live == nullptr && first < last)
            larger.shape = shape_before(c.test, noise, last) - shape_before(c.test, noise, first);
        larger.window = window_in_warp(c.test, noise, y, first, last, larger.counts, larger.shape);
        const double u =
            dither(static_cast<std::uint64_t>(tile.window.pixel(trace)), static_cast<std::uint64_t>(radius));
        if (!is_significant(c.test, larger.window, larger.counts, larger.shape, u)) continue;
        const SummedCounts<T> z{counts, &tile, trace, radius, 0, noise.live != nullptr};
        const FilterPlaces look = filter_places(c, larger.window.start);
        const FoundArrival light = find_in_warp(FilteredTrace<SummedCounts<T>>{z, noise.live, noise.edges},
                                                c.filters[filter_for(larger, c.test.width)], look.places, look.around);
        larger.accepted = stands_out(light);
        if (!larger.accepted || !is_better(gate, larger, c.test.width)) continue;
        gate = larger;
        found = light;
        of_radius = radius;
    }
    if (lane() == 0) write_gate(tile, trace, c, total, gate, found);
    if (!c.last) return;
    LastSurface last;
    if (gate.accepted) {
        const TraceNoise noise = summed_noise(tile, trace, of_radius);
        const SummedTrace<T> summed{c,
                                    {counts, &tile, trace, of_radius, 0, false},
                                    {counts, &tile, trace, of_radius, 0, noise.live != nullptr},
                                    noise,
                                    last_searched(c.test, noise)};
        last = find_last_surface(summed, c, gate, found, static_cast<std::uint64_t>(tile.window.pixel(trace)));
    }
    if (lane() == 0) write_last(tile, trace, c, gate.accepted, last);
}

__global__ void flag_empty(TraceTile tile) {
    const std::int64_t trace = global_thread();
    if (trace < tile.counts.traces) flag_low_counts(tile, trace);
}

void adaptive_gate_on_cuda(const TraceTile& tile, const AdaptiveGate::Coefficients& c, cudaStream_t stream) {
    visit_counts(tile.counts, [&](const auto* counts) {
        using T = std::remove_cv_t<std::remove_pointer_t<decltype(counts)>>;
        launch(gate_adaptively<T>,
               {.blocks = blocks_for(tile.counts.traces, warps_per_block),
                .threads = warps_per_block * 32,
                .stream = stream},
               counts, tile, c);
    });
    constexpr int threads = 256;
    launch(flag_empty, {.blocks = blocks_for(tile.counts.traces, threads), .threads = threads, .stream = stream}, tile);
}

FL_CUDA_STAGE(AdaptiveGate, TraceTile, adaptive_gate_on_cuda);

}  // namespace
}  // namespace firstlight
