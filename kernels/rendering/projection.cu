// Projection on CUDA. Along z and y: a thread per line, so that a warp reads 32 voxels side by side at every step.
// Along x: a warp per line, each lane a part of it.
#include "kernels/rendering/projection_line.hpp"
#include "kernels/support/warp_cuda.cuh"

namespace firstlight {
namespace {

constexpr int threads = 256;

__global__ void project_lines_kernel(ProjectionTask task, Projection::Coefficients c) {
    const std::int64_t pixel = global_thread();
    if (pixel >= c.pixels()) return;
    const std::int64_t outer = pixel / c.inner;
    const float* v = task.volume.values + outer * c.along * c.inner + (pixel - outer * c.inner);
    if (c.what == Projection::What::slice) {
        task.image[pixel] = v[c.index * c.inner];
    } else if (c.what == Projection::What::maximum) {
        LineMaximum line;
        for (std::int64_t a = 0; a < c.along; ++a) take(line, v[a * c.inner], static_cast<std::int32_t>(a));
        task.image[pixel] = outcome(line);
        if (task.position != nullptr) task.position[pixel] = line.position;
    } else {
        LineSum line;
        for (std::int64_t a = 0; a < c.along; ++a) take(line, v[a * c.inner]);
        task.image[pixel] = outcome(line, c.what);
    }
}

__global__ void project_rows_kernel(ProjectionTask task, Projection::Coefficients c) {
    const std::int64_t row = global_thread() / warp_lanes;
    if (row >= c.outer) return;  // the whole warp
    const float* v = task.volume.values + row * c.along;
    if (c.what == Projection::What::maximum) {
        LineMaximum line;
        for (std::int64_t a = lane(); a < c.along; a += warp_lanes) take(line, v[a], static_cast<std::int32_t>(a));
        for (int apart = warp_lanes / 2; apart > 0; apart /= 2) {
            const LineMaximum other{__shfl_xor_sync(all_lanes, line.value, apart),
                                    __shfl_xor_sync(all_lanes, line.position, apart)};
            line = joined(line, other);
        }
        if (lane() != 0) return;
        task.image[row] = outcome(line);
        if (task.position != nullptr) task.position[row] = line.position;
    } else {
        LineSum line;
        for (std::int64_t a = lane(); a < c.along; a += warp_lanes) take(line, v[a]);
        line = {warp_sum(line.sum), warp_sum(line.voxels)};
        if (lane() == 0) task.image[row] = outcome(line, c.what);
    }
}

void projection_on_cuda(const ProjectionTask& task, const Projection::Coefficients& c, cudaStream_t stream) {
    const bool rows = c.along_rows && c.what != Projection::What::slice;
    const std::int64_t wanted = rows ? c.outer * warp_lanes : c.pixels();
    launch(rows ? project_rows_kernel : project_lines_kernel,
           {.blocks = blocks_for(wanted, threads), .threads = threads, .stream = stream}, task, c);
}

FL_CUDA_STAGE(Projection, ProjectionTask, projection_on_cuda);

}  // namespace
}  // namespace firstlight
