// What a region of an image or a line across it says: mean, spread, and how much of the spread photon noise explains.
//
// Places are in pixels: pixel (y, x) covers [x, x + 1) x [y, y + 1), its centre is (x + 0.5, y + 0.5). A pixel belongs
// to a region when its centre does: 0 <= centre - corner < size for a rectangle (so that regions side by side share no
// pixel), on or within the curve for an ellipse. What lies outside the image is not there; a region wholly outside, or
// one of no size that holds no centre, has no pixels and its figures are NaN. Pixels that are masked (Flag bits of
// `masked_flags`) or have no finite value are left out and counted. With one pixel the spread is NaN.
//
// Photon noise: sigma_i is the standard deviation that the image's own `_sigma` layer states, or sqrt(value) where the
// values are counts. Then
//     expected_sigma = sqrt(mean sigma_i^2)                of one pixel
//     snr            = mean / (expected_sigma / sqrt(n))   the mean over its standard deviation
//     excess         = variance / expected_sigma^2         1 where nothing but photon noise spreads the values
// NaN where no sigma is known. Pixels without a finite sigma take the others' mean square.
//
//   MeasuredImage image = measured_image(result.images, "ballistic", 0);
//   const RegionStatistics open = statistics_of(image, {RegionShape::rectangle, 10, 20, 18, 28});
//   const RegionContrast against = contrast_of(open, statistics_of(image, closed_region));
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/data/gated_images.hpp"
#include "host/figures_of_merit/image_quality.hpp"

namespace firstlight {

// An image with what is known of its noise. Pointers are the caller's.
struct MeasuredImage {
    ImageView values;
    const float* sigma = nullptr;         // [rows][columns] of each value, from photon noise, or null
    const std::uint8_t* flags = nullptr;  // [rows][columns] Flag bits, or null
    bool counts = false;                  // without `sigma`: values are counts, whose variance is their mean
};

// One view of a layer, with the layer of its name and `_sigma` where there is one, and counts where its unit says so.
// Errors: ExitCode::usage when there is no such layer or view.
[[nodiscard]] MeasuredImage measured_image(const GatedImages& images, const std::string& layer, std::int64_t view);

enum class RegionShape : std::uint8_t { rectangle, ellipse };

// Between two opposite corners, in any order; an ellipse touches the sides of that rectangle.
struct Region {
    RegionShape shape = RegionShape::rectangle;
    double x0 = 0, y0 = 0, x1 = 0, y1 = 0;
};

// Pixels (y * columns + x, ascending) of an image of this size that lie in the region, whatever they hold.
[[nodiscard]] std::vector<std::int64_t> pixels_in(const Region& region, std::int64_t rows, std::int64_t columns);

struct RegionStatistics {
    std::int64_t pixels = 0;                // used
    std::int64_t masked = 0, no_value = 0;  // left out: masked; not masked but without a finite value
    double mean = 0, standard_deviation = 0, median = 0, minimum = 0, maximum = 0, sum = 0;
    double expected_sigma = 0, snr = 0, excess = 0;

    [[nodiscard]] double variance() const { return standard_deviation * standard_deviation; }
};

[[nodiscard]] RegionStatistics statistics_of(const MeasuredImage& image, const Region& region);
// Of these pixels (indices into the image, each once).
[[nodiscard]] RegionStatistics statistics_of_pixels(const MeasuredImage& image,
                                                    const std::vector<std::int64_t>& pixels);

// Of one region against another, as image_quality.hpp defines them; NaN where they cannot be had.
struct RegionContrast {
    double cnr = 0;        // |mean - mean| / sqrt(variance + variance)
    double weber = 0;      // (mean - other mean) / other mean
    double michelson = 0;  // |mean - mean| / (mean + mean)
};
[[nodiscard]] RegionContrast contrast_of(const RegionStatistics& one, const RegionStatistics& other);

// Values along a line: at every pixel's length from its start on, interpolated bilinearly between the centres of the
// four pixels around (at the image's border as at the nearest centre). With a width, samples one pixel apart across the
// line (as many as the width rounded, at least 1) are averaged. Masked pixels and those without a value take no part:
// where they would make up more than half of a sample the sample is left out, and where all are left out or outside the
// image the value is NaN. Positions in mm use the pixels' true sizes, so oblong pixels are right; NaN where a size is
// not known. A line without length is one sample.
struct ProfileLine {
    double x0 = 0, y0 = 0, x1 = 0, y1 = 0;  // px
    double width_px = 1;
};
struct LineProfile {
    std::vector<double> position_px, position_mm;  // from the start of the line
    std::vector<double> x, y;                      // px
    std::vector<double> value;
    std::vector<std::int64_t> samples;  // that the value is the mean of
};
// pixel_width_m, pixel_height_m: 0 where not known.
[[nodiscard]] LineProfile line_profile(const MeasuredImage& image, const ProfileLine& line, double pixel_width_m,
                                       double pixel_height_m);

}  // namespace firstlight
