// The light behind a slab from the light before it: the steps of a Wiener filter and of Poisson maximum likelihood with
// total variation, one functor each, the same for CPU and CUDA. confocal_diffuse.hpp has the equations.
//
// Functors are called for each (row, t) or (row, frequency) of a volume [row][...]; rows are (y, x).
#pragma once

#include <cmath>

#include "kernels/reconstruction/confocal_shape.hpp"

namespace firstlight {

// The scan's bins, some together: counts[pixel][bin]; NaN in pixels without data.
struct GatherBins {
    ConfocalShape s;
    const float* light = nullptr;  // [pixel][bins of the scan]
    std::int64_t scan_bins = 0;
    float* counts = nullptr;

    FL_HD void operator()(std::int64_t pixel, std::int64_t bin) const {
        float sum = 0;
        for (std::int64_t i = 0; i < s.together; ++i) sum += light[pixel * scan_bins + bin * s.together + i];
        counts[pixel * s.bins + bin] = sum;
    }
};

// Into the padded volume; pixels without data get the mean of their neighbours', which a filter needs and a likelihood
// does not look at.
struct PlaceInPadding {
    ConfocalShape s;
    const float* counts = nullptr;
    float* padded = nullptr;

    FL_HD void operator()(std::int64_t row, std::int64_t t) const {
        const std::int64_t y = row / s.pad[1], x = row % s.pad[1];
        float value = 0;
        if (y < s.rows && x < s.columns && t < s.bins) {
            value = counts[(y * s.columns + x) * s.bins + t];
            if (std::isnan(value)) value = neighbours(y, x, t);
        }
        padded[row * s.pad[2] + t] = value;
    }

  private:
    [[nodiscard]] FL_HD float neighbours(std::int64_t y0, std::int64_t x0, std::int64_t t) const {
        float sum = 0, number = 0;
        for (std::int64_t y = y0 > 0 ? y0 - 1 : 0; y < s.rows && y <= y0 + 1; ++y)
            for (std::int64_t x = x0 > 0 ? x0 - 1 : 0; x < s.columns && x <= x0 + 1; ++x) {
                const float value = counts[(y * s.columns + x) * s.bins + t];
                if (std::isnan(value)) continue;
                sum += value;
                number += 1;
            }
        return number > 0 ? sum / number : 0;
    }
};

// Per pixel: sum of light + dark, and of its square; for noise and for the typical count.
struct SumCounts {
    ConfocalShape s;
    const float* counts = nullptr;
    const float* dark = nullptr;  // per bin of the scan, or null
    double* sums = nullptr;       // [pixel][2]

    FL_HD void operator()(std::int64_t pixel, std::int64_t) const {
        const float less = dark == nullptr ? 0.0F : dark[pixel] * static_cast<float>(s.together);
        double first = 0, second = 0;
        for (std::int64_t t = 0; t < s.bins; ++t) {
            const float value = counts[pixel * s.bins + t] + less;
            if (!(value > 0)) continue;
            first += static_cast<double>(value);
            second += static_cast<double>(value) * static_cast<double>(value);
        }
        sums[2 * pixel] = first;
        sums[2 * pixel + 1] = second;
    }
};

// Power over the noise's, by how much of it the kernel lets through: level l holds 2^-(l+1) < |H|^2 <= 2^-l.
struct PowerByLevel {
    static constexpr int levels = 40;
    ConfocalShape s;
    const float *spectrum = nullptr, *transfer = nullptr;
    double noise = 0;
    double* sums = nullptr;  // [row][levels][2]: power less noise, number

    FL_HD void operator()(std::int64_t row, std::int64_t) const {
        double* mine = sums + row * levels * 2;
        for (int l = 0; l < 2 * levels; ++l) mine[l] = 0;
        for (std::int64_t k = 0; k < s.pad_half(); ++k) {
            const std::int64_t at = (row * s.pad_half() + k) * 2;
            const float passed = transfer[at] * transfer[at] + transfer[at + 1] * transfer[at + 1];
            int level = 0;
            for (float edge = 0.5F; level + 1 < levels && passed <= edge; edge *= 0.5F) ++level;
            mine[2 * level] +=
                static_cast<double>(spectrum[at] * spectrum[at] + spectrum[at + 1] * spectrum[at + 1]) - noise;
            mine[2 * level + 1] += 1;
        }
    }
};

// X = conj(H) Y / (|H|^2 + 1/snr) / n
struct WienerFilter {
    ConfocalShape s;
    const float* transfer = nullptr;
    float* spectrum = nullptr;
    float inverse_snr = 0, scale = 1;

