// wiener on CUDA: one block per trace, which stays in shared memory from the counts to the signal.
#include "kernels/deconvolution/even_bins.hpp"
#include "kernels/deconvolution/wiener.hpp"
#include "kernels/support/block_fft_cuda.cuh"
#include "kernels/support/trace_sums.hpp"
#include "kernels/support/warp_cuda.cuh"

namespace firstlight {
namespace {

constexpr int threads = 128;

__device__ ComplexPair pair_at(const FftPlan& plan, SharedPointer<float> values, std::int64_t k) {
    ComplexPair x;
    real_pair({complex_at(values, k), complex_at(values, k == 0 ? 0 : plan.m - k)},
              {plan.turn[2 * k], plan.turn[2 * k + 1]}, x);
    return x;
}
__device__ ComplexPair response_at(const Wiener::Coefficients& c, SharedPointer<float> row, std::int64_t k) {
    if (c.spectrum == nullptr) return pair_at(c.fft, row, k);
    const float* h = c.spectrum;
    const std::int64_t mirror = c.fft.m - k;
    return {{h[2 * k], h[2 * k + 1]}, {h[2 * mirror], h[2 * mirror + 1]}};
}
__device__ float power_of(const ComplexValue& v) { return v.re * v.re + v.im * v.im; }

// Even, corrected bins of a trace; its noise power.
__device__ double load(const TraceTile& tile, std::int64_t trace, SharedPointer<float> values) {
    const DetectorModel& m = tile.model;
    const std::int64_t bins = tile.counts.bins;
    const float gain = m.gain == nullptr ? 1.0F : m.gain[trace];
    const float dark = m.dark == nullptr ? 0.0F : m.dark[trace];
    const auto weight = [&](std::int64_t i) {
        return 1 / (gain * (m.live == nullptr ? 1.0F : m.live[trace * bins + i]));
    };
    double noise = 0;
    for (std::int64_t j = threadIdx.x; j < bins; j += threads) {
        const float own = weight(j);
        noise += static_cast<double>(count_at(tile.counts, trace, j) * own * own);
        if (m.edges == nullptr) {
            values[j] = count_at(tile.counts, trace, j) * own - dark / gain;
            continue;
        }
        const BinRange range = true_bins_of(m.edges, bins, j);
        float sum = 0;
        for (std::int64_t i = range.first; i < range.last; ++i) {
            const float width = bin_width(m.edges, i);
            const float value = count_at(tile.counts, trace, i) * weight(i) - dark * width / gain;
            sum = fmaf(overlap(m.edges, i, j), value / width, sum);
        }
        values[j] = sum;
    }
    return noise;
}

__global__ void deconvolve(TraceTile tile, Wiener::Coefficients c) {
    FL_DYNAMIC_SHARED(float, memory);
    FL_SHARED(double, partial, 32);
    FL_SHARED(float, partial_light, 32);
    const FftPlan& plan = c.fft;
    const std::int64_t trace = blockIdx.x;
    const std::int64_t bins = tile.counts.bins;
    float* signal = tile.signal + trace * bins;
    if (tile.effect != nullptr && threadIdx.x == 0) tile.effect[trace] = 0;
    if (tile.is_masked(trace)) {
        for (std::int64_t i = threadIdx.x; i < bins; i += threads) signal[i] = nanf("");
        return;
    }
    const SharedPointer<float> values = memory;
    SharedPointer<float> spare = memory + plan.n;
    SharedPointer<float> response = memory + 2 * plan.n;  // there with one response per pixel only
    const bool odd = plan.passes % 2 != 0;
    if (c.spectrum == nullptr) {
        for (std::int64_t i = threadIdx.x; i < plan.n; i += threads) response[i] = 0.0F;
        __syncthreads();
        const float* taps = c.taps + tile.window.pixel(trace) * c.count;
        for (std::int64_t k = threadIdx.x; k < c.count; k += threads)
            response[(c.first + k + plan.n) % plan.n] = taps[k];
        const SharedPointer<float> done = block_fft(plan, response, spare);
        if (odd) spare = response;
        response = done;
    }
    for (std::int64_t i = threadIdx.x; i < plan.n; i += threads) values[i] = 0.0F;
    __syncthreads();
    const auto noise = static_cast<float>(block_sum(load(tile, trace, values), partial));
    const SharedPointer<float> z = block_fft(plan, values, spare);
    const SharedPointer<float> other = odd ? values : spare;

    float inverse_snr = c.noise;
    if (!(c.noise > 0)) {
        SignalPower mine;
        for (std::int64_t k = threadIdx.x; k <= plan.m / 2; k += threads) {
            const ComplexPair light = pair_at(plan, z, k);
            const ComplexPair h = response_at(c, response, k);
            if (k != 0) mine.add(power_of(light.at), power_of(h.at), noise);
            if (k != plan.m - k) mine.add(power_of(light.mirror), power_of(h.mirror), noise);
        }
        SignalPower all;
        all.light = block_sum(mine.light, partial_light);
        all.passed = block_sum(mine.passed, partial_light);
        all.wide_light = block_sum(mine.wide_light, partial_light);
        all.wide_passed = block_sum(mine.wide_passed, partial_light);
        inverse_snr = all.inverse_snr(noise);
    }
    const float scale = 1.0F / static_cast<float>(plan.m);
    for (std::int64_t k = threadIdx.x; k <= plan.m / 2; k += threads) {
        const ComplexPair light = pair_at(plan, z, k);
        const ComplexPair h = response_at(c, response, k);
        ComplexPair x, turned;
        filtered(light.at, h.at, inverse_snr, scale, x.at);
        filtered(light.mirror, h.mirror, inverse_snr, scale, x.mirror);
        complex_pair(x, {plan.turn[2 * k], plan.turn[2 * k + 1]}, turned);
        const std::int64_t mirror = k == 0 ? 0 : plan.m - k;
        if (mirror != k) {
            other[2 * mirror] = turned.mirror.im;
            other[2 * mirror + 1] = turned.mirror.re;
        }
        other[2 * k] = turned.at.im;
        other[2 * k + 1] = turned.at.re;
    }
    const SharedPointer<float> light = block_fft(plan, other, z);
    for (std::int64_t i = threadIdx.x; i < bins; i += threads) signal[i] = light[i ^ 1];  // pairs come exchanged
}

void wiener_on_cuda(const TraceTile& tile, const Wiener::Coefficients& c, cudaStream_t stream) {
    const std::int64_t rows = c.spectrum == nullptr ? 3 : 2;
    launch(deconvolve,
           {.blocks = static_cast<unsigned>(tile.counts.traces),
            .threads = threads,
            .shared_bytes = static_cast<std::size_t>(rows * c.fft.n) * sizeof(float),
            .stream = stream},
           tile, c);
}

FL_CUDA_STAGE(Wiener, TraceTile, wiener_on_cuda);

}  // namespace
}  // namespace firstlight
