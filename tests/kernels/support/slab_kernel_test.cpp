// The slab's transfer function against its closed form in space and time, and against what must hold of any kernel.
#include "kernels/support/slab_kernel.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <numeric>

#include "kernels/support/error.hpp"
#include "kernels/support/fft.hpp"

namespace firstlight {
namespace {

const Slab foam{0.0254, 1.12, 0.53, 262, 0.0036};

// The kernel in space and time: [y][x][t].
std::vector<float> kernel_of(const std::vector<float>& transfer, const std::array<std::int64_t, 3>& shape) {
    const VolumeFft fft(shape[0], shape[1], shape[2]);
    std::vector<std::complex<float>> spectrum(static_cast<std::size_t>(fft.spectrum_values()));
    for (std::size_t i = 0; i < spectrum.size(); ++i) spectrum[i] = {transfer[2 * i], transfer[2 * i + 1]};
    std::vector<float> kernel(static_cast<std::size_t>(fft.values()));
    fft.inverse(spectrum.data(), kernel.data());
    for (float& value : kernel) value /= static_cast<float>(fft.values());
    return kernel;
}

// One way by the off-axis curve at each pixel and fine time steps; all pairs of ways with the pixel as midpoint, in
// double precision.
TEST(SlabKernel, equals_the_closed_form_of_pairs_with_a_midpoint) {
    const std::array<std::int64_t, 3> shape{30, 24, 48};
    const std::array<double, 2> pitch{0.005, 0.006};
    constexpr double width = 80e-12;
    constexpr std::int64_t fine = 16;
    const std::vector<float> kernel = kernel_of(slab_transfer(foam, shape, pitch, width), shape);
    // Light at each y, x in fine bins; the sum over one direction at a time keeps the double convolution short.
    const auto one_way = [&](std::int64_t y, std::int64_t x) {
        Slab slab = foam;
        slab.off_axis_m = std::hypot(static_cast<double>(y) * pitch[0], static_cast<double>(x) * pitch[1]);
        std::vector<double> bins(48);
        for (std::int64_t i = 0; i < 48 * fine; ++i) {
            const double t = (static_cast<double>(i) + 0.5) * width / fine;
            bins[static_cast<std::size_t>((i + fine / 2) / fine % 48)] +=
                slab_transmittance(slab, t, false) * width / fine * pitch[0] * pitch[1];
        }
        return bins;
    };
    std::vector<std::vector<double>> light;  // [y 0..14][x 0..11]
    double whole = 0;
    for (std::int64_t y = 0; y < 15; ++y)
        for (std::int64_t x = 0; x < 12; ++x) {
            light.push_back(one_way(y, x));
            const double share = (y == 0 ? 1 : 2) * (x == 0 ? 1 : 2);
            whole += share * std::accumulate(light.back().begin(), light.back().end(), 0.0);
        }
    double most = 0, sum = 0;
    for (const float value : kernel) {
        most = std::max(most, static_cast<double>(value));
        sum += static_cast<double>(value);
    }
    EXPECT_NEAR(sum, 1, 1e-5);
    for (const auto& [y0, x0] : {std::pair{0, 0}, {1, 0}, {0, 2}, {2, 1}}) {
        std::vector<double> expected(48);
        for (std::int64_t y = -14; y <= 14; ++y)
            for (std::int64_t x = -11; x <= 11; ++x) {
                const std::int64_t other_y = std::abs(2 * y0 - y), other_x = std::abs(2 * x0 - x);
                if (other_y > 14 || other_x > 11) continue;
                const auto& in = light[static_cast<std::size_t>(std::abs(y) * 12 + std::abs(x))];
                const auto& out = light[static_cast<std::size_t>(other_y * 12 + other_x)];
                for (std::size_t i = 0; i < 48; ++i)
                    for (std::size_t j = 0; j < 48; ++j) expected[(i + j) % 48] += 4 * in[i] * out[j] / (whole * whole);
            }
        for (std::size_t t = 0; t < 48; ++t)
            EXPECT_NEAR(kernel[static_cast<std::size_t>(y0 * 24 + x0) * 48 + t], expected[t], 0.01 * most)
                << y0 << ' ' << x0 << ' ' << t;
    }
}

TEST(SlabKernel, delays_as_the_mean_of_the_curve_says) {
    const SlabDelay delay = light_delay(foam);
    const std::array<std::int64_t, 3> shape{1, 1, 160};
    constexpr double width = 50e-12;
    const std::vector<float> kernel = kernel_of(slab_transfer(foam, shape, {0.02, 0.02}, width), shape);
    double mean = 0;
    for (std::size_t t = 0; t < kernel.size(); ++t)
        mean += static_cast<double>(kernel[t]) * static_cast<double>(t) * width;
    EXPECT_NEAR(mean, delay.mean_s, 1e-12);  // bins are centred on multiples of their width
    EXPECT_GT(delay.span_s, delay.mean_s + 2 * delay.sigma_s);
    // Twice as thick, about four times as long.
    Slab thick = foam;
    thick.thickness_m *= 2;
    EXPECT_NEAR(light_delay(thick).mean_s / delay.mean_s, 3.5, 0.6);
}

TEST(SlabKernel, has_the_instruments_response_in_it) {
    const std::array<std::int64_t, 3> shape{1, 1, 160};
    const std::vector<float> plain = kernel_of(slab_transfer(foam, shape, {1, 1}, 50e-12), shape);
    const std::vector<float> later = kernel_of(slab_transfer(foam, shape, {1, 1}, 50e-12, {0, 0, 0.5, 0.5}, 1), shape);
    for (std::size_t t = 0; t < 160; ++t)
        EXPECT_NEAR(later[t], 0.5F * (plain[(t + 159) % 160] + plain[(t + 158) % 160]), 1e-6F);
}

TEST(SlabKernel, refuses_what_is_no_slab) {
    EXPECT_THROW((void)slab_transfer({0, 1.1, 0.5, 200}, {4, 4, 8}, {1, 1}, 1e-11), Error);
    EXPECT_THROW((void)light_delay({0.01, 1.1, -1, 200}), Error);
}

}  // namespace
}  // namespace firstlight
