#include "kernels/reconstruction/subset_planes.hpp"

namespace firstlight {

FL_SIMD void subset_step_row(std::int64_t pixels, const float* slope, const float* curvature, float relaxation,
                             const float* free, float* x) {
    for (std::int64_t p = 0; p < pixels; ++p)
        for (std::int64_t lane = 0; lane < beam_lanes; ++lane) {
            const std::int64_t i = p * beam_lanes + lane;
            x[i] = subset_step(x[i], slope[i], curvature[i], relaxation, free[lane]);
        }
}

FL_SIMD void tv_image_row(std::int64_t values, const float* x, const float* inverse, const float* px,
                          const float* above_py, const float* py, float* __restrict u) {
    for (std::int64_t i = 0; i < values; ++i)
        u[i] = tv_image(x[i], inverse[i], px[i - beam_lanes], px[i], above_py[i], py[i]);
}

FL_SIMD void tv_dual_row(std::int64_t values, std::int64_t stride, const float* u, const float* inverse, float beta,
                         float* __restrict px, float* __restrict py) {
    for (std::int64_t i = 0; i < values; ++i)
        tv_dual(u[i], u[i + beam_lanes], u[i + stride], inverse[i], inverse[i + beam_lanes], inverse[i + stride], beta,
                px[i], py[i]);
}

}  // namespace firstlight
