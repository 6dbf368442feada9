// The iterative tomographic stages on the CPU: one band of 16 slices (subset_rules.hpp says what is done).
//
// `Ray` holds measured numbers in lanes, rays[view][columns + 3][16]: load() takes one from the task, ray(i, l) says
// what element i has to say of an optical depth l.
#pragma once

#include <algorithm>
#include <vector>

#include "kernels/reconstruction/subset_pixel.hpp"
#include "kernels/reconstruction/subset_rules.hpp"
#include "kernels/support/parallel_for.hpp"

namespace firstlight {

// Rows of pixels of 16 slices; all arrays as the beam's images.
void subset_step_row(std::int64_t pixels, const float* slope, const float* curvature, float relaxation,
                     const float* free, float* x);
void tv_image_row(std::int64_t values, const float* x, const float* inverse, const float* px, const float* above_py,
                  const float* py, float* u);
void tv_dual_row(std::int64_t values, std::int64_t stride, const float* u, const float* inverse, float beta, float* px,
                 float* py);

template <class Ray>
class CpuSubsets {
  public:
    CpuSubsets(const SubsetCoefficients& c, const SliceBand& band, const Ray& ray, float relaxation)
        : c_(c), beam_(c.beam()), band_(band), ray_(ray), relaxation_(relaxation) {
        const auto pixels = static_cast<std::size_t>(beam_.pixels()), rays = static_cast<std::size_t>(beam_.rays());
        for (std::vector<float>* image : {&x_, &before_, &slope_, &curvature_}) image->assign(pixels, 0.0F);
        if (c.rules.beta > 0)
            for (std::vector<float>* image : {&inverse_, &px_, &py_, &u_}) image->assign(pixels, 0.0F);
        slopes_.assign(rays, 0.0F);
        curvatures_.assign(rays, 0.0F);
        std::fill_n(free_, beam_lanes, 1.0F);
        of_view_.resize(static_cast<std::size_t>(beam_.views));
    }

    void start_iteration() { before_ = x_; }
    void step(ViewSubset subset) {
        look(subset);
        beam_back_both(beam_, subset, slopes_.data(), curvatures_.data(), slope_.data(), curvature_.data());
        for_rows([&](std::int64_t y) {
            for (std::int64_t x = 0; x < beam_.columns; ++x)
                if (!is_inside(beam_, c_.radius, y, x))
                    std::fill_n(curvature_.data() + beam_.pixel_at(y, x), beam_lanes, 0.0F);
            const std::int64_t at = beam_.pixel_at(y, 0);
            subset_step_row(beam_.columns, slope_.data() + at, curvature_.data() + at, relaxation_, free_,
                            x_.data() + at);
            if (inverse_.empty()) return;
            const auto subsets = static_cast<float>(c_.rules.subsets);
            for (std::int64_t i = at; i < at + beam_.columns * beam_lanes; ++i)
                inverse_[static_cast<std::size_t>(i)] = tv_inverse(curvature_[static_cast<std::size_t>(i)], subsets);
        });
        if (c_.rules.beta > 0) smooth();
    }
    std::vector<SliceFigures> figures() {
        struct Sums {
            SliceFigures of[beam_lanes];
        };
        std::vector<Sums> of_row(static_cast<std::size_t>(beam_.columns));
        for_rows([&](std::int64_t y) {
            SliceFigures* row = of_row[static_cast<std::size_t>(y)].of;
            for (std::int64_t i = 0; i < beam_.columns * beam_lanes; ++i) {
                const auto at = static_cast<std::size_t>(beam_.pixel_at(y, 0) + i);
                const double move = static_cast<double>(x_[at] - before_[at]), size = static_cast<double>(x_[at]);
                row[i % beam_lanes].moved += move * move;
                row[i % beam_lanes].size += size * size;
            }
        });
        std::vector<SliceFigures> sums(static_cast<std::size_t>(band_.slices));
        for (std::size_t z = 0; z < sums.size(); ++z) {
            for (const ViewFigures& view : of_view_) {
                sums[z].misfit += view.of[z].misfit;
                sums[z].objective += view.of[z].objective;
                sums[z].rays += view.of[z].rays;
            }
            for (const Sums& row : of_row) {
                sums[z].moved += row.of[z].moved;
                sums[z].size += row.of[z].size;
            }
        }
        return sums;
    }
    void freeze(std::int64_t z) { free_[z] = 0; }
    std::vector<SliceFigures> last_figures() {
        look({});
        return figures();
    }
    [[nodiscard]] const float* image() const { return x_.data(); }

