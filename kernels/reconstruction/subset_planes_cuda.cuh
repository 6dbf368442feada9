// The iterative tomographic stages on CUDA: all bands of a task at once, one thread per pixel or ray and slice. Sums
// are one thread's per view or row and slice, added up on the host, so that their order is the CPU's.
#pragma once

#include <vector>

#include "kernels/reconstruction/slice_bands_cuda.cuh"
#include "kernels/reconstruction/subset_pixel.hpp"
#include "kernels/reconstruction/subset_rules.hpp"

namespace firstlight {

template <class Ray>
__global__ void load_rays(VolumeTask task, ParallelBeam beam, std::int64_t bands, Ray ray) {
    const std::int64_t per_band = beam.views * beam.columns;
    const std::int64_t i = global_thread();
    if (i >= bands * per_band * beam_lanes) return;
    const BeamItem item(i, per_band);
    std::int64_t z = item.band * beam_lanes + item.lane;
    if (z >= task.rows) z = task.rows - 1;
    ray.band(item.band * beam.rays())
        .load(task, beam, item.of_band / beam.columns, z, item.of_band % beam.columns, item.lane);
}

// `sums`: [band][view][16]; slopes hold what the rays see, and get what they say.
template <class Ray>
__global__ void ask_rays(ParallelBeam beam, ViewSubset subset, std::int64_t bands, Ray ray, float* slopes,
                         float* curvatures, SliceFigures* sums) {
    const std::int64_t count = subset.count(beam.views);
    const std::int64_t i = global_thread();
    if (i >= bands * count * beam_lanes) return;
    const BeamItem item(i, count);
    const std::int64_t v = subset.first + item.of_band * subset.step;
    const Ray of_band = ray.band(item.band * beam.rays());
    SliceFigures sum;
    for (std::int64_t k = 0; k < beam.columns; ++k) {
        const std::int64_t at = beam.ray_at(v, k) + item.lane, there = item.band * beam.rays() + at;
        const RayWord word = of_band(at, slopes[there]);
        slopes[there] = word.slope;
        curvatures[there] = word.curvature;
        sum.misfit += word.misfit;
        sum.objective += word.objective;
        sum.rays += word.counts ? 1 : 0;
    }
    sums[(item.band * beam.views + v) * beam_lanes + item.lane] = sum;
}

struct SubsetImages {
    float *x = nullptr, *before = nullptr, *slope = nullptr, *curvature = nullptr;
    float *inverse = nullptr, *px = nullptr, *py = nullptr, *u = nullptr;  // null without a penalty
    float* free = nullptr;                                                 // [band][16]
};

// Where thread i's pixel is, or -1 where it has none.
__device__ inline std::int64_t pixel_of_thread(const ParallelBeam& beam, std::int64_t bands, std::int64_t& y,
                                               std::int64_t& x, std::int64_t& slice) {
    const std::int64_t per_band = beam.columns * beam.columns;
    const std::int64_t i = global_thread();
    if (i >= bands * per_band * beam_lanes) return -1;
    const BeamItem item(i, per_band);
    y = item.of_band / beam.columns;
    x = item.of_band % beam.columns;
    slice = item.band * beam_lanes + item.lane;
    return item.band * beam.pixels() + beam.pixel_at(y, x) + item.lane;
}

[[maybe_unused]] static __global__ void step_pixels(ParallelBeam beam, std::int64_t bands, SubsetImages images,
                                                    double radius, float relaxation, float subsets) {
    std::int64_t y = 0, x = 0, slice = 0;
    const std::int64_t at = pixel_of_thread(beam, bands, y, x, slice);
    if (at < 0) return;
    const float curvature = is_inside(beam, radius, y, x) ? images.curvature[at] : 0.0F;
    images.x[at] = subset_step(images.x[at], images.slope[at], curvature, relaxation, images.free[slice]);
    if (images.inverse != nullptr) images.inverse[at] = tv_inverse(curvature, subsets);
}

[[maybe_unused]] static __global__ void tv_image_pixels(ParallelBeam beam, std::int64_t bands, SubsetImages images) {
    std::int64_t y = 0, x = 0, slice = 0;
    const std::int64_t at = pixel_of_thread(beam, bands, y, x, slice);
    if (at < 0) return;
    images.u[at] = tv_image(images.x[at], images.inverse[at], images.px[at - beam_lanes], images.px[at],
                            images.py[at - beam.stride() * beam_lanes], images.py[at]);
}

[[maybe_unused]] static __global__ void tv_dual_pixels(ParallelBeam beam, std::int64_t bands, SubsetImages images,
                                                       float beta) {
    std::int64_t y = 0, x = 0, slice = 0;
    const std::int64_t at = pixel_of_thread(beam, bands, y, x, slice);
    if (at < 0) return;
    const std::int64_t right = at + beam_lanes, below = at + beam.stride() * beam_lanes;
    tv_dual(images.u[at], images.u[right], images.u[below], images.inverse[at], images.inverse[right],
            images.inverse[below], beta, images.px[at], images.py[at]);
}

[[maybe_unused]] static __global__ void take_pixels(ParallelBeam beam, std::int64_t bands, SubsetImages images) {
    std::int64_t y = 0, x = 0, slice = 0;
    const std::int64_t at = pixel_of_thread(beam, bands, y, x, slice);
    if (at >= 0 && images.free[slice] > 0.0F) images.x[at] = images.u[at];
}

// `sums`: [band][row][16].
[[maybe_unused]] static __global__ void sum_moves(ParallelBeam beam, std::int64_t bands, SubsetImages images,
                                                  SliceFigures* sums) {
    const std::int64_t i = global_thread();
    if (i >= bands * beam.columns * beam_lanes) return;
    const BeamItem item(i, beam.columns);
    SliceFigures sum;
    for (std::int64_t x = 0; x < beam.columns; ++x) {
        const std::int64_t at = item.band * beam.pixels() + beam.pixel_at(item.of_band, x) + item.lane;
        const double move = static_cast<double>(images.x[at] - images.before[at]);
        const double size = static_cast<double>(images.x[at]);
        sum.moved += move * move;
        sum.size += size * size;
    }
    sums[i] = sum;
}

template <class Ray>
class CudaSubsets {
  public:
    CudaSubsets(const SubsetCoefficients& c, std::int64_t rows, const Ray& ray, float relaxation, cudaStream_t stream)
        : c_(c),
          beam_(c.beam()),
          rows_(rows),
          bands_(band_count(rows)),
          ray_(ray),
          relaxation_(relaxation),
          stream_(stream),
          image_bytes_(static_cast<std::size_t>(bands_ * beam_.pixels()) * sizeof(float)),
          images_memory_(image_bytes_ * (c.rules.beta > 0 ? 8 : 4), stream),
          rays_memory_(2 * static_cast<std::size_t>(bands_ * beam_.rays()) * sizeof(float), stream),
          free_memory_(static_cast<std::size_t>(bands_ * beam_lanes) * sizeof(float), stream),
          view_sums_(static_cast<std::size_t>(bands_ * beam_.views * beam_lanes) * sizeof(SliceFigures), stream),
          row_sums_(static_cast<std::size_t>(bands_ * beam_.columns * beam_lanes) * sizeof(SliceFigures), stream) {
        float* at = images_memory_.as<float>();
        const auto take = [&] {
            float* begin = at;
            at += bands_ * beam_.pixels();
            return begin;
        };
        for (float** image : {&images_.x, &images_.before, &images_.slope, &images_.curvature}) *image = take();
        if (c.rules.beta > 0)
            for (float** image : {&images_.inverse, &images_.px, &images_.py, &images_.u}) *image = take();
        images_.free = free_memory_.as<float>();
        slopes_ = rays_memory_.as<float>();
        curvatures_ = slopes_ + bands_ * beam_.rays();
        free_.assign(static_cast<std::size_t>(bands_ * beam_lanes), 1.0F);
        send_free();
    }