    FL_HD void operator()(std::int64_t row, std::int64_t k) const {
        const std::int64_t at = (row * s.pad_half() + k) * 2;
        const float a = transfer[at], b = transfer[at + 1], re = spectrum[at], im = spectrum[at + 1];
        const float part = scale / (a * a + b * b + inverse_snr);
        spectrum[at] = (a * re + b * im) * part;
        spectrum[at + 1] = (a * im - b * re) * part;
    }
};

// H X: the spectrum of what is seen of the light behind the slab.
struct SeenBehind {
    ConfocalShape s;
    const float *transfer = nullptr, *light = nullptr;
    float* seen = nullptr;

    FL_HD void operator()(std::int64_t row, std::int64_t k) const {
        const std::int64_t at = (row * s.pad_half() + k) * 2;
        const float a = transfer[at], b = transfer[at + 1], x = light[at], y = light[at + 1];
        seen[at] = a * x - b * y;
        seen[at + 1] = a * y + b * x;
    }
};

// What the iterations hold, all padded.
struct PoissonVolumes {
    const float* counts = nullptr;        // [pixel][bins], NaN where there are none
    const float* dark = nullptr;          // [pixel] per bin of the scan, or null
    float *x = nullptr, *seen = nullptr;  // the light behind the slab, and before it: K x
    float *seen_dual = nullptr, *light_dual = nullptr;
    float* slope_dual[3] = {};  // along y, x, t
    float* slope[3] = {};       // shrunk slope less its dual
    float *data_term = nullptr, *prior_term = nullptr;
    float* light = nullptr;  // x >= 0: the estimate
};

// Weights of the augmented Lagrangian, relative to that of the data.
struct PoissonWeights {
    float data = 1;       // mu: 1 / counts
    float slope = 1e-3F;  // tau
    float positive = 1e-4F;
    float shrink = 0;  // lambda / (mu tau)
};

// The point-wise minimisations: Poisson likelihood, total variation, positivity.
struct SplitStep {
    ConfocalShape s;
    PoissonVolumes v;
    PoissonWeights w;

    FL_HD void operator()(std::int64_t row, std::int64_t t) const {
        const std::int64_t nt = s.pad[2], nx = s.pad[1], i = row * nt + t, y = row / nx, x = row % nx;
        const float here = v.x[i];
        likelihood(i, y, x, t);
        const std::int64_t ahead[3] = {((y + 1 < s.pad[0] ? y + 1 : 0) * nx + x) * nt + t,
                                       (y * nx + (x + 1 < nx ? x + 1 : 0)) * nt + t,
                                       row * nt + (t + 1 < nt ? t + 1 : 0)};
        float slope[3], square = 0;
        for (int a = 0; a < 3; ++a) {
            slope[a] = v.x[ahead[a]] - here + v.slope_dual[a][i];
            square += slope[a] * slope[a];
        }
        const float length = sqrtf(square), kept = length > w.shrink ? 1 - w.shrink / length : 0.0F;
        for (int a = 0; a < 3; ++a) {
            const float dual = slope[a] * (1 - kept);
            v.slope_dual[a][i] = dual;
            v.slope[a][i] = slope[a] * kept - dual;
        }
        const float shifted = here + v.light_dual[i], light = shifted > 0 ? shifted : 0.0F;
        v.light[i] = light;
        v.light_dual[i] = shifted - light;
    }

