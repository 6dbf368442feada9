#include "kernels/support/slab_curve.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

constexpr double pi = std::numbers::pi, c = 299792458.0;
const Slab foam{0.0254, 1.12, 0.53, 262, 0.0036};

double sum(const std::vector<double>& v) { return std::accumulate(v.begin(), v.end(), 0.0); }

// Share that a slab lets through for ever: the steady diffusion equation with a point source at 1/mu_s'.
double steady_transmittance(const Slab& s) {
    const double z0 = 1 / s.mu_s_prime_per_m, ze = *s.extrapolation_m;
    const double diffusion = 1 / (3 * (s.mu_s_prime_per_m + (s.absorption_in_diffusion ? s.mu_a_per_m : 0)));
    const double k = std::sqrt(s.mu_a_per_m / diffusion);
    return std::sinh(k * (z0 + ze)) * std::cosh(k * ze) / std::sinh(k * (s.thickness_m + 2 * ze));
}

// The header's image sum as it is written, with as many sources as asked, and what rounding may leave of it.
struct ImageSum {
    double light = 0, rounding = 0;
};
ImageSum image_sum(const Slab& s, double t, int images) {
    const double v = c / s.refractive_index, z0 = 1 / s.mu_s_prime_per_m, ze = *s.extrapolation_m;
    const double spread = 4 * v * t / (3 * s.mu_s_prime_per_m);
    double total = 0, size = 0;
    for (int m = -images; m <= images; ++m) {
        const double z1 = s.thickness_m * (1 - 2 * m) - 4 * m * ze - z0;
        const double z2 = s.thickness_m * (1 - 2 * m) - (4 * m - 2) * ze + z0;
        total += z1 * std::exp(-z1 * z1 / spread) - z2 * std::exp(-z2 * z2 / spread);
        size += std::abs(z1) * std::exp(-z1 * z1 / spread) + std::abs(z2) * std::exp(-z2 * z2 / spread);
    }
    const double factor = 0.5 * std::exp(-s.mu_a_per_m * v * t) / std::sqrt(pi * spread) / t;
    return {factor * total, 1e-13 * factor * size};
}

TEST(SlabCurve, over_all_times_is_the_steady_transmittance) {
    for (const double inches : {1.0, 4.0, 8.0})
        for (const double mu_a : {0.01, 0.53, 5.0})
            for (const bool in_diffusion : {false, true}) {
                Slab slab = foam;
                slab.thickness_m = 0.0254 * inches;
                slab.mu_a_per_m = mu_a;
                slab.absorption_in_diffusion = in_diffusion;
                const double expected = steady_transmittance(slab);
                EXPECT_NEAR(sum(slab_curve(slab, 8e-12, 125000)) / expected, 1, 1e-6) << inches << ' ' << mu_a;
                EXPECT_NEAR(sum(slab_curve(slab, 400e-12, 2500)) / expected, 1, 1e-4) << inches << ' ' << mu_a;
            }
}

TEST(SlabCurve, equals_the_image_sum_and_more_images_change_nothing) {
    for (const double inches : {1.0, 3.0, 8.0}) {
        Slab slab = foam;
        slab.thickness_m = 0.0254 * inches;
        for (const double ns : {0.05, 0.2, 0.3, 0.31, 0.5, 1.0, 3.0, 6.4, 6.6, 20.0, 90.0}) {
            const double light = slab_transmittance(slab, ns * 1e-9);
            for (const int images : {100, 200}) {
                const ImageSum sum_of = image_sum(slab, ns * 1e-9, images);
                EXPECT_NEAR(light, sum_of.light, 1e-10 * light + sum_of.rounding) << inches << ' ' << ns;
            }
        }
    }
}