    void start_iteration() {
        check_cuda(cudaMemcpyAsync(images_.before, images_.x, image_bytes_, cudaMemcpyDeviceToDevice, stream_),
                   "copying on the device");
    }
    void step(ViewSubset subset) {
        look(subset);
        beam_back_cuda(beam_, subset, bands_, slopes_, curvatures_, images_.slope, images_.curvature, stream_);
        launch(step_pixels, by_pixels(), beam_, bands_, images_, c_.radius, relaxation_,
               static_cast<float>(c_.rules.subsets));
        if (c_.rules.beta > 0) smooth();
    }
    std::vector<SliceFigures> figures() {
        launch(sum_moves, for_items(bands_ * beam_.columns * beam_lanes, stream_), beam_, bands_, images_,
               row_sums_.as<SliceFigures>());
        const auto views = fetched(view_sums_.as<SliceFigures>(), bands_ * beam_.views * beam_lanes, stream_);
        const auto rows = fetched(row_sums_.as<SliceFigures>(), bands_ * beam_.columns * beam_lanes, stream_);
        std::vector<SliceFigures> sums(static_cast<std::size_t>(rows_));
        for (std::int64_t z = 0; z < rows_; ++z) {
            const std::int64_t band = z / beam_lanes, lane = z % beam_lanes;
            SliceFigures& sum = sums[static_cast<std::size_t>(z)];
            for (std::int64_t v = 0; v < beam_.views; ++v) {
                const SliceFigures& of_view =
                    views[static_cast<std::size_t>((band * beam_.views + v) * beam_lanes + lane)];
                sum.misfit += of_view.misfit;
                sum.objective += of_view.objective;
                sum.rays += of_view.rays;
            }
            for (std::int64_t y = 0; y < beam_.columns; ++y) {
                const SliceFigures& of_row =
                    rows[static_cast<std::size_t>((band * beam_.columns + y) * beam_lanes + lane)];
                sum.moved += of_row.moved;
                sum.size += of_row.size;
            }
        }
        return sums;
    }
    void freeze(std::int64_t z) {
        float& free = free_[static_cast<std::size_t>(z)];
        if (free == 0.0F) return;
        free = 0;
        send_free();
    }
    std::vector<SliceFigures> last_figures() {
        look({});
        return figures();
    }
    [[nodiscard]] const float* image() const { return images_.x; }

