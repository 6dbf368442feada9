#include "kernels/support/slab_kernel.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>

#include "kernels/support/fft.hpp"
#include "kernels/support/parallel_for.hpp"
#include "kernels/support/speed_of_light.hpp"

namespace firstlight {
namespace {

constexpr std::int64_t sub_bins = 8;  // per bin, an even number
constexpr double nothing_left = 14;   // e-folds of the slowest decay after which light is over
constexpr double through = 0.999;     // share of the light that the span holds
constexpr std::int64_t delay_steps = 2000;

// D v, m^2/s
double diffusivity(const Slab& slab) {
    return speed_of_light / slab.refractive_index /
           (3 * (slab.mu_s_prime_per_m + (slab.absorption_in_diffusion ? slab.mu_a_per_m : 0)));
}

// When even the slowest mode is over.
double end_of_light(const Slab& slab) {
    const double span = slab.thickness_m + 2 * slab.extrapolation_m.value_or(2 / slab.mu_s_prime_per_m);
    const double k = std::numbers::pi / span;
    return nothing_left / (slab.mu_a_per_m * speed_of_light / slab.refractive_index + diffusivity(slab) * k * k);
}

struct TimeCurve {
    std::vector<double> light, time_s;  // of sub-bins: share of the light, centre
    std::vector<std::int64_t> bin;      // where it belongs on the folded axis
};

TimeCurve curve_in_sub_bins(const Slab& slab, double bin_width_s, std::int64_t nt) {
    const double width = bin_width_s / static_cast<double>(sub_bins);
    const auto count = static_cast<std::int64_t>(std::ceil(end_of_light(slab) / width));
    TimeCurve curve;
    curve.light = slab_curve(slab, width, count);
    double sum = 0;
    for (const double light : curve.light) sum += light;
    for (std::int64_t i = 0; i < count; ++i) {
        curve.light[static_cast<std::size_t>(i)] /= sum;
        curve.time_s.push_back((static_cast<double>(i) + 0.5) * width);
        curve.bin.push_back((i + sub_bins / 2) / sub_bins % nt);
    }
    return curve;
}

}  // namespace

SlabDelay light_delay(const Slab& slab) {
    const double width = end_of_light(slab) / static_cast<double>(delay_steps);
    const std::vector<double> light = slab_curve(slab, width, delay_steps);
    double sum = 0, first = 0, second = 0;
    for (std::size_t i = 0; i < light.size(); ++i) {
        const double t = (static_cast<double>(i) + 0.5) * width;
        sum += light[i];
        first += light[i] * t;
        second += light[i] * t * t;
    }
    const double mean = first / sum;
    double so_far = 0;
    std::size_t last = 0;
    while (last < light.size() && so_far < through * sum) so_far += light[last++];
    return {2 * mean, std::sqrt(2 * (second / sum - mean * mean)), 2 * static_cast<double>(last) * width,
            0.5 * std::sqrt(2 * diffusivity(slab) * 2 * mean)};
}

std::vector<float> slab_transfer(const Slab& slab, const std::array<std::int64_t, 3>& shape,
                                 const std::array<double, 2>& pitch_m, double bin_width_s,
                                 const std::vector<double>& response, std::int64_t zero) {
    const std::int64_t ny = shape[0], nx = shape[1], nt = shape[2];
    const std::int64_t half = nt / 2 + 1;
    const RealFft fft(nt);
    const auto size = static_cast<std::size_t>(nt);
    std::vector<std::complex<float>> instrument(static_cast<std::size_t>(half), 1.0F);
    if (!response.empty()) {
        std::vector<float> folded(size);
        for (std::size_t i = 0; i < response.size(); ++i) {
            const std::int64_t at = (static_cast<std::int64_t>(i) - zero) % nt;
            folded[static_cast<std::size_t>(at < 0 ? at + nt : at)] += static_cast<float>(response[i]);
        }
        fft.forward(folded.data(), instrument.data(), 1);
    }
    const TimeCurve curve = curve_in_sub_bins(slab, bin_width_s, nt);
    const double dv = diffusivity(slab);
    const auto wave_number = [](std::int64_t i, std::int64_t n, double pitch) {
        return 2 * std::numbers::pi * static_cast<double>(std::min(i, n - i)) / (static_cast<double>(n) * pitch);
    };
    std::vector<float> transfer(static_cast<std::size_t>(ny * nx * half * 2));
    const auto row_of = [&](std::int64_t y, std::int64_t x) { return transfer.data() + (y * nx + x) * half * 2; };
    parallel_for(ny / 2 + 1, 1, [&](std::int64_t begin, std::int64_t end) {
        std::vector<double> sums(size);
        std::vector<float> bins(size);
        std::vector<std::complex<float>> one_way(static_cast<std::size_t>(half));
        for (std::int64_t y = begin; y < end; ++y)
            for (std::int64_t x = 0; x <= nx / 2; ++x) {
                const double ky = wave_number(y, ny, pitch_m[0]), kx = wave_number(x, nx, pitch_m[1]);
                const double decay = dv * (ky * ky + kx * kx) / 4;  // of the midpoint of the ways in and out
                std::fill(sums.begin(), sums.end(), 0.0);
                for (std::size_t i = 0; i < curve.light.size(); ++i)
                    sums[static_cast<std::size_t>(curve.bin[i])] += curve.light[i] * std::exp(-decay * curve.time_s[i]);
                std::copy(sums.begin(), sums.end(), bins.begin());
                fft.forward(bins.data(), one_way.data(), 1);
                float* to = row_of(y, x);
                for (std::int64_t k = 0; k < half; ++k) {
                    const auto i = static_cast<std::size_t>(k);
                    const std::complex<float> value = one_way[i] * one_way[i] * instrument[i];
                    to[2 * k] = value.real();
                    to[2 * k + 1] = value.imag();
                }
            }
    });
    for (std::int64_t y = 0; y < ny; ++y)  // the rest by symmetry
        for (std::int64_t x = 0; x < nx; ++x) {
            const std::int64_t from_y = std::min(y, ny - y), from_x = std::min(x, nx - x);
            if (from_y != y || from_x != x) std::copy_n(row_of(from_y, from_x), 2 * half, row_of(y, x));
        }
    return transfer;
}

}  // namespace firstlight