TEST(SlabCurve, late_light_decays_by_absorption_and_the_slowest_mode) {
    for (const bool whole_plane : {true, false}) {
        const double v = c / 1.12, d = foam.thickness_m + 2 * 0.0036;
        const double rate = 0.53 * v + pi * pi * v / (3 * 262.0) / (d * d);
        const double spreading = whole_plane ? 1 : 30.0 / 31.0;  // on the axis 1/t besides
        const double ratio =
            slab_transmittance(foam, 31e-9, whole_plane) / slab_transmittance(foam, 30e-9, whole_plane);
        EXPECT_NEAR(ratio, spreading * std::exp(-rate * 1e-9), 1e-9 * ratio);
    }
}

TEST(SlabCurve, the_exit_plane_is_the_sum_of_its_points) {
    const double t = 0.7e-9, step = 1e-4;
    double plane = 0;
    for (int i = 0; i < 5000; ++i) {
        Slab point = foam;
        point.off_axis_m = (i + 0.5) * step;
        plane += slab_transmittance(point, t, false) * 2 * pi * point.off_axis_m * step;
    }
    EXPECT_NEAR(plane / slab_transmittance(foam, t), 1, 1e-5);
}

TEST(SlabCurve, bins_are_the_light_between_their_edges) {
    for (const bool whole_plane : {true, false}) {
        const double fine = 0.5e-12, coarse = 100e-12;
        const std::vector<double> bins = slab_curve(foam, coarse, 40, whole_plane);
        for (int i = 0; i < 40; ++i) {
            double light = 0;
            for (int k = 0; k < 200; ++k)
                light += slab_transmittance(foam, i * coarse + (k + 0.5) * fine, whole_plane) * fine;
            EXPECT_NEAR(bins[static_cast<std::size_t>(i)], light, 1e-4 * light + 1e-12 * sum(bins)) << i;
        }
    }
}

TEST(SlabCurve, the_boundary_to_air_follows_the_index) {
    // (1 + R)/(1 - R) by SciPy's adaptive quadrature over Fresnel's reflection.
    for (const auto& [n, factor] : {std::pair{1.0, 1.0}, {1.12, 1.434494}, {1.4, 2.948493}, {0.8, 1.086133}}) {
        Slab given{0.02, n, 1, 1000, 2.0 / 3.0 / 1000 * factor}, automatic{0.02, n, 1, 1000, {}};
        for (const double t : {0.2e-9, 1e-9, 3e-9})
            EXPECT_NEAR(slab_transmittance(automatic, t) / slab_transmittance(given, t), 1, 1e-5) << n;
    }
}

TEST(SlabCurve, nothing_comes_before_the_pulse_and_nothing_is_negative) {
    EXPECT_EQ(slab_transmittance(foam, 0), 0);
    EXPECT_EQ(slab_transmittance(foam, -1e-9), 0);
    for (const bool whole_plane : {true, false}) {
        Slab thick = foam;
        thick.thickness_m = 0.2032;
        for (const double light : slab_curve(thick, 8e-12, 12502, whole_plane))
            ASSERT_TRUE(light >= 0 && std::isfinite(light));
    }
    EXPECT_TRUE(slab_curve(foam, 8e-12, 0).empty());
}

TEST(SlabCurve, what_is_no_slab_is_refused) {
    const auto refused = [](auto change) {
        Slab slab = foam;
        change(slab);
        try {
            (void)slab_curve(slab, 8e-12, 10);
        } catch (const Error& error) {
            return error.code() == ExitCode::bad_input;
        }
        return false;
    };
    EXPECT_TRUE(refused([](Slab& s) { s.thickness_m = 0; }));
    EXPECT_TRUE(refused([](Slab& s) { s.refractive_index = -1; }));
    EXPECT_TRUE(refused([](Slab& s) { s.mu_s_prime_per_m = std::nan(""); }));
    EXPECT_TRUE(refused([](Slab& s) { s.mu_a_per_m = -0.1; }));
    EXPECT_TRUE(refused([](Slab& s) { s.extrapolation_m = -1e-3; }));
    EXPECT_THROW((void)slab_curve(foam, 0, 10), Error);
    EXPECT_FALSE(refused([](Slab&) {}));
}

}  // namespace
}  // namespace firstlight
