// Figures of merit of images, for `firstlight compare`. Images are float [y][x]; a pixel counts where it is selected (a
// mask, null meaning every pixel) and every image involved has a finite value there. Sums are doubles. A figure that
// cannot be had (no pixels, division by zero) is NaN, never an error; images have equal size by contract.
//
//   const ImageView result{values, rows, columns}, expected{truth, rows, columns};
//   const double error = rmse(result, expected, nullptr);
#pragma once

#include <cstdint>

namespace firstlight {

struct ImageView {
    const float* values = nullptr;  // [rows][columns]
    std::int64_t rows = 0, columns = 0;

    [[nodiscard]] std::int64_t pixels() const { return rows * columns; }
};

// Mean and variance (n - 1) of the selected pixels.
struct Moments {
    std::int64_t pixels = 0;
    double mean = 0, variance = 0;
};
[[nodiscard]] Moments moments(const ImageView& image, const std::uint8_t* selected);

// Contrast to noise of an object against its surroundings,
//     |mean_in - mean_out| / sqrt(variance_in + variance_out).
// Source: X. Song et al., J. Biomed. Opt. 9, 1053 (2004), with unit weights. Needs 2 pixels in each region.
[[nodiscard]] double cnr(const ImageView& image, const std::uint8_t* inside, const std::uint8_t* outside);

// (mean_in - mean_out) / mean_out. Source: E. H. Weber; e.g. E. Peli, J. Opt. Soc. Am. A 7, 2032 (1990).
[[nodiscard]] double weber_contrast(const ImageView& image, const std::uint8_t* inside, const std::uint8_t* outside);

// |mean_in - mean_out| / (mean_in + mean_out), of the means of the two regions rather than of extremes, which noise
// would drive. Source: A. A. Michelson, Studies in Optics (1927).
[[nodiscard]] double michelson_contrast(const ImageView& image, const std::uint8_t* inside,
                                        const std::uint8_t* outside);

// sqrt(mean((image - truth)^2)), in the image's unit.
[[nodiscard]] double rmse(const ImageView& image, const ImageView& truth, const std::uint8_t* selected);

// 20 log10(data_range / rmse), dB; infinite for equal images. data_range: greatest less least possible value.
[[nodiscard]] double psnr(const ImageView& image, const ImageView& truth, double data_range,
                          const std::uint8_t* selected);

// Pearson's correlation of the two images (zero-mean normalised cross-correlation), -1 .. 1.
[[nodiscard]] double ncc(const ImageView& image, const ImageView& truth, const std::uint8_t* selected);

// Mean structural similarity with a Gaussian window, 11 x 11, standard deviation 1.5 pixels, K1 = 0.01, K2 = 0.03,
//     (2 mu_x mu_y + C1)(2 s_xy + C2) / ((mu_x^2 + mu_y^2 + C1)(s_x^2 + s_y^2 + C2)),  C = (K data_range)^2
// over all pixels whose whole window lies in the image; NaN where there is none or where a value is not finite inside
// every window. Windows that hold an unselected or non-finite pixel are left out. Variances are those of the window's
// weights (not n - 1), as in the source. Source: Z. Wang et al., IEEE Trans. Image Process. 13, 600 (2004).
[[nodiscard]] double ssim(const ImageView& image, const ImageView& truth, double data_range,
                          const std::uint8_t* selected);

// Pulls (value - truth) / sigma: standard normal when the standard deviations are right. coverage_68 and coverage_95:
// shares of pixels with |pull| <= 1 and <= 1.96, 0.6827 and 0.95 when right. Pixels with sigma <= 0 do not count.
// Source: L. Demortier and L. Lyons, CDF/5776 (2002).
struct Pulls {
    std::int64_t pixels = 0;
    double mean = 0, standard_deviation = 0, coverage_68 = 0, coverage_95 = 0;
};
[[nodiscard]] Pulls pulls(const ImageView& image, const ImageView& sigma, const ImageView& truth,
                          const std::uint8_t* selected);

// Errors of a depth map: root mean square over the pixels no farther than `threshold` from the truth, and the share of
// pixels that are farther, or that have no depth although the truth has one. Unit of the maps. As the "bad pixel"
// share of D. Scharstein and R. Szeliski, Int. J. Comput. Vis. 47, 7 (2002).
struct DepthError {
    std::int64_t pixels = 0;  // with a true depth
    double rmse_of_inliers = 0, outlier_share = 0;
};
[[nodiscard]] DepthError depth_error(const ImageView& depth, const ImageView& truth, double threshold,
                                     const std::uint8_t* selected);

}  // namespace firstlight
