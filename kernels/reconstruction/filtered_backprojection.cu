// filtered_backprojection on CUDA: the filter by its taps (a row is short, and taps need no second layout), then all
// slices at once.
#include "kernels/reconstruction/filtered_backprojection.hpp"
#include "kernels/reconstruction/slice_bands_cuda.cuh"

namespace firstlight {
namespace {

using Coefficients = FilteredBackprojection::Coefficients;

// One thread per view and slice: rays in lanes, gaps filled.
__global__ void fill_rows(VolumeTask task, ParallelBeam beam, float* rays) {
    const std::int64_t i = global_thread();
    if (i >= task.views * task.rows) return;
    const std::int64_t v = i / task.rows, z = i % task.rows;
    const float* limit = task.layer(Layer::optical_depth_upper_limit);
    fill_rays(task.layer(Layer::optical_depth) + i * task.columns,
              limit == nullptr ? nullptr : limit + i * task.columns, task.columns,
              rays + z / beam_lanes * beam.rays() + beam.ray_at(v, 0) + z % beam_lanes, beam_lanes);
}

__global__ void filter_rows(ParallelBeam beam, std::int64_t bands, const float* weight, const float* taps,
                            const float* rays, float* filtered) {
    const std::int64_t per_band = beam.views * beam.columns;
    const std::int64_t i = global_thread();
    if (i >= bands * per_band * beam_lanes) return;
    const BeamItem item(i, per_band);
    const std::int64_t v = item.of_band / beam.columns, k = item.of_band % beam.columns;
    const std::int64_t row = item.band * beam.rays() + beam.ray_at(v, 0) + item.lane;
    float sum = 0;
    for (std::int64_t j = 0; j < beam.columns; ++j) sum += taps[beam.columns - 1 + k - j] * rays[row + j * beam_lanes];
    filtered[row + k * beam_lanes] = weight[v] * sum;
}

// One thread per view and slice, so that the order of the sum is the CPU's.
__global__ void misfit_of_rows(VolumeTask task, ParallelBeam beam, float pitch, const float* rays, RayMisfit* out) {
    const std::int64_t i = global_thread();
    if (i >= task.views * task.rows) return;
    const std::int64_t v = i / task.rows, z = i % task.rows;
    const float* row = rays + z / beam_lanes * beam.rays() + beam.ray_at(v, 0) + z % beam_lanes;
    RayMisfit misfit;
    for (std::int64_t k = 0; k < task.columns; ++k) misfit.add(task, v, z, k, pitch * row[k * beam_lanes]);
    out[i] = misfit;
}

void filtered_backprojection_on_cuda(const VolumeTask& task, const Coefficients& c, cudaStream_t stream) {
    check_optical_depths(task, FilteredBackprojection::info.name);
    const std::int64_t bands = band_count(task.rows);
    if (bands == 0) return;
    const ParallelBeam linear{c.views, c.columns, c.centre, c.linear}, joseph{c.views, c.columns, c.centre, c.joseph};
    const auto all_rays = static_cast<std::size_t>(bands * linear.rays()) * sizeof(float);
    const ClearedBytes rays(all_rays, stream), filtered(all_rays, stream);
    const ClearedBytes image(static_cast<std::size_t>(bands * linear.pixels()) * sizeof(float), stream);
    const ClearedBytes misfits(static_cast<std::size_t>(task.views * task.rows) * sizeof(RayMisfit), stream);
    launch(fill_rows, for_items(task.views * task.rows, stream), task, linear, rays.as<float>());
    launch(filter_rows, for_items(bands * c.views * c.columns * beam_lanes, stream), linear, bands, c.weight, c.taps,
           rays.as<float>(), filtered.as<float>());
    beam_back_cuda(linear, {}, bands, filtered.as<float>(), nullptr, image.as<float>(), nullptr, stream);
    launch(clear_outside_kernel, for_items(bands * c.columns * c.columns * beam_lanes, stream), linear, c.radius, bands,
           image.as<float>());
    launch(store_slices_kernel, for_items(task.rows * c.columns * c.columns, stream), linear, task.rows,
           image.as<float>(), 1.0F, task.volume);
    beam_forward_cuda(joseph, {}, bands, image.as<float>(), rays.as<float>(), stream);
    launch(misfit_of_rows, for_items(task.views * task.rows, stream), task, joseph, c.pitch, rays.as<float>(),
           misfits.as<RayMisfit>());
    for (const RayMisfit& m : fetched(misfits.as<RayMisfit>(), task.views * task.rows, stream)) {
        c.figures->add("chi_squared_per_ray", m.sum, m.rays);
        c.figures->add_residual(m.residual, m.depth);
    }
    c.figures->rows_done(task.rows);
}

FL_CUDA_STAGE(FilteredBackprojection, VolumeTask, filtered_backprojection_on_cuda);

}  // namespace
}  // namespace firstlight
