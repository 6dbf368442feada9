// What the CPU and the CUDA version of poisson_tv do alike for one pixel.
#pragma once

#include <cmath>

#include "kernels/reconstruction/poisson_tv.hpp"
#include "kernels/support/total_variation.hpp"

namespace firstlight {

// The problem in effective counts. px has a column of zeros before each row, py a row of zeros before the first, so
// that differences need no special cases.
struct TvPlanes {
    std::int64_t rows = 0, columns = 0;
    float* x = nullptr;       // [rows][columns]
    float* ahead = nullptr;   // [rows][columns] 2 x - (x before the last step)
    float* px = nullptr;      // [rows][columns + 1] dual
    float* py = nullptr;      // [rows + 1][columns]
    float* weight = nullptr;  // [rows][columns] w; 0: no data
    float* offset = nullptr;  // [rows][columns] b
    float* counts = nullptr;  // [rows][columns] n

    FL_HD std::int64_t pixels() const { return rows * columns; }
    FL_HD std::int64_t px_at(std::int64_t row, std::int64_t column) const { return row * (columns + 1) + column + 1; }
    FL_HD std::int64_t py_at(std::int64_t row, std::int64_t column) const { return (row + 1) * columns + column; }
};

// One pixel's measured numbers.
struct TvDatum {
    bool known = false;
    double counts = 0, variance = 0, background = 0;
};

FL_HD inline TvDatum tv_datum(const ImageTile& images, std::int64_t i) {
    TvDatum d;
    if (images.is_masked(i)) return d;
    const double value = static_cast<double>(images.layer(Layer::ballistic)[i]);
    const double sigma = static_cast<double>(images.layer(Layer::ballistic_sigma)[i]);
    const float* background = images.layer(Layer::background);
    const double b = background == nullptr ? 0.0 : static_cast<double>(background[i]);
    if (!(value - value == 0) || !(sigma >= 0) || !(sigma - sigma == 0) || !(b - b == 0)) return d;  // NaN, infinite
    d.known = true;
    d.background = b > 0 ? b : 0;
    d.counts = value + b > 0 ? value + b : 0;
    d.variance = sigma * sigma;
    return d;
}

constexpr std::int64_t tv_window = 2;  // rows and columns on each side of a pixel that c is taken from

// The sums of s^2 and t along the row, into px and py, which are not needed yet.
FL_HD inline void tv_sum_along_row(const ImageTile& images, const TvPlanes& p, std::int64_t y, std::int64_t x) {
    double variance = 0, counts = 0;
    for (std::int64_t u = x - tv_window; u <= x + tv_window; ++u) {
        if (u < 0 || u >= p.columns) continue;
        const TvDatum d = tv_datum(images, y * p.columns + u);
        variance += d.variance;
        counts += d.counts;
    }
    p.px[p.px_at(y, x)] = static_cast<float>(variance);
    p.py[p.py_at(y, x)] = static_cast<float>(counts);
}

// c of a pixel, or that of the whole image where there is nothing.
FL_HD inline double tv_count_worth(const TvPlanes& p, std::int64_t y, std::int64_t x, double of_image) {
    double variance = 0, counts = 0;
    for (std::int64_t v = y - tv_window; v <= y + tv_window; ++v) {
        if (v < 0 || v >= p.rows) continue;
        variance += static_cast<double>(p.px[p.px_at(v, x)]);
        counts += static_cast<double>(p.py[p.py_at(v, x)]);
    }
    return variance > 0 && counts > 0 ? variance / counts : of_image;
}

// `mean`: of x over the pixels with data, where those without start.
FL_HD inline void tv_start_pixel(const ImageTile& images, const TvPlanes& p, std::int64_t y, std::int64_t x,
                                 double of_image, double mean) {
    const std::int64_t i = y * p.columns + x;
    const TvDatum d = tv_datum(images, i);
    const double worth = d.known ? tv_count_worth(p, y, x, of_image) : 1;
    p.weight[i] = d.known ? static_cast<float>(of_image / worth) : 0.0F;
    p.offset[i] = static_cast<float>(d.background / of_image);
    p.counts[i] = static_cast<float>(d.counts / worth);
    p.x[i] = static_cast<float>(d.known ? (d.counts - d.background) / of_image : mean);
    p.ahead[i] = p.x[i];
}

FL_INLINE void tv_primal_pixel(float left_px, float px, float above_py, float py, float weight, float offset,
                               float counts, const TvSteps& s, float& x, float& ahead) {
    const float v = x - s.primal * (left_px - px + above_py - py);
    const float a = v + offset - s.primal * weight;
    const float u = 0.5F * (a + sqrtf(a * a + 4.0F * s.primal * counts));
    const float next = weight > 0.0F ? u - offset : v;
    ahead = 2.0F * next - x;
    x = next;
}

// How far the last step moved pixel i, in standard deviations.
FL_HD inline float tv_moved_pixel(const TvPlanes& p, std::int64_t i) {
    const float mean = p.x[i] + p.offset[i];
    return fabsf(p.ahead[i] - p.x[i]) / sqrtf((mean > 0.0F ? mean : 0.0F) + 1.0F);
}

// Mean deviance of Poisson counts of mean m.
FL_HD inline double tv_expected_deviance(const double* table, double mean) {
    constexpr int last = PoissonTv::expected_size - 1;
    const double lowest = 1e-4;
    if (!(mean > lowest)) return mean > 0 ? table[0] * mean / lowest : 0;
    const double at = (log10(mean) - PoissonTv::expected_from) * PoissonTv::expected_per_decade;
    if (at >= last) return table[last];
    const int k = static_cast<int>(at);
    return table[k] + (table[k + 1] - table[k]) * (at - k);
}

// Adds pixel i's deviance, and what it is on average.
FL_HD inline void tv_add_deviance(const TvPlanes& p, const double* table, std::int64_t i, double& deviance,
                                  double& expected) {
    const double weight = static_cast<double>(p.weight[i]);
    if (!(weight > 0)) return;
    const double n = static_cast<double>(p.counts[i]);
    const double x = static_cast<double>(p.x[i]) + static_cast<double>(p.offset[i]);
    const double mean = weight * (x > 1e-30 ? x : 1e-30);
    deviance += 2 * ((n > 0 ? n * log(n / mean) : 0.0) - n + mean);
    expected += tv_expected_deviance(table, mean);
}

FL_HD inline void tv_finish_pixel(const ImageTile& images, const TvPlanes& p, std::int64_t i, double of_image) {
    const double value = static_cast<double>(p.x[i]) * of_image;
    images.layer(Layer::ballistic)[i] = static_cast<float>(value);
    float* snr = images.layer(Layer::snr);
    if (snr == nullptr) return;
    const double sigma = static_cast<double>(images.layer(Layer::ballistic_sigma)[i]);
    if (sigma > 0) snr[i] = static_cast<float>(value / sigma);  // false for NaN: masked pixels have none
}

}  // namespace firstlight
