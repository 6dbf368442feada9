// richardson_lucy on CUDA: one block per trace, whose light, ratios and weights stay in shared memory over all
// iterations; responses of any length by taps, read through the cache, in the CPU's order of additions.
#include "kernels/deconvolution/count_ratio.hpp"
#include "kernels/deconvolution/even_bins.hpp"
#include "kernels/deconvolution/richardson_lucy.hpp"
#include "kernels/support/launch_cuda.cuh"
#include "kernels/support/trace_sums.hpp"
#include "kernels/support/warp_cuda.cuh"

namespace firstlight {
namespace {

constexpr int threads = 128;

// One trace in shared memory: four rows of `bins` floats.
struct SharedTrace {
    std::int64_t bins;
    const float* edges;
    const float* taps;
    std::int64_t count, first;
    SharedPointer<float> light, inverse, sums, back;

    __device__ float folded(SharedPointer<float> from, std::int64_t i) const {  // sum_k taps[k] from[i - first - k]
        const std::int64_t begin = i - first - (bins - 1) > 0 ? i - first - (bins - 1) : 0;
        const std::int64_t end = i - first + 1 < count ? i - first + 1 : count;
        float sum = 0;
        for (std::int64_t k = begin; k < end; ++k) sum = fmaf(taps[k], static_cast<float>(from[i - first - k]), sum);
        return sum;
    }
    __device__ float folded_back(SharedPointer<float> from,
                                 std::int64_t j) const {  // sum_k taps[k] from[j + first + k]
        const std::int64_t begin = -j - first > 0 ? -j - first : 0;
        const std::int64_t end = bins - j - first < count ? bins - j - first : count;
        float sum = 0;
        for (std::int64_t k = end - 1; k >= begin; --k)
            sum = fmaf(taps[k], static_cast<float>(from[j + first + k]), sum);
        return sum;
    }
    // light -> sums, in true bins
    __device__ void fold() const {
        const SharedPointer<float> even = edges == nullptr ? sums : back;
        for (std::int64_t i = threadIdx.x; i < bins; i += threads) even[i] = folded(light, i);
        __syncthreads();
        if (edges == nullptr) return;
        for (std::int64_t i = threadIdx.x; i < bins; i += threads) {
            const BinRange range = even_bins_of(edges, bins, i);
            float sum = 0;
            for (std::int64_t j = range.first; j < range.last; ++j)
                sum = fmaf(overlap(edges, i, j), static_cast<float>(back[j]), sum);
            sums[i] = sum;
        }
        __syncthreads();
    }
    // sums, in true bins -> back
    __device__ void unfold(SharedPointer<float> spare) const {
        if (edges == nullptr) {
            for (std::int64_t j = threadIdx.x; j < bins; j += threads) back[j] = folded_back(sums, j);
            __syncthreads();
            return;
        }
        for (std::int64_t j = threadIdx.x; j < bins; j += threads) {
            const BinRange range = true_bins_of(edges, bins, j);
            float sum = 0;
            for (std::int64_t i = range.first; i < range.last; ++i)
                sum = fmaf(overlap(edges, i, j), static_cast<float>(sums[i]), sum);
            spare[j] = sum;
        }
        __syncthreads();
        for (std::int64_t j = threadIdx.x; j < bins; j += threads) back[j] = folded_back(spare, j);
        __syncthreads();
    }
};

__global__ void estimate(TraceTile tile, RichardsonLucy::Coefficients c) {
    FL_DYNAMIC_SHARED(float, memory);
    FL_SHARED(double, partial, 32);
    const std::int64_t trace = blockIdx.x;
    const std::int64_t bins = tile.counts.bins;
    const DetectorModel& m = tile.model;
    float* signal = tile.signal + trace * bins;
    if (tile.effect != nullptr && threadIdx.x == 0) tile.effect[trace] = 0;
    if (tile.is_masked(trace)) {
        for (std::int64_t i = threadIdx.x; i < bins; i += threads) signal[i] = nanf("");
        return;
    }
    const float* taps = c.taps + (c.per_pixel ? tile.window.pixel(trace) * c.count : 0);
    const SharedTrace t{
        bins, m.edges, taps, c.count, c.first, memory, memory + bins, memory + 2 * bins, memory + 3 * bins};
    const SharedPointer<float> spare = memory + 4 * bins;  // there with uneven bins only
    const float gain = m.gain == nullptr ? 1.0F : m.gain[trace];
    const float dark = m.dark == nullptr ? 0.0F : m.dark[trace] / gain;
    const auto live = [&](std::int64_t i) { return m.live == nullptr ? 1.0F : m.live[trace * bins + i]; };

    for (std::int64_t i = threadIdx.x; i < bins; i += threads) t.sums[i] = gain * live(i);
    __syncthreads();
    t.unfold(spare);
    for (std::int64_t j = threadIdx.x; j < bins; j += threads) {
        t.inverse[j] = static_cast<float>(t.back[j]);
        t.sums[j] = 1.0F;
    }
    __syncthreads();
    t.unfold(spare);
    double counted = 0;
    double net = 0;
    double seen = 0;
    for (std::int64_t j = threadIdx.x; j < bins; j += threads) {
        const float weight = t.inverse[j];
        const bool enough = t.back[j] >= RichardsonLucy::least_seen && weight > 0;
        const float inverse = enough ? 1 / weight : 0.0F;
        t.inverse[j] = inverse;
        const double y = exact_count_at(tile.counts, trace, j);
        counted += y;
        net += y - static_cast<double>(live(j) * gain * dark * bin_width(m.edges, j));
        if (enough) seen += 1 / static_cast<double>(inverse);
    }
    counted = block_sum(counted, partial);
    net = block_sum(net, partial);
    seen = block_sum(seen, partial);
    const double start = net > 1e-3 * counted ? net : 1e-3 * counted;
    const float even = seen > 0 ? static_cast<float>(start / seen) : 0.0F;
    for (std::int64_t j = threadIdx.x; j < bins; j += threads) t.light[j] = t.inverse[j] > 0 ? even : 0.0F;
    __syncthreads();

    for (std::int64_t n = 0; n < c.iterations; ++n) {
        t.fold();
        for (std::int64_t i = threadIdx.x; i < bins; i += threads) {
            const float expected = t.sums[i] + dark * bin_width(m.edges, i);
            t.sums[i] = count_ratio(count_at(tile.counts, trace, i), expected, RichardsonLucy::no_light);
        }
        __syncthreads();
        t.unfold(spare);
        for (std::int64_t j = threadIdx.x; j < bins; j += threads) {
            const float better = t.light[j] * (t.back[j] * t.inverse[j]);
            t.light[j] = better > RichardsonLucy::vanished ? better : 0.0F;
        }
        __syncthreads();
    }
    for (std::int64_t j = threadIdx.x; j < bins; j += threads) signal[j] = t.light[j];
}

void richardson_lucy_on_cuda(const TraceTile& tile, const RichardsonLucy::Coefficients& c, cudaStream_t stream) {
    const int rows = tile.model.edges == nullptr ? 4 : 5;
    launch(estimate,
           {.blocks = static_cast<unsigned>(tile.counts.traces),
            .threads = threads,
            .shared_bytes = static_cast<std::size_t>(rows * tile.counts.bins) * sizeof(float),
            .stream = stream},
           tile, c);
}

FL_CUDA_STAGE(RichardsonLucy, TraceTile, richardson_lucy_on_cuda);

}  // namespace
}  // namespace firstlight
