// What a ray of os_sart_tv says, the same for CPU and CUDA.
#pragma once

#include "kernels/reconstruction/os_sart_tv.hpp"
#include "kernels/reconstruction/subset_pixel.hpp"

namespace firstlight {

// In lanes: rays[view][columns + 3][16].
struct OsSartRay {
    float* depth = nullptr;
    float* inverse_variance = nullptr;  // 0: says nothing; -1: `depth` is a lower limit
    const float* length = nullptr;      // [views][columns + 3]
    float row_weight = 0, model_error = 0;

    // The same of a band that begins `rays` elements on.
    [[nodiscard]] FL_HD OsSartRay band(std::int64_t rays) const {
        return {depth + rays, inverse_variance + rays, length, row_weight, model_error};
    }
    FL_HD void load(const VolumeTask& task, const ParallelBeam& beam, std::int64_t v, std::int64_t z, std::int64_t k,
                    std::int64_t lane) const {
        const std::int64_t from = (v * task.rows + z) * task.columns + k, to = beam.ray_at(v, k) + lane;
        const float p = task.layer(Layer::optical_depth)[from];
        const float sigma = task.layer(Layer::optical_depth_sigma)[from];
        const float* limit = task.layer(Layer::optical_depth_upper_limit);
        const bool known = p - p == 0 && sigma > 0.0F && sigma - sigma == 0;
        const bool limited = !known && limit != nullptr && limit[from] - limit[from] == 0;
        depth[to] = known ? p : limited ? limit[from] : 0.0F;
        inverse_variance[to] = known     ? 1.0F / (sigma * sigma + model_error * p * model_error * p)
                               : limited ? -1.0F
                                         : 0.0F;
    }

    FL_HD RayWord operator()(std::int64_t i, float l) const {
        RayWord word;
        const float inverse = inverse_variance[i], across = length[i / beam_lanes];
        if (inverse == 0.0F) return word;
        const float miss = depth[i] - l;
        if (inverse > 0.0F) {
            word.misfit = word.objective =
                static_cast<double>(miss) * static_cast<double>(miss) * static_cast<double>(inverse);
            word.counts = true;
        }
        if (!(across > 0.0F)) return word;
        const float weight = row_weight > 0.0F ? row_weight / across : inverse > 0.0F ? inverse : 1.0F;
        word.slope = inverse < 0.0F && miss < 0.0F ? 0.0F : weight * miss;
        word.curvature = weight * across;
        return word;
    }
};

}  // namespace firstlight
