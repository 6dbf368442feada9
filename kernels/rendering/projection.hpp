// projection: a volume as an image, seen along one of its axes.
//
// Of the values v_i on a line along the axis, those that are NaN take no part:
//     maximum   max v_i, and the index i of the first voxel that has it (a depth map)
//     sum       Σ v_i        times the voxel's length: the line integral of mu, an optical depth
//     mean      Σ v_i / n    over the n voxels that have a value
//     slice     v_index      NaN stays
// A line without any value gives NaN, and position -1. Infinite values count as values.
// Images keep the volume's order of axes: along z [y][x], along y [z][x], along x [z][y].
//
// Sums are doubles: along z and y in the order of the voxels; along x in 32 parts (voxel i in part i mod 32), which are
// added pairwise, 16 apart, then 8, 4, 2, 1. So CPU and CUDA give the same bits, with any number of threads.
// Errors: usage from prepare() when the slice is outside the volume.
// Source: J. W. Wallis et al., IEEE Trans. Med. Imaging 8, 297 (1989) for maximum intensity projection.
//
//   along x, {{1, 3, nan, 3}}: maximum 3 at 1, sum 7, mean 7/3, slice 2 NaN
//
//   const VolumeView volume{values, planes, rows, columns};
//   const auto c = Projection::prepare({Projection::Axis::z, Projection::What::maximum}, volume);
//   run<Projection>(queue, ProjectionTask{volume, image, position}, c, 0);   // the queue's pointers
#pragma once

#include <cstdint>

#include "kernels/support/stage.hpp"

namespace firstlight {

struct VolumeView {
    const float* values = nullptr;  // [planes][rows][columns], which are z, y and x
    std::int64_t planes = 0, rows = 0, columns = 0;
};

struct ProjectionTask {
    VolumeView volume;
    float* image = nullptr;            // out: as the axis says
    std::int32_t* position = nullptr;  // out, maximum only: where along the axis it is; or null
};

struct Projection {
    static constexpr StageInfo info{"projection", "rendering",
                                    "Show a volume along one of its axes: maximum, mean, sum or a slice"};

    enum class Axis : std::uint8_t { z, y, x };
    enum class What : std::uint8_t { maximum, mean, sum, slice };

    struct Settings {
        Axis axis = Axis::z;
        What what = What::maximum;
        std::int64_t index = 0;  // of the slice
    };

    // The volume as [outer][along][inner], of which `along` goes.
    struct Coefficients {
        What what = What::maximum;
        bool along_rows = false;  // axis x: inner is 1
        std::int64_t outer = 0, along = 0, inner = 0, index = 0;
        [[nodiscard]] FL_HD std::int64_t pixels() const { return outer * inner; }
    };

    static Coefficients prepare(const Settings& settings, const VolumeView& volume);
    static void on_cpu(const ProjectionTask& task, const Coefficients& c);
};

}  // namespace firstlight
