#include "kernels/support/parallel_beam.hpp"

#include <algorithm>

#include "kernels/support/parallel_for.hpp"

namespace firstlight {
namespace {

constexpr std::int64_t tile_columns = 32;  // pixels, or rays, whose indices are found together
constexpr std::int64_t tile_rows = 4;      // so that a tile of two images is 16 KiB

struct TapRow {
    std::int32_t at[tile_columns];
    float first[tile_columns], second[tile_columns];
};

// Loads through structs are not vectorised by GCC 12; plain numbers are.
FL_INLINE void back_row_taps(double x, double cosine, double along, double centre, double last, float over_width,
                             TapRow& taps) {
    for (std::int32_t i = 0; i < tile_columns; ++i) {
        float f = 0;
        taps.at[i] = beam_floor((x + static_cast<double>(i)) * cosine + along + centre, last, f);
        taps.first[i] = beam_weight(f, over_width);
        taps.second[i] = beam_weight(1.0F - f, over_width);
    }
}

FL_INLINE void forward_row_taps(double k, double per_column, double along, double last, TapRow& taps) {
    for (std::int32_t i = 0; i < tile_columns; ++i) {
        float f = 0;
        taps.at[i] = beam_floor(along + (k + static_cast<double>(i)) * per_column, last, f);
        taps.first[i] = 1.0F - f;
        taps.second[i] = f;
    }
}

FL_INLINE void add_taps(float* __restrict sum, const float* __restrict first, const float* __restrict second, float a,
                        float b) {
    for (std::int64_t lane = 0; lane < beam_lanes; ++lane) sum[lane] += a * first[lane] + b * second[lane];
}

// A tile of up to tile_rows x tile_columns pixels, all views of the subset. N images at once.
template <int N>
FL_INLINE void back_tile(const ParallelBeam& beam, ViewSubset subset, const float* const* rays, float* const* images,
                         std::int64_t y0, std::int64_t x0) {
    alignas(64) float sums[N][tile_rows][tile_columns][beam_lanes] = {};
    const std::int64_t rows = std::min(tile_rows, beam.columns - y0);
    const std::int64_t count = std::min(tile_columns, beam.columns - x0);
    const double middle = beam.middle();
    TapRow taps;
    for (std::int64_t v = subset.first; v < beam.views; v += subset.step) {
        const BeamView& view = beam.view[v];
        for (std::int64_t y = 0; y < rows; ++y) {
            back_row_taps(static_cast<double>(x0) - middle, view.cosine,
                          (static_cast<double>(y0 + y) - middle) * view.sine, beam.centre,
                          static_cast<double>(beam.columns), view.over_width, taps);
            const std::int64_t row = beam.ray_at(v, 0);
            for (int n = 0; n < N; ++n)
                for (std::int64_t i = 0; i < count; ++i) {
                    const float* ray = rays[n] + row + static_cast<std::int64_t>(taps.at[i]) * beam_lanes;
                    add_taps(sums[n][y][i], ray, ray + beam_lanes, taps.first[i], taps.second[i]);
                }
        }
    }
    for (int n = 0; n < N; ++n)
        for (std::int64_t y = 0; y < rows; ++y)
            std::copy_n(&sums[n][y][0][0], count * beam_lanes, images[n] + beam.pixel_at(y0 + y, x0));
}

FL_SIMD void back_tile_of_one(const ParallelBeam& beam, ViewSubset subset, const float* const* rays,
                              float* const* images, std::int64_t y0, std::int64_t x0) {
    back_tile<1>(beam, subset, rays, images, y0, x0);
}
FL_SIMD void back_tile_of_two(const ParallelBeam& beam, ViewSubset subset, const float* const* rays,
                              float* const* images, std::int64_t y0, std::int64_t x0) {
    back_tile<2>(beam, subset, rays, images, y0, x0);
}

template <class Tile>
void back_all(const ParallelBeam& beam, ViewSubset subset, const float* const* rays, float* const* images, Tile tile) {
    const std::int64_t bands = (beam.columns + tile_rows - 1) / tile_rows;
    parallel_for(bands, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t b = begin; b < end; ++b)
            for (std::int64_t x = 0; x < beam.columns; x += tile_columns)
                tile(beam, subset, rays, images, b * tile_rows, x);
    });
}

