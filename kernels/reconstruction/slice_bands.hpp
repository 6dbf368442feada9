// Slices of a volume in bands of 16, side by side in lanes (parallel_beam.hpp), for the tomographic stages.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "kernels/support/parallel_beam.hpp"
#include "kernels/support/parallel_for.hpp"
#include "kernels/support/stage.hpp"

namespace firstlight {

struct SliceBand {
    std::int64_t first = 0, slices = 0;  // of the task's rows; the lanes beyond `slices` are idle
};

FL_HD constexpr std::int64_t band_count(std::int64_t rows) { return (rows + beam_lanes - 1) / beam_lanes; }

inline std::vector<SliceBand> slice_bands(std::int64_t rows) {
    std::vector<SliceBand> bands;
    for (std::int64_t first = 0; first < rows; first += beam_lanes)
        bands.push_back({first, std::min(beam_lanes, rows - first)});
    return bands;
}

// Errors (usage): there is no optical depth to work on.
inline void check_optical_depths(const VolumeTask& task, const char* stage) {
    if (task.rays() == 0) return;
    if (task.layer(Layer::optical_depth) == nullptr || task.layer(Layer::optical_depth_sigma) == nullptr)
        throw Error(ExitCode::usage, std::string(stage) + ": there are no optical depths",
                    "a volume of mu is made of line integrals with their errors",
                    "put a gate and attenuation before it, and give the scan a reference");
}

inline void clear_outside(const ParallelBeam& beam, double radius, float* image) {
    for (std::int64_t y = 0; y < beam.columns; ++y)
        for (std::int64_t x = 0; x < beam.columns; ++x)
            if (!is_inside(beam, radius, y, x)) std::fill_n(image + beam.pixel_at(y, x), beam_lanes, 0.0F);
}

// image, times `scale`, into volume[z][y][x].
inline void store_slices(const ParallelBeam& beam, const SliceBand& band, const float* image, float scale,
                         float* volume) {
    parallel_for(beam.columns, 8, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t y = begin; y < end; ++y)
            for (std::int64_t lane = 0; lane < band.slices; ++lane) {
                float* out = volume + ((band.first + lane) * beam.columns + y) * beam.columns;
                for (std::int64_t x = 0; x < beam.columns; ++x) out[x] = scale * image[beam.pixel_at(y, x) + lane];
            }
    });
}

// Sum of ((OD - projection) / sigma)^2 over the rays that have both; and of (OD - projection)^2 and OD^2.
struct RayMisfit {
    double sum = 0, rays = 0, residual = 0, depth = 0;
    FL_HD void add(const VolumeTask& task, std::int64_t view, std::int64_t row, std::int64_t column, float projection) {
        const std::int64_t i = (view * task.rows + row) * task.columns + column;
        const float sigma = task.layer(Layer::optical_depth_sigma)[i];
        const float od = task.layer(Layer::optical_depth)[i];
        const float miss = (od - projection) / sigma;
        if (!(sigma > 0.0F) || !(miss - miss == 0)) return;
        sum += static_cast<double>(miss) * static_cast<double>(miss);
        rays += 1;
        residual += static_cast<double>(od - projection) * static_cast<double>(od - projection);
        depth += static_cast<double>(od) * static_cast<double>(od);
    }
};

}  // namespace firstlight
