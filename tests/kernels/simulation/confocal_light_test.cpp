#include "kernels/simulation/confocal_light.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "kernels/support/error.hpp"
#include "kernels/support/parallel_for.hpp"

namespace firstlight {
namespace {

constexpr double pi = std::numbers::pi;
constexpr double speed_of_light = 299'792'458.0;

// A flat square of one cell.
HiddenSurface square(double x, double y, double z, double edge, double albedo) {
    HiddenSurface h;
    h.z_m = z;
    h.albedo = albedo;
    h.pattern.rows = h.pattern.columns = 1;
    h.pattern.pitch_m = edge;
    h.pattern.centre_x_m = x;
    h.pattern.centre_y_m = y;
    h.pattern.values = {1.0F};
    h.pattern.outside = 0;
    return h;
}

ConfocalSetup one_point() {
    ConfocalSetup s;
    s.rows = 3;
    s.columns = 4;
    s.bins = 200;
    s.height_m = 0.3;
    s.width_m = 0.4;
    s.first_edge_s = 1e-9;
    s.bin_width_s = 16e-12;
    s.surfaces = {square(0.05, -0.02, 0.4, 0.01, 0.7)};
    return s;
}

struct Moments {
    double sum = 0, mean_s = 0;
};
Moments moments_of(const std::vector<double>& light, const ConfocalSetup& s, std::int64_t pixel) {
    Moments m;
    for (std::int64_t t = 0; t < s.bins; ++t) {
        const double v = light[static_cast<std::size_t>(pixel * s.bins + t)];
        m.sum += v;
        m.mean_s += v * (s.first_edge_s + (static_cast<double>(t) + 0.5) * s.bin_width_s);
    }
    m.mean_s /= m.sum;
    return m;
}

TEST(ConfocalLight, of_a_point_arrives_at_2_r_over_c) {
    for (const bool lambertian : {true, false}) {
        ConfocalSetup s = one_point();
        s.surfaces[0].lambertian = lambertian;
        const std::vector<double> light = confocal_light(s);
        for (std::int64_t p = 0; p < 12; ++p) {
            const double x = (static_cast<double>(p % 4) - 1.5) * 0.1;
            const double y = (static_cast<double>(p / 4) - 1.0) * 0.1;  // NOLINT(bugprone-integer-division)
            const double r = std::hypot(x - 0.05, y + 0.02, 0.4);
            const Moments m = moments_of(light, s, p);
            const double cosine = lambertian ? 0.4 / r : 1;
            EXPECT_NEAR(m.sum / (0.7 * 1e-4 * std::pow(cosine, 4) / (pi * pi * std::pow(r, 4))), 1, 1e-9);
            EXPECT_NEAR(m.mean_s, 2 * r / speed_of_light, 1e-17);
        }
    }
}

Slab foam() { return {0.0254, 1.12, 0.53, 262, {}, 0, false}; }

TEST(ConfocalLight, slab_there_and_back_has_the_light_and_time_of_two_crossings) {
    constexpr double bin = 16e-12;
    constexpr std::int64_t bins = 1500;
    const std::vector<double> once = slab_curve(foam(), bin / 4, bins * 4),
                              twice = slab_there_and_back(foam(), bin, bins);
    double light = 0, time = 0, light_twice = 0, time_twice = 0;
    for (std::size_t i = 0; i < once.size(); ++i) {
        light += once[i];
        time += once[i] * (static_cast<double>(i) + 0.5) * bin / 4;
    }
    for (std::size_t i = 0; i < twice.size(); ++i) {
        light_twice += twice[i];
        time_twice += twice[i] * static_cast<double>(i) * bin;
    }
    EXPECT_NEAR(light_twice / (light * light), 1, 1e-4);
    EXPECT_NEAR(time_twice / light_twice, 2 * time / light, 0.2e-12);
}

// The midpoint of two crossings spreads like one Gaussian: slab_curve off the axis, over all pairs of points whose
// midpoint is at rho, by plain sums. Pairs with a midpoint per area are four times those with a sum per area.
TEST(ConfocalLight, midpoint_of_two_crossings_is_a_gaussian_in_space) {
    constexpr double bin = 20e-12, step = 0.004;
    constexpr int reach = 30, at_bin = 60;
    const double rho = 0.03, dv = speed_of_light / 1.12 / (3 * 262.0);
    const auto off_axis = [&](double x, double y) {
        Slab s = foam();
        s.off_axis_m = std::hypot(x, y);
        return slab_curve(s, bin, at_bin, false);
    };
    double sum = 0;
    for (int i = -reach; i <= reach; ++i)
        for (int j = -reach; j <= reach; ++j) {
            const std::vector<double> in = off_axis(i * step, j * step), out = off_axis(2 * rho - i * step, j * step);
            for (int k = 0; k < at_bin; ++k)
                sum += in[static_cast<std::size_t>(k)] * out[static_cast<std::size_t>(at_bin - 1 - k)] * step * step;
        }
    const std::vector<double> whole = slab_curve(foam(), bin, at_bin);
    double twice = 0;
    for (int k = 0; k < at_bin; ++k)
        twice += whole[static_cast<std::size_t>(k)] * whole[static_cast<std::size_t>(at_bin - 1 - k)];
    const double spread = dv * at_bin * bin;
    EXPECT_NEAR(4 * sum / (twice * std::exp(-rho * rho / spread) / (pi * spread)), 1, 2e-3);
}

TEST(ConfocalLight, behind_a_slab_is_what_plain_sums_over_the_face_give) {
    ConfocalSetup s = one_point();
    s.first_edge_s = 2e-9;
    s.bins = 160;
    s.slab = foam();
    s.surfaces.push_back(square(-0.1, 0.05, 0.5, 0.02, 1));
    const std::vector<double> light = confocal_light(s);
    const double dv = speed_of_light / 1.12 / (3 * 262.0);
    const std::vector<double> kernel = slab_there_and_back(foam(), s.bin_width_s, 400);
    const double step = 0.0025;
    constexpr int reach = 160;  // 0.4 m
    for (const std::int64_t p : {0, 6, 11}) {
        const double x0 = (static_cast<double>(p % 4) - 1.5) * 0.1;
        const double y0 = (static_cast<double>(p / 4) - 1.0) * 0.1;  // NOLINT(bugprone-integer-division)
        std::vector<double> expected(160, 0.0);
        for (int i = -reach; i < reach; ++i)
            for (int j = -reach; j < reach; ++j)
                for (const HiddenSurface& h : s.surfaces) {
                    const double dx = (j + 0.5) * step, dy = (i + 0.5) * step;
                    const double r = std::hypot(x0 + dx - h.pattern.centre_x_m, y0 + dy - h.pattern.centre_y_m, h.z_m);
                    const double f = h.albedo * h.pattern.pitch_m * h.pattern.pitch_m * std::pow(h.z_m / r, 4) /
                                     (pi * pi * std::pow(r, 4));
                    for (std::size_t t = 0; t < 160; t += 13) {
                        const double delay =
                            2e-9 + (static_cast<double>(t) + 0.5) * s.bin_width_s - 2 * r / speed_of_light;
                        const double place = delay / s.bin_width_s;
                        if (!(place > 1)) continue;
                        const auto k = static_cast<std::size_t>(place);
                        const double part = place - static_cast<double>(k);
                        const double spread = dv * delay;
                        expected[t] += f * ((1 - part) * kernel[k] + part * kernel[k + 1]) *
                                       std::exp(-(dx * dx + dy * dy) / spread) / (pi * spread) * step * step;
                    }
                }
        for (std::size_t t = 0; t < 160; t += 13) {
            const double found = light[static_cast<std::size_t>(p * 160) + t];
            const double brightest = *std::max_element(light.begin() + p * 160, light.begin() + (p + 1) * 160);
            EXPECT_NEAR(found, expected[t], 0.01 * expected[t] + 2e-3 * brightest) << p << " " << t;
        }
    }
}

TEST(ConfocalLight, behind_a_slab_keeps_the_light_of_the_kernel) {
    ConfocalSetup s;
    s.rows = s.columns = 20;
    s.height_m = s.width_m = 2.5;  // so wide that hardly any light is beyond
    s.bins = 200;
    s.bin_width_s = 50e-12;
    s.surfaces = {square(0.1, -0.2, 0.3, 0.01, 1)};
    s.slab = foam();
    const std::vector<double> light = confocal_light(s);
    double sum = 0, time = 0;
    for (std::int64_t p = 0; p < 20 * 20; ++p) {
        const Moments m = moments_of(light, s, p);
        sum += m.sum * 0.125 * 0.125;
        time += m.sum * m.mean_s * 0.125 * 0.125;
    }
    // f over the far face: integral of z^4/(pi^2 r^8) = 1/(3 pi z^2) per area; its mean time that of 2 r / c.
    const double on_face = 1e-4 / (3 * pi * 0.3 * 0.3);
    const std::vector<double> kernel = slab_there_and_back(*s.slab, 50e-12, 200);
    double kept = 0, delay = 0;
    for (std::size_t k = 0; k < kernel.size(); ++k) {
        kept += kernel[k];
        delay += kernel[k] * static_cast<double>(k) * 50e-12;
    }
    const double flight = 2 * 0.3 * 6.0 / 5.0 / speed_of_light;  // <r> = z (6/5) with weight r^-8
    EXPECT_NEAR(sum / (on_face * kept), 1, 5e-3);
    EXPECT_NEAR(time / sum, delay / kept + flight, 20e-12);
}

TEST(ConfocalLight, has_the_same_bits_on_any_number_of_threads) {
    ConfocalSetup s = one_point();
    s.slab = foam();
    std::vector<double> one, three;
    with_threads(1, [&] { one = confocal_light(s); });
    with_threads(3, [&] { three = confocal_light(s); });
    EXPECT_EQ(one, three);
}

TEST(ConfocalLight, refuses_what_cannot_be) {
    const auto refused = [](const ConfocalSetup& s, const std::string& said) {
        try {
            (void)confocal_light(s);
            ADD_FAILURE() << "accepted, expected: " << said;
        } catch (const Error& e) {
            EXPECT_EQ(e.code(), ExitCode::bad_input);
            EXPECT_NE(std::string(e.what()).find(said), std::string::npos) << e.what();
        }
    };
    ConfocalSetup s = one_point();
    s.surfaces.clear();
    refused(s, "hidden surfaces is 0");
    s = one_point();
    s.surfaces[0].z_m = -0.1;
    refused(s, "the depth of hidden surface 1 is -0.1 m");
    s = one_point();
    s.surfaces[0].pattern.values = {0.0F};
    refused(s, "the area of the hidden surfaces is 0");
    s = one_point();
    s.bins = 10;
    refused(s, "later than the first light behind the slab");
    s = one_point();
    s.first_edge_s = 1;
    refused(s, "the start of the time window");
    s = one_point();
    s.slab = foam();
    s.slab->mu_a_per_m = -1;
    refused(s, "mu_a must be 0 or more");
}

}  // namespace
}  // namespace firstlight