  private:
    // The penalty's part of a step.
    void smooth() {
        for (std::int64_t k = 0; k < c_.rules.tv_steps; ++k) {
            launch(tv_image_pixels, by_pixels(), beam_, bands_, images_);
            launch(tv_dual_pixels, by_pixels(), beam_, bands_, images_, c_.rules.beta);
        }
        launch(tv_image_pixels, by_pixels(), beam_, bands_, images_);
        launch(take_pixels, by_pixels(), beam_, bands_, images_);
    }
    void send_free() {
        check_cuda(
            cudaMemcpyAsync(images_.free, free_.data(), free_.size() * sizeof(float), cudaMemcpyHostToDevice, stream_),
            "copying to the device");
        check_cuda(cudaStreamSynchronize(stream_), "reconstructing a volume");
    }
    void look(ViewSubset subset) {
        beam_forward_cuda(beam_, subset, bands_, images_.x, slopes_, stream_);
        launch(ask_rays<Ray>, for_items(bands_ * subset.count(beam_.views) * beam_lanes, stream_), beam_, subset,
               bands_, ray_, slopes_, curvatures_, view_sums_.as<SliceFigures>());
    }
    [[nodiscard]] LaunchConfig by_pixels() const {
        return for_items(bands_ * beam_.columns * beam_.columns * beam_lanes, stream_);
    }

    const SubsetCoefficients& c_;
    ParallelBeam beam_;
    std::int64_t rows_, bands_;
    Ray ray_;
    float relaxation_;
    cudaStream_t stream_;
    std::size_t image_bytes_;
    ClearedBytes images_memory_, rays_memory_, free_memory_, view_sums_, row_sums_;
    SubsetImages images_;
    float *slopes_ = nullptr, *curvatures_ = nullptr;
    std::vector<float> free_;
};

// `ray` points to room for all bands.
template <class Ray>
void run_bands_cuda(const VolumeTask& task, const SubsetCoefficients& c, const Ray& ray, float relaxation,
                    const char* stage, const char* objective, cudaStream_t stream) {
    const ParallelBeam beam = c.beam();
    const std::int64_t bands = band_count(task.rows);
    if (bands == 0) return;
    launch(load_rays<Ray>, for_items(bands * beam.views * beam.columns * beam_lanes, stream), task, beam, bands, ray);
    CudaSubsets<Ray> planes(c, task.rows, ray, relaxation, stream);
    run_subsets(planes, c, task.rows, stage, objective);
    launch(store_slices_kernel, for_items(task.rows * beam.columns * beam.columns, stream), beam, task.rows,
           planes.image(), static_cast<float>(1 / c.pitch_m), task.volume);
    check_cuda(cudaStreamSynchronize(stream), "reconstructing a volume");  // before the memory goes
    c.figures->rows_done(task.rows);
}

}  // namespace firstlight
