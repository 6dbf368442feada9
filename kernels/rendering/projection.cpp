#include "kernels/rendering/projection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "kernels/rendering/projection_line.hpp"
#include "kernels/support/parallel_for.hpp"

namespace firstlight {
namespace {

constexpr std::int64_t block = 512;  // lines side by side: their state stays in the L1 cache

// Lines [begin, end) of one outer index, along z or y. Arrays side by side, so that the loops over lines vectorise.
FL_SIMD void maxima(const float* values, const Projection::Coefficients& c, std::int64_t lines, float* image,
                    std::int32_t* position) {
    std::array<float, block> best;
    std::array<std::int32_t, block> at;
    best.fill(LineMaximum{}.value);
    at.fill(-1);
    for (std::int64_t a = 0; a < c.along; ++a) {
        const float* v = values + a * c.inner;
        const auto here = static_cast<std::int32_t>(a);
        for (std::int64_t i = 0; i < lines; ++i) {
            const auto k = static_cast<std::size_t>(i);
            LineMaximum line{best[k], at[k]};
            take(line, v[i], here);
            best[k] = line.value;
            at[k] = line.position;
        }
    }
    for (std::int64_t i = 0; i < lines; ++i) {
        const auto k = static_cast<std::size_t>(i);
        image[i] = outcome(LineMaximum{best[k], at[k]});
        if (position != nullptr) position[i] = at[k];
    }
}

FL_SIMD void sums(const float* values, const Projection::Coefficients& c, std::int64_t lines, float* image) {
    std::array<double, block> sum;
    std::array<std::int32_t, block> voxels;
    sum.fill(0);
    voxels.fill(0);
    for (std::int64_t a = 0; a < c.along; ++a) {
        const float* v = values + a * c.inner;
        for (std::int64_t i = 0; i < lines; ++i) {
            const auto k = static_cast<std::size_t>(i);
            LineSum line{sum[k], voxels[k]};
            take(line, v[i]);
            sum[k] = line.sum;
            voxels[k] = line.voxels;
        }
    }
    for (std::int64_t i = 0; i < lines; ++i) {
        const auto k = static_cast<std::size_t>(i);
        image[i] = outcome(LineSum{sum[k], voxels[k]}, c.what);
    }
}

template <class Line>
Line pairwise(std::array<Line, projection_parts>& parts) {
    for (std::size_t apart = projection_parts / 2; apart > 0; apart /= 2)
        for (std::size_t k = 0; k < apart; ++k) parts[k] = joined(parts[k], parts[k + apart]);
    return parts[0];
}

// One line along x: how bright first, then where; looking for both at once costs many times as much.
FL_SIMD float brightest_of_row(const float* v, std::int64_t n) {
    std::array<float, projection_parts> best;
    best.fill(LineMaximum{}.value);
    std::int64_t start = 0;
    for (; start + projection_parts <= n; start += projection_parts)
        for (std::size_t k = 0; k < projection_parts; ++k) {
            const float value = v[start + static_cast<std::int64_t>(k)];
            best[k] = value > best[k] ? value : best[k];
        }
    for (; start < n; ++start) best[0] = v[start] > best[0] ? v[start] : best[0];
    for (std::size_t apart = projection_parts / 2; apart > 0; apart /= 2)
        for (std::size_t k = 0; k < apart; ++k) best[k] = best[k + apart] > best[k] ? best[k + apart] : best[k];
    return best[0];
}

LineMaximum maximum_of_row(const float* v, std::int64_t n) {
    const float brightest = brightest_of_row(v, n);
    for (std::int64_t i = 0; i < n; ++i)
        if (v[i] == brightest) return {brightest, static_cast<std::int32_t>(i)};
    return {};  // nothing but NaN
}

// In parts, as the header says.
FL_SIMD LineSum sum_of_row(const float* v, std::int64_t n) {
    std::array<double, projection_parts> sum;
    std::array<std::int32_t, projection_parts> voxels;
    sum.fill(0);
    voxels.fill(0);
    std::array<LineSum, projection_parts> parts;
    std::int64_t start = 0;
    for (; start + projection_parts <= n; start += projection_parts)
        for (std::size_t k = 0; k < projection_parts; ++k) {
            LineSum line{sum[k], voxels[k]};
            take(line, v[start + static_cast<std::int64_t>(k)]);
            sum[k] = line.sum;
            voxels[k] = line.voxels;
        }
    for (std::size_t k = 0; k < projection_parts; ++k) parts[k] = {sum[k], voxels[k]};
    for (std::int64_t i = start; i < n; ++i) take(parts[static_cast<std::size_t>(i - start)], v[i]);
    return pairwise(parts);
}

void project_row(const ProjectionTask& task, const Projection::Coefficients& c, std::int64_t row) {
    const float* v = task.volume.values + row * c.along;
    if (c.what == Projection::What::maximum) {
        const LineMaximum found = maximum_of_row(v, c.along);
        task.image[row] = outcome(found);
        if (task.position != nullptr) task.position[row] = found.position;
    } else {
        task.image[row] = outcome(sum_of_row(v, c.along), c.what);
    }
}

void project_lines(const ProjectionTask& task, const Projection::Coefficients& c, std::int64_t outer,
                   std::int64_t begin) {
    const std::int64_t lines = std::min(block, c.inner - begin), pixel = outer * c.inner + begin;
    const float* v = task.volume.values + outer * c.along * c.inner + begin;
    if (c.what == Projection::What::maximum)
        maxima(v, c, lines, task.image + pixel, task.position == nullptr ? nullptr : task.position + pixel);
    else sums(v, c, lines, task.image + pixel);
}

}  // namespace

Projection::Coefficients Projection::prepare(const Settings& settings, const VolumeView& volume) {
    Coefficients c;
    c.what = settings.what;
    c.index = settings.index;
    c.along_rows = settings.axis == Axis::x;
    switch (settings.axis) {
        case Axis::z: c.outer = 1, c.along = volume.planes, c.inner = volume.rows * volume.columns; break;
        case Axis::y: c.outer = volume.planes, c.along = volume.rows, c.inner = volume.columns; break;
        default: c.outer = volume.planes * volume.rows, c.along = volume.columns, c.inner = 1; break;
    }
    if (settings.what == What::slice && (c.index < 0 || c.index >= c.along))
        throw Error(ExitCode::usage, fmt::format("there is no slice {}", c.index),
                    fmt::format("the volume has {} along {}, counted from 0", c.along,
                                settings.axis == Axis::z   ? "z"
                                : settings.axis == Axis::y ? "y"
                                                           : "x"),
                    "name one of them");
    return c;
}

void Projection::on_cpu(const ProjectionTask& task, const Coefficients& c) {
    if (c.what == What::slice) {
        parallel_for(c.outer, std::max<std::int64_t>(1, (1 << 14) / std::max<std::int64_t>(1, c.inner)),
                     [&](std::int64_t begin, std::int64_t end) {
                         for (std::int64_t o = begin; o < end; ++o)
                             std::copy_n(task.volume.values + (o * c.along + c.index) * c.inner, c.inner,
                                         task.image + o * c.inner);
                     });
    } else if (c.along_rows) {
        parallel_for(c.outer, std::max<std::int64_t>(1, (1 << 14) / std::max<std::int64_t>(1, c.along)),
                     [&](std::int64_t begin, std::int64_t end) {
                         for (std::int64_t row = begin; row < end; ++row) project_row(task, c, row);
                     });
    } else {
        const std::int64_t blocks = (c.inner + block - 1) / block;
        parallel_for(c.outer * blocks, 1, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t k = begin; k < end; ++k) project_lines(task, c, k / blocks, k % blocks * block);
        });
    }
}

}  // namespace firstlight
