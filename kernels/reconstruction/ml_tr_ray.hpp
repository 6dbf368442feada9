// What a ray of ml_tr says, the same for CPU and CUDA.
#pragma once

#include "kernels/reconstruction/ml_tr.hpp"
#include "kernels/reconstruction/subset_pixel.hpp"

namespace firstlight {

// In lanes: rays[view][columns + 3][16], in effective counts.
struct MlTrRay {
    float* counts = nullptr;
    float* open = nullptr;  // 0: says nothing
    float* background = nullptr;
    float reach = 0, model_error = 0;
    // As in Coefficients.
    const float* open_map = nullptr;
    const float* worth = nullptr;
    std::int64_t open_view = 0, scan_rows = 0;

    // The same of a band that begins `rays` elements on.
    [[nodiscard]] FL_HD MlTrRay band(std::int64_t rays) const {
        return {counts + rays, open + rays, background + rays, reach,    model_error,
                open_map,      worth,       open_view,         scan_rows};
    }
    FL_HD void load(const VolumeTask& task, const ParallelBeam& beam, std::int64_t v, std::int64_t z, std::int64_t k,
                    std::int64_t lane) const {
        const std::int64_t from = (v * task.rows + z) * task.columns + k, to = beam.ray_at(v, k) + lane;
        const std::int64_t row = task.first_row + z;
        const float per_count = worth[v * scan_rows + row];
        const float b = open_map[v * open_view + row * task.columns + k] / per_count;
        const float* back = task.layer(Layer::background);
        const float r = back == nullptr ? 0.0F : back[from] / per_count;
        const float s = task.layer(Layer::ballistic)[from] / per_count;
        const bool masked = task.flags != nullptr && (task.flags[from] & masked_flags) != 0;
        const bool known = !masked && b > 0.0F && b - b == 0 && s - s == 0 && r - r == 0;
        if (!known) {
            open[to] = counts[to] = background[to] = 0.0F;
            return;
        }
        const float noise = r > 0.0F ? r : 0.0F;
        const float t = s + noise > 0.0F ? s + noise : 0.0F;
        // 1 / (variance of the optical depth) by counting, and what the model's error leaves of it.
        const float seen = s > 1.0F ? s : 1.0F, error = model_error * logf(seen < b ? b / seen : 1.0F);
        const float share = 1.0F / (1.0F + error * error * seen * seen / (seen + noise));
        open[to] = share * b;
        counts[to] = share * t;
        background[to] = share * noise;
    }

    FL_HD RayWord operator()(std::int64_t i, float l) const {
        RayWord word;
        if (!(open[i] > 0.0F)) return word;
        const float s = open[i] * expf(-l), t = counts[i];
        float mean = s + background[i];
        if (mean < 1e-30F) mean = 1e-30F;
        const float ratio = t / mean;
        word.slope = s * (1.0F - ratio);
        const float bound = s * (ratio > 1.0F ? ratio : 1.0F);
        word.curvature = reach * (bound > 1.0F ? bound : 1.0F);  // what knows less than a count is not to run away
        const float miss = mean - t;
        word.misfit = static_cast<double>(miss) * static_cast<double>(miss) / static_cast<double>(mean);
        // t ln(t / m) - t + m; near 0 without the loss of digits.
        word.objective = t > 0.0F ? 2.0 * static_cast<double>(t) * static_cast<double>(miss / t - log1pf(miss / t))
                                  : 2.0 * static_cast<double>(mean);
        word.counts = true;
        return word;
    }
};

}  // namespace firstlight
