// parallel_beam on CUDA, many bands of 16 slices in one launch: rays[band][view][columns + 3][16], image[band][…]. One
// thread per ray or pixel and slice, so a warp reads whole lines of two neighbours; index and weights are found by each
// thread anew, which costs less than to share them. The sums and their order are the CPU's.
#pragma once

#include "kernels/support/launch_cuda.cuh"
#include "kernels/support/parallel_beam.hpp"

namespace firstlight {

constexpr int beam_threads = 256;

// Thread i of [band][…][16].
struct BeamItem {
    std::int64_t band = 0, of_band = 0, lane = 0;
    __device__ BeamItem(std::int64_t i, std::int64_t per_band)
        : band(i / (per_band * beam_lanes)), of_band(i / beam_lanes % per_band), lane(i % beam_lanes) {}
};

[[maybe_unused]] static __global__ void beam_forward_kernel(ParallelBeam beam, ViewSubset subset, std::int64_t bands,
                                                            const float* image, float* rays) {
    const std::int64_t per_band = subset.count(beam.views) * beam.columns;
    const std::int64_t i = global_thread();
    if (i >= bands * per_band * beam_lanes) return;
    const BeamItem item(i, per_band);
    const std::int64_t v = subset.first + item.of_band / beam.columns * subset.step, k = item.of_band % beam.columns;
    const BeamView view = beam.view[v];
    const std::int64_t along = (view.by_rows ? beam.stride() : 1) * beam_lanes;
    const std::int64_t across = (view.by_rows ? 1 : beam.stride()) * beam_lanes;
    const float* row = image + item.band * beam.pixels() + beam.pixel_at(0, 0) + item.lane;
    float sum = 0;
    for (std::int64_t r = 0; r < beam.columns; ++r, row += along) {
        const BeamTaps taps = forward_taps(beam, view, k, r);
        sum += taps.first * row[taps.at * across] + taps.second * row[(taps.at + 1) * across];
    }
    rays[item.band * beam.rays() + beam.ray_at(v, k) + item.lane] = sum * view.over_width;
}

// rays_b and image_b: null, or a second set.
[[maybe_unused]] static __global__ void beam_back_kernel(ParallelBeam beam, ViewSubset subset, std::int64_t bands,
                                                         const float* rays_a, const float* rays_b, float* image_a,
                                                         float* image_b) {
    const std::int64_t per_band = beam.columns * beam.columns;
    const std::int64_t i = global_thread();
    if (i >= bands * per_band * beam_lanes) return;
    const BeamItem item(i, per_band);
    const std::int64_t y = item.of_band / beam.columns, x = item.of_band % beam.columns;
    float a = 0, b = 0;
    for (std::int64_t v = subset.first; v < beam.views; v += subset.step) {
        const BeamTaps taps = back_taps(beam, beam.view[v], y, x);
        const std::int64_t at = item.band * beam.rays() + beam.ray_at(v, taps.at) + item.lane;
        a += taps.first * rays_a[at] + taps.second * rays_a[at + beam_lanes];
        if (rays_b != nullptr) b += taps.first * rays_b[at] + taps.second * rays_b[at + beam_lanes];
    }
    const std::int64_t out = item.band * beam.pixels() + beam.pixel_at(y, x) + item.lane;
    image_a[out] = a;
    if (rays_b != nullptr) image_b[out] = b;
}

inline void beam_forward_cuda(const ParallelBeam& beam, ViewSubset subset, std::int64_t bands, const float* image,
                              float* rays, cudaStream_t stream) {
    const std::int64_t threads = bands * subset.count(beam.views) * beam.columns * beam_lanes;
    launch(beam_forward_kernel,
           {.blocks = blocks_for(threads, beam_threads), .threads = beam_threads, .stream = stream}, beam, subset,
           bands, image, rays);
}

inline void beam_back_cuda(const ParallelBeam& beam, ViewSubset subset, std::int64_t bands, const float* rays_a,
                           const float* rays_b, float* image_a, float* image_b, cudaStream_t stream) {
    const std::int64_t threads = bands * beam.columns * beam.columns * beam_lanes;
    launch(beam_back_kernel, {.blocks = blocks_for(threads, beam_threads), .threads = beam_threads, .stream = stream},
           beam, subset, bands, rays_a, rays_b, image_a, image_b);
}

}  // namespace firstlight
