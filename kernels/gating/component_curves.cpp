#include "kernels/gating/component_curves.hpp"

#include <algorithm>
#include <cmath>

namespace firstlight {
namespace {

constexpr double cut_share = 1e-5;
constexpr double longest_response_steps = 1024;

// Light of the diffuse curve in [from, to) after the arrival, up to a factor.
double diffuse_light(const ComponentShapes& s, double from, double to) {
    if (s.diffuse_shape == DiffuseShape::exponential) {
        const auto until = [&](double t) { return t <= s.onset ? 0.0 : -std::expm1(-(t - s.onset) / s.decay); };
        return until(to) - until(from);
    }
    const double entry = s.diffuse_shape == DiffuseShape::slab
                             ? s.slab.thickness_m * s.slab.refractive_index / 299792458.0 / s.bin_width_s
                             : 0;
    const double peak = (s.gamma_shape - 1) * s.gamma_scale;
    const auto density = [&](double t) {
        if (s.diffuse_shape == DiffuseShape::slab) return slab_transmittance(s.slab, (t + entry) * s.bin_width_s);
        if (t <= 0) return s.gamma_shape > 1 ? 0.0 : 1.0;
        const double rise = s.gamma_shape > 1 ? (s.gamma_shape - 1) * std::log(t / peak) : 0.0;
        return std::exp(rise - (t - peak) / s.gamma_scale);
    };
    return (to - from) / 6 * (density(from) + 4 * density((from + to) / 2) + density(to));
}

// Convolves light that comes in cells of 1 / steps bins after the arrival with the response: cumulative at the places
// of `curves`. A cell's light is put into its middle.
std::vector<double> convolved(const CumulativeResponse& response, const ResponseSpan& span,
                              const std::vector<double>& cells, double first, int steps, std::size_t size) {
    const double step = 1.0 / steps;
    std::vector<double> until(cells.size() + 1);
    for (std::size_t m = 0; m < cells.size(); ++m) until[m + 1] = until[m] + cells[m];
    const auto taps = static_cast<std::int64_t>((span.last - span.first) * steps) + 1;
    std::vector<double> tap(static_cast<std::size_t>(taps));
    for (std::int64_t k = 0; k < taps; ++k) {
        const double x = span.first + (static_cast<double>(k) - 0.5) * step;
        tap[static_cast<std::size_t>(k)] = response.between(x, x + step);
    }
    // tap k holds the response around span.first + k * step, so light has come by x when it left by x - that.
    const auto offset = static_cast<std::int64_t>(std::lround((first - span.first) * steps));
    std::vector<double> out(size);
    for (std::size_t n = 0; n < size; ++n) {
        double sum = 0;
        for (std::int64_t k = 0; k < taps; ++k) {
            const std::int64_t m = static_cast<std::int64_t>(n) + offset - k;
            if (m <= 0) break;
            sum += tap[static_cast<std::size_t>(k)] * until[std::min(static_cast<std::size_t>(m), until.size() - 1)];
        }
        out[n] = sum;
    }
    return out;
}

void normalise(std::vector<double>& curve) {
    const double begin = curve.front();
    const double whole = curve.back() - begin;
    for (double& value : curve) value = whole > 0 ? (value - begin) / whole : 0;
}

}  // namespace

double CumulativeCurves::at(int which, double x) const {
    const std::vector<double>& values = curve[which];
    const double place = (x - first) * steps;
    if (place <= 0) return values.front();
    const auto m = static_cast<std::size_t>(place);
    if (m + 1 >= values.size()) return values.back();
    const double part = place - static_cast<double>(m);
    return values[m] + part * (values[m + 1] - values[m]);
}

ResponseSpan response_span(const CumulativeResponse& response) {
    ResponseSpan span{std::floor(response.start()), std::ceil(response.end())};
    while (span.first + 1 < span.last && response.at(span.first + 1) < cut_share) ++span.first;
    while (span.last - 1 > span.first + 1 && response.at(span.last - 1) > 1 - cut_share) --span.last;
    return span;
}

int curve_steps(const ResponseSpan& span, int most) {
    int steps = most;
    while (steps > 1 && steps * (span.last - span.first) > longest_response_steps) steps /= 2;
    return steps;
}

CumulativeCurves cumulative_curves(const CumulativeResponse& response, const ComponentShapes& shapes, double first,
                                   std::int64_t bins, int steps) {
    CumulativeCurves curves;
    curves.first = first;
    curves.steps = steps;
    const auto size = static_cast<std::size_t>(bins * steps + 1);
    const double step = 1.0 / steps;
    const ResponseSpan span = response_span(response);
    for (std::size_t m = 0; m < size; ++m)
        curves.curve[ballistic_part].push_back(response.at(first + static_cast<double>(m) * step));
    const auto cells =
        static_cast<std::size_t>(std::max(0.0, (first + static_cast<double>(bins) - span.first) * steps));
    if (shapes.snake) {
        std::vector<double> light(cells);
        const double left = std::exp(-step / shapes.snake_decay);
        double share = 1 - left;
        for (double& cell : light) {
            cell = share;
            share *= left;
        }
        curves.curve[snake_part] = convolved(response, span, light, first, steps, size);
        normalise(curves.curve[snake_part]);
    }
    if (shapes.diffuse) {
        std::vector<double> light(cells);
        for (std::size_t m = 0; m < cells; ++m)
            light[m] = diffuse_light(shapes, static_cast<double>(m) * step, static_cast<double>(m + 1) * step);
        curves.curve[diffuse_part] = convolved(response, span, light, first, steps, size);
        normalise(curves.curve[diffuse_part]);
    }
    return curves;
}

}  // namespace firstlight
