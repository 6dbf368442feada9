// Line integrals of a parallel beam through slices, and their exact transpose.
//
// A ray is detector column k of a view with angle theta; it integrates along X cos + Y sin = k - centre, all in pixels
// (detector pitch = pixel pitch). Joseph's method, which interpolates linearly in each row (|cos| >= |sin|) or column
// of the image, is for such a beam a triangular footprint in closed form: with p = X cos + Y sin of the pixel's centre
// and w = max(|cos|, |sin|), the pixel's weight in the ray at s = k - centre is
//     a = (1/w) (1 - |s - p| / w)+
// so the transpose gathers at most two detector columns per pixel and the projection two pixels per row: no weight is
// stored and none differs between the two but by rounding. Lengths are in pixels; times the pitch they are metres.
// Footprint::linear (w = 1) is the linear interpolation of filtered backprojection, which has no transpose here.
//
// Slices lie side by side in lanes, 16 to a band, so index and weights are found once for 16 slices:
//     rays[view][columns + 3][16]   with a column of zeros before the first and two behind the last
//     image[columns + 3][stride][16]   rows Y, columns X, with the same border of zeros; pixel 0 at -(columns - 1) / 2
// Borders are read, never written. The image is columns x columns, centred on the rotation axis. Any number of threads
// gives the same bits, and so do CPU and CUDA: every sum is one thread's, in the order of views (back) or rows
// (forward). Sources: P. M. Joseph, IEEE Trans. Med. Imaging 1, 192 (1982).
//
//   one view at 0 rad, image of one pixel of 2 at X = Y = 0, 3 columns, centre 1  ->  rays 0 2 0; transposed: a column
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "kernels/support/portable.hpp"

namespace firstlight {

constexpr std::int64_t beam_lanes = 16;

struct BeamView {
    double cosine = 1, sine = 0;
    double start = 0, per_column = 1, per_row = 0;  // where ray k crosses row r of the image: start + k, r times these
    float over_width = 1;                           // 1 / w
    bool by_rows = true;                            // |cos| >= |sin|: the projection walks along Y
};

struct ParallelBeam {
    std::int64_t views = 0, columns = 0;
    double centre = 0;               // detector column of the rotation axis
    const BeamView* view = nullptr;  // [views]

    FL_HD std::int64_t padded() const { return columns + 3; }
    FL_HD std::int64_t stride() const { return (columns + 3) | 1; }  // odd: rows do not meet in the same cache lines
    FL_HD std::int64_t rays() const { return views * padded() * beam_lanes; }
    FL_HD std::int64_t pixels() const { return padded() * stride() * beam_lanes; }
    FL_HD std::int64_t ray_at(std::int64_t v, std::int64_t k) const { return (v * padded() + k + 1) * beam_lanes; }
    FL_HD std::int64_t pixel_at(std::int64_t y, std::int64_t x) const {
        return ((y + 1) * stride() + x + 1) * beam_lanes;
    }
    FL_HD double middle() const { return 0.5 * static_cast<double>(columns - 1); }
};

// Views first, first + step, … of a beam.
struct ViewSubset {
    std::int64_t first = 0, step = 1;
    FL_HD std::int64_t count(std::int64_t views) const { return first >= views ? 0 : (views - 1 - first) / step + 1; }
};

enum class Footprint : std::uint8_t { joseph, linear };

[[nodiscard]] std::vector<BeamView> beam_views(const std::vector<double>& angles_rad, std::int64_t columns,
                                               double centre, Footprint footprint = Footprint::joseph);

// Two neighbours and their weights.
struct BeamTaps {
    std::int64_t at = 0;
    float first = 0, second = 0;
};

// Position p clamped into the border, where there are zeros: the index before it, and how far behind that it lies.
FL_INLINE std::int32_t beam_floor(double p, double last, float& behind) {
    const double inside = p < -1.0 ? -1.0 : p > last ? last : p;
    const auto k = static_cast<std::int32_t>(inside + 1.0) - 1;
    behind = static_cast<float>(inside - static_cast<double>(k));
    return k;
}
FL_INLINE float beam_weight(float distance, float over_width) {
    const float weight = 1.0F - distance * over_width;
    return over_width * (weight > 0.0F ? weight : 0.0F);
}

// Detector columns that pixel (y, x) of a view reaches.
FL_INLINE BeamTaps back_taps(const ParallelBeam& beam, const BeamView& view, std::int64_t y, std::int64_t x) {
    const double across = (static_cast<double>(x) - beam.middle()) * view.cosine;
    const double along = (static_cast<double>(y) - beam.middle()) * view.sine;
    float f = 0;
    const std::int32_t k = beam_floor(across + along + beam.centre, static_cast<double>(beam.columns), f);
    return {k, beam_weight(f, view.over_width), beam_weight(1.0F - f, view.over_width)};
}

// Pixels of the image's row r (column, where it walks along X) that ray k of a view crosses; times 1 / w.
FL_INLINE BeamTaps forward_taps(const ParallelBeam& beam, const BeamView& view, std::int64_t k, std::int64_t r) {
    const double along = view.start + static_cast<double>(r) * view.per_row;
    float f = 0;
    const std::int32_t i =
        beam_floor(along + static_cast<double>(k) * view.per_column, static_cast<double>(beam.columns), f);
    return {i, 1.0F - f, f};
}

// On the CPU, one band of 16 slices. `rays` and `image` of the subset's views are overwritten.
void beam_forward(const ParallelBeam& beam, ViewSubset subset, const float* image, float* rays);
void beam_back(const ParallelBeam& beam, ViewSubset subset, const float* rays, float* image);
// The same for two sets of rays at once, which share indices and weights.
void beam_back_both(const ParallelBeam& beam, ViewSubset subset, const float* rays_a, const float* rays_b,
                    float* image_a, float* image_b);

// Whether pixel (y, x) is no farther than `radius` pixels from the rotation axis.
FL_HD inline bool is_inside(const ParallelBeam& beam, double radius, std::int64_t y, std::int64_t x) {
    const double v = static_cast<double>(y) - beam.middle(), u = static_cast<double>(x) - beam.middle();
    return u * u + v * v <= radius * radius;
}

// Length of each ray within that circle, in pixels: the projection of ones. [views][columns]
[[nodiscard]] std::vector<float> beam_lengths(const ParallelBeam& beam, double radius);

}  // namespace firstlight
