// The curves that component_fit adds up: what ballistic, snake and diffuse light put into each bin.
//
// Physics: light that left the pulse at the arrival comes as h, the instrument response; scattered light as h convolved
// with how long it was on its way longer than unscattered light:
//   snake        q(t) = exp(-t / decay) / decay
//   gamma        g(t) ~ t^(k-1) exp(-t / scale): k scatterings with exponential gaps (Satat 2018)
//   exponential  g(t) ~ exp(-(t - onset) / decay) from `onset` on
//   slab         diffusion through a slab (support/slab_curve.hpp), t counted from the entry of the pulse
// all 0 before the arrival. Curves are tabulated as integrals over bins of the true places of the bins' edges, so that
// any arrival within a bin and uneven bins are met. Units: bins of the data, x from the arrival on. The response sums
// to 1 over all time, scattered curves sum to 1 over the table. Between places 1/16 of a bin apart values are
// interpolated linearly; the error is below (1/16)^2 / 8 times the curve's curvature: 1e-4 of a Gaussian with a FWHM of
// 5 bins. Sources: G. Satat, M. Tancik, R. Raskar, ICCP (2018) for gamma; Patterson 1989, Contini 1997 for slab.
//
//   curves of a response of 3 bins, snake decay 2 bins  ->  snake[k] sums to 1, its mean is 2 bins behind the
//   response's
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/support/response.hpp"
#include "kernels/support/slab_curve.hpp"

namespace firstlight {

enum class DiffuseShape : std::uint8_t { gamma, exponential, slab };

constexpr int component_count = 4;  // ballistic, snake, diffuse, background
enum ComponentIndex : int { ballistic_part, snake_part, diffuse_part, background_part };

// Times in bins.
struct ComponentShapes {
    bool snake = false, diffuse = false;  // which there are
    double snake_decay = 0;
    DiffuseShape diffuse_shape = DiffuseShape::gamma;
    double gamma_shape = 1, gamma_scale = 0;
    double onset = 0, decay = 0;
    Slab slab;  // SI
    double bin_width_s = 0;
};

// Integral of a curve up to x = first + m / steps, m = 0 .. size - 1; [curve] is ballistic, snake or diffuse (empty
// when there is none).
struct CumulativeCurves {
    double first = 0;
    int steps = 1;  // per bin
    std::vector<double> curve[3];

    [[nodiscard]] double at(int which, double x) const;
};

// The response over `bins` bins from `first` on; scattered curves from `shapes`.
CumulativeCurves cumulative_curves(const CumulativeResponse& response, const ComponentShapes& shapes, double first,
                                   std::int64_t bins, int steps);

// Where the response holds all but 1e-5 of its light, at either end, rounded outwards to whole bins.
struct ResponseSpan {
    double first = 0, last = 0;
};
ResponseSpan response_span(const CumulativeResponse& response);

// Steps per bin that keep the convolution short: at most `most`, at least 1, fewer for long responses.
int curve_steps(const ResponseSpan& span, int most);

}  // namespace firstlight