  private:
    // The penalty's part of a step.
    void smooth() {
        const std::int64_t values = beam_.columns * beam_lanes, stride = beam_.stride() * beam_lanes;
        const auto image = [&] {
            for_rows([&](std::int64_t y) {
                const std::int64_t at = beam_.pixel_at(y, 0);
                tv_image_row(values, x_.data() + at, inverse_.data() + at, px_.data() + at, py_.data() + at - stride,
                             py_.data() + at, u_.data() + at);
            });
        };
        for (std::int64_t k = 0; k < c_.rules.tv_steps; ++k) {
            image();
            for_rows([&](std::int64_t y) {
                const std::int64_t at = beam_.pixel_at(y, 0);
                tv_dual_row(values, stride, u_.data() + at, inverse_.data() + at, c_.rules.beta, px_.data() + at,
                            py_.data() + at);
            });
        }
        image();
        for_rows([&](std::int64_t y) {
            const std::int64_t at = beam_.pixel_at(y, 0);
            for (std::int64_t i = 0; i < values; ++i)
                if (free_[i % beam_lanes] > 0.0F)
                    x_[static_cast<std::size_t>(at + i)] = u_[static_cast<std::size_t>(at + i)];
        });
    }
    struct ViewFigures {
        SliceFigures of[beam_lanes];
    };
    // What the rays of the subset say now.
    void look(ViewSubset subset) {
        beam_forward(beam_, subset, x_.data(), slopes_.data());
        parallel_for(subset.count(beam_.views), 1, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t n = begin; n < end; ++n) {
                const std::int64_t v = subset.first + n * subset.step, row = beam_.ray_at(v, 0);
                ViewFigures& sums = of_view_[static_cast<std::size_t>(v)];
                sums = {};
                for (std::int64_t i = 0; i < beam_.columns * beam_lanes; ++i) {
                    const auto at = static_cast<std::size_t>(row + i);
                    const RayWord word = ray_(row + i, slopes_[at]);
                    slopes_[at] = word.slope;
                    curvatures_[at] = word.curvature;
                    SliceFigures& sum = sums.of[i % beam_lanes];
                    sum.misfit += word.misfit;
                    sum.objective += word.objective;
                    sum.rays += word.counts ? 1 : 0;
                }
            }
        });
    }
    template <class F>
    void for_rows(const F& f) const {
        parallel_for(beam_.columns, 4, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t y = begin; y < end; ++y) f(y);
        });
    }

    const SubsetCoefficients& c_;
    ParallelBeam beam_;
    SliceBand band_;
    Ray ray_;
    float relaxation_;
    float free_[beam_lanes] = {};
    std::vector<float> x_, before_, slope_, curvature_, inverse_, px_, py_, u_, slopes_, curvatures_;
    std::vector<ViewFigures> of_view_;
};

// All bands of a task, one after the other. `ray` points to room for one band.
template <class Ray>
void run_bands(const VolumeTask& task, const SubsetCoefficients& c, const Ray& ray, float relaxation, const char* stage,
               const char* objective) {
    const ParallelBeam beam = c.beam();
    for (const SliceBand& band : slice_bands(task.rows)) {
        parallel_for(beam.views, 1, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t v = begin; v < end; ++v)
                for (std::int64_t lane = 0; lane < beam_lanes; ++lane)
                    for (std::int64_t k = 0; k < beam.columns; ++k)
                        ray.load(task, beam, v, band.first + std::min(lane, band.slices - 1), k, lane);
        });
        SubsetCoefficients of_band = c;
        if (c.proceed)
            of_band.proceed = [&](double share) {
                c.proceed((static_cast<double>(band.first) + share * static_cast<double>(band.slices)) /
                          static_cast<double>(task.rows));
            };
        CpuSubsets<Ray> planes(of_band, band, ray, relaxation);
        run_subsets(planes, of_band, band.slices, stage, objective);
        store_slices(beam, band, planes.image(), static_cast<float>(1 / c.pitch_m), task.volume);
    }
    c.figures->rows_done(task.rows);
}

}  // namespace firstlight