  private:
    // Where there are data: min over u of (u + b) - y log(u + b) + mu/2 (u - K x - dual)^2.
    FL_HD void likelihood(std::int64_t i, std::int64_t y, std::int64_t x, std::int64_t t) const {
        const float shifted = v.seen[i] + v.seen_dual[i];
        float value = shifted;
        if (y < s.rows && x < s.columns && t < s.bins) {
            const std::int64_t pixel = y * s.columns + x;
            const float light = v.counts[pixel * s.bins + t];
            if (!std::isnan(light)) {
                const float dark = v.dark == nullptr ? 0.0F : v.dark[pixel] * static_cast<float>(s.together);
                const float counted = light + dark > 0 ? light + dark : 0.0F;
                const float q = shifted + dark - 1 / w.data;
                const float root = sqrtf(q * q + 4 * counted / w.data);
                // The other root of the quadratic where q + root would cancel.
                value = (q > 0 ? 0.5F * (q + root) : 2 * counted / w.data / (root - q)) - dark;
            }
        }
        v.seen_dual[i] = shifted - value;
        v.data_term[i] = 2 * value - shifted;  // u less its dual
    }
};

// What the slopes and positivity ask of x.
struct PriorStep {
    ConfocalShape s;
    PoissonVolumes v;
    PoissonWeights w;

    FL_HD void operator()(std::int64_t row, std::int64_t t) const {
        const std::int64_t nt = s.pad[2], nx = s.pad[1], i = row * nt + t, y = row / nx, x = row % nx;
        const std::int64_t behind[3] = {((y > 0 ? y : s.pad[0]) - 1) * nx * nt + x * nt + t,
                                        (y * nx + (x > 0 ? x : nx) - 1) * nt + t, row * nt + (t > 0 ? t : nt) - 1};
        float sum = 0;
        for (int a = 0; a < 3; ++a) sum += v.slope[a][behind[a]] - v.slope[a][i];
        v.prior_term[i] = w.slope * sum + w.positive * (v.light[i] - v.light_dual[i]);
    }
};

// x = (conj(H) data + prior) / (|H|^2 + tau |D|^2 + tau2) / n, and H x.
struct SolveStep {
    ConfocalShape s;
    PoissonWeights w;
    const float* transfer = nullptr;
    float *data = nullptr, *prior = nullptr;  // become K x and x
    float scale = 1;

    FL_HD void operator()(std::int64_t row, std::int64_t k) const {
        const std::int64_t at = (row * s.pad_half() + k) * 2;
        const float a = transfer[at], b = transfer[at + 1], re = data[at], im = data[at + 1];
        const float slope =
            difference(row / s.pad[1], s.pad[0]) + difference(row % s.pad[1], s.pad[1]) + difference(k, s.pad[2]);
        const float part = scale / (a * a + b * b + w.slope * slope + w.positive);
        const float x = (a * re + b * im + prior[at]) * part, y = (a * im - b * re + prior[at + 1]) * part;
        prior[at] = x;
        prior[at + 1] = y;
        data[at] = a * x - b * y;
        data[at + 1] = a * y + b * x;
    }

  private:
    [[nodiscard]] static FL_HD float difference(std::int64_t i, std::int64_t n) {  // |1 - exp(2 pi j i / n)|^2
        const float root = 2 * sinf(3.14159265F * static_cast<float>(i) / static_cast<float>(n));
        return root * root;
    }
};

// Per pixel: deviance of the counts under the estimate, and the number of bins.
struct DevianceOfPixel {
    ConfocalShape s;
    PoissonVolumes v;
    double* sums = nullptr;  // [pixel][2]

    FL_HD void operator()(std::int64_t pixel, std::int64_t) const {
        const std::int64_t row = pixel / s.columns * s.pad[1] + pixel % s.columns;
        const double dark =
            v.dark == nullptr ? 0.0 : static_cast<double>(v.dark[pixel]) * static_cast<double>(s.together);
        double deviance = 0, number = 0;
        for (std::int64_t t = 0; t < s.bins; ++t) {
            const double light = static_cast<double>(v.counts[pixel * s.bins + t]);
            if (!(light + dark >= 0)) continue;
            const double expected = static_cast<double>(v.seen[row * s.pad[2] + t]) + dark, y = light + dark;
            const double mean = expected > 1e-3 ? expected : 1e-3;
            deviance += 2 * ((y > 0 ? y * log(y / mean) : 0.0) - y + mean);
            number += 1;
        }
        sums[2 * pixel] = deviance;
        sums[2 * pixel + 1] = number;
    }
};

}  // namespace firstlight
