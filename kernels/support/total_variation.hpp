// The dual step of total variation, shared by the stages that minimise  data(x) + lambda TV(x)  by primal-dual steps.
//
//     p <- projection of p + s K x' on |p| <= lambda,   K: forward differences to the right and below,   x': x ahead
// Source: A. Chambolle and T. Pock, J. Math. Imaging Vis. 40, 120 (2011), algorithm 1 with theta = 1; steps with
// primal * dual * 8 <= 1 converge.
#pragma once

#include <cmath>

#include "kernels/support/portable.hpp"

namespace firstlight {

struct TvSteps {
    float lambda = 0, primal = 0, dual = 0;
};

FL_INLINE void tv_dual_pixel(float here, float right, float below, const TvSteps& s, float& px, float& py) {
    const float a = px + s.dual * (right - here);
    const float b = py + s.dual * (below - here);
    const float length = sqrtf(a * a + b * b);
    const float least = s.lambda > 1e-30F ? s.lambda : 1e-30F;
    const float shrink = s.lambda / (length > least ? length : least);
    px = a * shrink;
    py = b * shrink;
}

}  // namespace firstlight