// Rays [k0, k0 + tile_columns) of a view.
FL_SIMD void forward_tile(const ParallelBeam& beam, std::int64_t v, std::int64_t k0, const float* image, float* rays) {
    alignas(64) float sums[tile_columns][beam_lanes] = {};
    const BeamView& view = beam.view[v];
    const std::int64_t count = std::min(tile_columns, beam.columns - k0);
    const std::int64_t along = (view.by_rows ? beam.stride() : 1) * beam_lanes;
    const std::int64_t across = (view.by_rows ? 1 : beam.stride()) * beam_lanes;
    TapRow taps;
    for (std::int64_t r = 0; r < beam.columns; ++r) {
        forward_row_taps(static_cast<double>(k0), view.per_column, view.start + static_cast<double>(r) * view.per_row,
                         static_cast<double>(beam.columns), taps);
        const float* row = image + beam.pixel_at(0, 0) + r * along;
        for (std::int64_t i = 0; i < count; ++i) {
            const float* pixel = row + static_cast<std::int64_t>(taps.at[i]) * across;
            add_taps(sums[i], pixel, pixel + across, taps.first[i], taps.second[i]);
        }
    }
    float* out = rays + beam.ray_at(v, k0);
    for (std::int64_t i = 0; i < count; ++i)
        for (std::int64_t lane = 0; lane < beam_lanes; ++lane)
            out[i * beam_lanes + lane] = sums[i][lane] * view.over_width;
}

}  // namespace

std::vector<BeamView> beam_views(const std::vector<double>& angles_rad, std::int64_t columns, double centre,
                                 Footprint footprint) {
    std::vector<BeamView> views;
    views.reserve(angles_rad.size());
    const double middle = 0.5 * static_cast<double>(columns - 1);
    for (const double angle : angles_rad) {
        BeamView v;
        v.cosine = std::cos(angle);
        v.sine = std::sin(angle);
        v.by_rows = std::abs(v.cosine) >= std::abs(v.sine);
        const double major = v.by_rows ? v.cosine : v.sine;
        const double minor = v.by_rows ? v.sine : v.cosine;
        v.per_column = 1 / major;
        v.per_row = -minor / major;
        v.start = middle - centre / major + middle * minor / major;
        v.over_width = footprint == Footprint::linear ? 1.0F : static_cast<float>(1 / std::abs(major));
        views.push_back(v);
    }
    return views;
}

void beam_forward(const ParallelBeam& beam, ViewSubset subset, const float* image, float* rays) {
    const std::int64_t tiles = (beam.columns + tile_columns - 1) / tile_columns;
    parallel_for(subset.count(beam.views) * tiles, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i)
            forward_tile(beam, subset.first + i / tiles * subset.step, i % tiles * tile_columns, image, rays);
    });
}

void beam_back(const ParallelBeam& beam, ViewSubset subset, const float* rays, float* image) {
    back_all(beam, subset, &rays, &image, back_tile_of_one);
}

void beam_back_both(const ParallelBeam& beam, ViewSubset subset, const float* rays_a, const float* rays_b,
                    float* image_a, float* image_b) {
    const float* rays[] = {rays_a, rays_b};
    float* images[] = {image_a, image_b};
    back_all(beam, subset, rays, images, back_tile_of_two);
}

std::vector<float> beam_lengths(const ParallelBeam& beam, double radius) {
    std::vector<float> image(static_cast<std::size_t>(beam.pixels()), 0.0F);
    std::vector<float> rays(static_cast<std::size_t>(beam.rays()), 0.0F);
    for (std::int64_t y = 0; y < beam.columns; ++y)
        for (std::int64_t x = 0; x < beam.columns; ++x)
            if (is_inside(beam, radius, y, x)) image[static_cast<std::size_t>(beam.pixel_at(y, x))] = 1;
    beam_forward(beam, {}, image.data(), rays.data());
    std::vector<float> lengths;
    for (std::int64_t v = 0; v < beam.views; ++v)
        for (std::int64_t k = 0; k < beam.columns; ++k)
            lengths.push_back(rays[static_cast<std::size_t>(beam.ray_at(v, k))]);
    return lengths;
}

}  // namespace firstlight
