#include "host/figures_of_merit/image_quality.hpp"

#include <cmath>
#include <limits>

namespace firstlight {
namespace {

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

// Calls f(i) for the pixels that count.
template <class F, class... Images>
void for_each_pixel(const std::uint8_t* selected, F&& f, const ImageView& first, const Images&... others) {
    for (std::int64_t i = 0; i < first.pixels(); ++i)
        if ((selected == nullptr || selected[i] != 0) && std::isfinite(first.values[i]) &&
            (std::isfinite(others.values[i]) && ...))
            f(i);
}

double share_of(double part, double whole) { return whole == 0 ? nan_value : part / whole; }

}  // namespace

Moments moments(const ImageView& image, const std::uint8_t* selected) {
    Moments m;
    double sum = 0, squares = 0;
    for_each_pixel(
        selected, [&](std::int64_t i) { ++m.pixels, sum += image.values[i]; }, image);
    m.mean = share_of(sum, static_cast<double>(m.pixels));
    const auto add = [&](std::int64_t i) {
        const double d = image.values[i] - m.mean;
        squares += d * d;
    };
    for_each_pixel(selected, add, image);
    m.variance = m.pixels < 2 ? nan_value : squares / static_cast<double>(m.pixels - 1);
    return m;
}

double cnr(const ImageView& image, const std::uint8_t* inside, const std::uint8_t* outside) {
    const Moments in = moments(image, inside), out = moments(image, outside);
    return share_of(std::abs(in.mean - out.mean), std::sqrt(in.variance + out.variance));
}

double weber_contrast(const ImageView& image, const std::uint8_t* inside, const std::uint8_t* outside) {
    const double out = moments(image, outside).mean;
    return share_of(moments(image, inside).mean - out, out);
}

double michelson_contrast(const ImageView& image, const std::uint8_t* inside, const std::uint8_t* outside) {
    const double in = moments(image, inside).mean, out = moments(image, outside).mean;
    return share_of(std::abs(in - out), in + out);
}

double rmse(const ImageView& image, const ImageView& truth, const std::uint8_t* selected) {
    double squares = 0, n = 0;
    const auto add = [&](std::int64_t i) {
        const double d = static_cast<double>(image.values[i]) - static_cast<double>(truth.values[i]);
        squares += d * d;
        ++n;
    };
    for_each_pixel(selected, add, image, truth);
    return std::sqrt(share_of(squares, n));
}

double psnr(const ImageView& image, const ImageView& truth, double data_range, const std::uint8_t* selected) {
    return 20 * std::log10(data_range / rmse(image, truth, selected));
}

double ncc(const ImageView& image, const ImageView& truth, const std::uint8_t* selected) {
    double a = 0, b = 0, n = 0;
    const auto add = [&](std::int64_t i) { a += image.values[i], b += truth.values[i], ++n; };
    for_each_pixel(selected, add, image, truth);
    a = share_of(a, n);
    b = share_of(b, n);
    double aa = 0, bb = 0, ab = 0;
    const auto correlate = [&](std::int64_t i) {
        const double da = image.values[i] - a, db = truth.values[i] - b;
        aa += da * da, bb += db * db, ab += da * db;
    };
    for_each_pixel(selected, correlate, image, truth);
    return share_of(ab, std::sqrt(aa) * std::sqrt(bb));
}

Pulls pulls(const ImageView& image, const ImageView& sigma, const ImageView& truth, const std::uint8_t* selected) {
    Pulls p;
    double sum = 0, squares = 0, covered = 0, covered_95 = 0;
    const auto pull = [&](std::int64_t i) {
        return (static_cast<double>(image.values[i]) - static_cast<double>(truth.values[i])) /
               static_cast<double>(sigma.values[i]);
    };
    const auto add = [&](std::int64_t i) {
        if (!(sigma.values[i] > 0)) return;
        ++p.pixels;
        sum += pull(i);
        covered += std::abs(pull(i)) <= 1 ? 1 : 0;
        covered_95 += std::abs(pull(i)) <= 1.959964 ? 1 : 0;
    };
    for_each_pixel(selected, add, image, sigma, truth);
    const auto n = static_cast<double>(p.pixels);
    p.mean = share_of(sum, n);
    p.coverage_68 = share_of(covered, n);
    p.coverage_95 = share_of(covered_95, n);
    const auto spread = [&](std::int64_t i) {
        if (sigma.values[i] > 0) squares += (pull(i) - p.mean) * (pull(i) - p.mean);
    };
    for_each_pixel(selected, spread, image, sigma, truth);
    p.standard_deviation = p.pixels < 2 ? nan_value : std::sqrt(squares / (n - 1));
    return p;
}

DepthError depth_error(const ImageView& depth, const ImageView& truth, double threshold, const std::uint8_t* selected) {
    DepthError e;
    double squares = 0, inliers = 0;
    const auto add = [&](std::int64_t i) {
        ++e.pixels;
        const double d = static_cast<double>(depth.values[i]) - static_cast<double>(truth.values[i]);
        if (!(std::abs(d) <= threshold)) return;  // NaN too
        squares += d * d;
        ++inliers;
    };
    for_each_pixel(selected, add, truth);
    e.rmse_of_inliers = std::sqrt(share_of(squares, inliers));
    e.outlier_share = share_of(static_cast<double>(e.pixels) - inliers, static_cast<double>(e.pixels));
    return e;
}

}  // namespace firstlight
