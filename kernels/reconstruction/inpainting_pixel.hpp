// One masked pixel of one layer, for CPU and CUDA.
#pragma once

#include <cmath>
#include <limits>

#include "kernels/reconstruction/inpainting.hpp"

namespace firstlight {

FL_HD constexpr bool is_standard_deviation(Layer layer) {
    return layer == Layer::ballistic_sigma || layer == Layer::arrival_sigma || layer == Layer::optical_depth_sigma ||
           layer == Layer::depth_sigma || layer == Layer::arrival_last_sigma || layer == Layer::depth_last_sigma;
}

FL_HD inline float inpainted_value(const ImageTile& images, const float* layer, std::int64_t y, std::int64_t x,
                                   const Inpainting::Coefficients& c, bool standard_deviation) {
    for (int r = 1; r <= c.radius_px; ++r) {
        const std::int64_t y0 = y > r ? y - r : 0, y1 = y + r < images.rows ? y + r : images.rows - 1;
        const std::int64_t x0 = x > r ? x - r : 0, x1 = x + r < images.columns ? x + r : images.columns - 1;
        int neighbours = 0;
        double sum = 0, weights = 0;
        for (std::int64_t v = y0; v <= y1; ++v) {
            for (std::int64_t u = x0; u <= x1; ++u) {
                const std::int64_t q = v * images.columns + u;
                if (images.is_masked(q)) continue;
                const double value = layer[q];
                if (!(value - value == 0)) continue;  // NaN or infinite
                const double w = 1.0 / static_cast<double>((v - y) * (v - y) + (u - x) * (u - x));
                const double term = w * value;
                sum += standard_deviation ? term * term : term;
                weights += w;
                ++neighbours;
            }
        }
        if (neighbours >= c.min_neighbours) return static_cast<float>((standard_deviation ? sqrt(sum) : sum) / weights);
    }
    return std::numeric_limits<float>::quiet_NaN();
}

FL_HD inline void inpaint_pixel(const ImageTile& images, std::int64_t pixel, const Inpainting::Coefficients& c) {
    if (!images.is_masked(pixel)) return;
    const std::int64_t y = pixel / images.columns, x = pixel % images.columns;
    for (int k = 0; k < layer_count; ++k) {
        float* layer = images.layers[k];
        if (layer != nullptr)
            layer[pixel] = inpainted_value(images, layer, y, x, c, is_standard_deviation(static_cast<Layer>(k)));
    }
}

}  // namespace firstlight
