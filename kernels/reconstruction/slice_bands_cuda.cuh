// slice_bands.hpp on CUDA: all bands of a task at once, one thread per pixel or ray and slice.
#pragma once

#include <vector>

#include "kernels/reconstruction/slice_bands.hpp"
#include "kernels/support/device_bytes_cuda.cuh"
#include "kernels/support/parallel_beam_cuda.cuh"

namespace firstlight {

// image, times `scale`, into volume[z][y][x].
[[maybe_unused]] static __global__ void store_slices_kernel(ParallelBeam beam, std::int64_t rows, const float* image,
                                                            float scale, float* volume) {
    const std::int64_t per_slice = beam.columns * beam.columns;
    const std::int64_t i = global_thread();
    if (i >= rows * per_slice) return;
    const std::int64_t z = i / per_slice, y = i % per_slice / beam.columns, x = i % beam.columns;
    volume[i] = scale * image[z / beam_lanes * beam.pixels() + beam.pixel_at(y, x) + z % beam_lanes];
}

[[maybe_unused]] static __global__ void clear_outside_kernel(ParallelBeam beam, double radius, std::int64_t bands,
                                                             float* image) {
    const std::int64_t per_band = beam.columns * beam.columns;
    const std::int64_t i = global_thread();
    if (i >= bands * per_band * beam_lanes) return;
    const BeamItem item(i, per_band);
    const std::int64_t y = item.of_band / beam.columns, x = item.of_band % beam.columns;
    if (!is_inside(beam, radius, y, x)) image[item.band * beam.pixels() + beam.pixel_at(y, x) + item.lane] = 0.0F;
}

inline LaunchConfig for_items(std::int64_t items, cudaStream_t stream) {
    return {.blocks = blocks_for(items, beam_threads), .threads = beam_threads, .stream = stream};
}

// Waits for the stream.
template <class T>
std::vector<T> fetched(const T* from, std::int64_t count, cudaStream_t stream) {
    std::vector<T> values(static_cast<std::size_t>(count));
    check_cuda(cudaMemcpyAsync(values.data(), from, values.size() * sizeof(T), cudaMemcpyDeviceToHost, stream),
               "copying from the device");
    check_cuda(cudaStreamSynchronize(stream), "reconstructing a volume");
    return values;
}

}  // namespace firstlight
