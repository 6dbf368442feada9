// What the CPU and the CUDA version of the iterative tomographic stages do alike for one pixel or ray of one slice.
#pragma once

#include <cmath>

#include "kernels/reconstruction/slice_bands.hpp"

namespace firstlight {

// What a ray says when its optical depth is l: see subset_rules.hpp.
struct RayWord {
    float slope = 0, curvature = 0;
    double misfit = 0, objective = 0;
    bool counts = false;  // in the number of rays
};

// x after a step; `free`: 0 where the slice stays as it is.
FL_INLINE float subset_step(float x, float slope, float curvature, float relaxation, float free) {
    const float move = curvature > 0.0F ? relaxation * slope / curvature : 0.0F;
    const float next = x + free * move;
    return next > 0.0F ? next : 0.0F;
}

// 1 / d of a subset's curvature.
FL_INLINE float tv_inverse(float curvature, float subsets) {
    return curvature > 0.0F ? 1.0F / (subsets * curvature) : 0.0F;
}

// u of the dual (px, py): `inverse` is 1 / d.
FL_INLINE float tv_image(float x, float inverse, float left_px, float px, float above_py, float py) {
    const float u = x - inverse * (left_px - px + above_py - py);
    return u > 0.0F ? u : 0.0F;
}

// One step of the dual. The inverses of the pixel and its two neighbours bound how long it may be.
FL_INLINE void tv_dual(float here, float right, float below, float inverse, float inverse_right, float inverse_below,
                       float beta, float& px, float& py) {
    float most = inverse > inverse_right ? inverse : inverse_right;
    most = most > inverse_below ? most : inverse_below;
    const float step = most > 0.0F ? 0.125F / most : 0.0F;
    const float a = px + step * (right - here);
    const float b = py + step * (below - here);
    const float length = sqrtf(a * a + b * b);
    const float shrink = beta / (length > beta ? length : beta);
    px = a * shrink;
    py = b * shrink;
}

}  // namespace firstlight
