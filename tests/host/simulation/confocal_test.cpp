#include "host/simulation/confocal.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "kernels/support/error.hpp"
#include "kernels/support/parallel_for.hpp"
#include "tests/host/simulation/example_scene.hpp"

namespace firstlight {
namespace {

const std::string hidden_scene = R"(title = "Hidden square"
path = "confocal"
[medium]
thickness_mm = 25.4
refractive_index = 1.12
mu_s_prime_per_mm = 0.262
mu_a_per_mm = 0.00053
[[hidden]]
pattern = "rectangle"
width_mm = 100
height_mm = 60
x_mm = 50
z_mm = 300
albedo = 0.5
cell_um = 10000
[source]
photons_per_pulse = 1e7
[detector]
rows = 4
columns = 6
scan_size_mm = [400, 600]
spot_mm = 10
bins = 150
bin_width_ps = 32
first_edge_ps = 500
efficiency = 0.5
pulses = 1e4
counts = "u4"
[detector_response]
seed = 2
statistics = "poisson"
dark_rate_hz = 1000
)";

SimulatedScan made_of(const std::string& text, int threads = 2) {
    const SimulationScene scene = parse_scene(text, ".", "hidden.toml");
    const auto queue = open_cpu_queue(1);
    SimulatedScan made;
    with_threads(threads, [&] { made = simulate(scene, *queue, {}); });
    return made;
}

TEST(Confocal, says_which_light_is_wholly_outside_the_time_window) {
    EXPECT_TRUE(made_of(hidden_scene).warnings.empty());
    // 150 bins of 32 ps from 500 ps end at 5.3 ns; 800 mm behind the slab are 5.34 ns away.
    const std::string far = with(hidden_scene, "[source]",
                                 "[[hidden]]\npattern = \"rectangle\"\nwidth_mm = 50\n"
                                 "height_mm = 50\nz_mm = 800\ncell_um = 10000\n[source]");
    const SimulatedScan s = made_of(far);
    ASSERT_EQ(s.warnings.size(), 1U);
    EXPECT_NE(s.warnings[0].find("[[hidden]] surface 2 arrives from"), std::string::npos) << s.warnings[0];
    // Without a slab light has an end as well: 300 mm and at most some 500 mm to the side.
    const std::string early =
        with(with(with(far, "thickness_mm = 25.4", "thickness_mm = 0"), "z_mm = 800", "z_mm = 700"),
             "first_edge_ps = 500", "first_edge_ps = 4500");
    const SimulatedScan e = made_of(early);
    ASSERT_EQ(e.warnings.size(), 1U);
    EXPECT_NE(e.warnings[0].find("surface 1 arrives until"), std::string::npos) << e.warnings[0];
}

TEST(Confocal, describes_its_scan_as_imported_ones_are) {
    const SimulatedScan s = made_of(hidden_scene);
    EXPECT_EQ(s.scan.path, LightPath::confocal);
    EXPECT_EQ(s.scan_size_m, (std::vector<double>{0.4, 0.6}));
    ASSERT_EQ(s.scan.x_m.size(), 6U);
    EXPECT_NEAR(s.scan.x_m[0], -0.25, 1e-15);
    EXPECT_NEAR(s.scan.y_m[3], 0.15, 1e-15);
    EXPECT_DOUBLE_EQ(*s.scan.medium.thickness_m, 0.0254);
    EXPECT_DOUBLE_EQ(*s.scan.medium.mu_s_prime_per_m, 262);
    EXPECT_DOUBLE_EQ(*s.scan.medium.mu_a_per_m, 0.53);
    EXPECT_DOUBLE_EQ(s.scan.first_bin_centre_s, 516e-12);
    EXPECT_FALSE(s.scan.has_reference);
    EXPECT_TRUE(s.ballistic.empty());
    EXPECT_FALSE(s.scan.irf.empty());
    EXPECT_EQ(s.counts.size(), 24U * 150);
    // Straight behind: the square reaches from 0 to 100 mm in x and -30 to 30 mm in y; no scan point is at those y.
    for (const double d : s.depth_m) EXPECT_TRUE(std::isnan(d));
    const SimulatedScan tall = made_of(with(hidden_scene, "height_mm = 60", "height_mm = 120"));
    for (std::size_t p = 0; p < 24; ++p) {
        if ((p / 6 == 1 || p / 6 == 2) && p % 6 == 3) EXPECT_DOUBLE_EQ(tall.depth_m[p], 0.3) << p;
        else EXPECT_TRUE(std::isnan(tall.depth_m[p])) << p;
    }
}

TEST(Confocal, without_a_slab_counts_follow_from_the_falloff) {
    std::string text = with(hidden_scene, "thickness_mm = 25.4", "thickness_mm = 0");
    text = with(text, "dark_rate_hz = 1000", "dark_rate_hz = 0");
    const SimulatedScan s = made_of(text);
    EXPECT_FALSE(s.scan.medium.thickness_m.has_value());
    double chi2 = 0;
    for (std::size_t p = 0; p < 24; ++p) {
        double counts = 0, expected = 0, time = 0, flight = 0;
        for (std::size_t t = 0; t < 150; ++t) {
            counts += s.counts[p * 150 + t];
            time += s.counts[p * 150 + t] * s.scan.time_of(static_cast<double>(t) + 0.5);
        }
        for (int i = 0; i < 6; ++i)
            for (int j = 0; j < 10; ++j) {
                const double x = s.scan.x_m[p % 6] - (j + 0.5) * 0.01, y = s.scan.y_m[p / 6] - (i - 2.5) * 0.01;
                const double r = std::hypot(x, y, 0.3);
                const double light = 0.5 * 1e-4 * std::pow(0.3 / r, 4) / std::pow(std::numbers::pi * r * r, 2);
                expected += light;
                flight += light * 2 * r / 299792458.0;
            }
        flight /= expected;
        expected *= 1e7 * 0.5 * 1e4 * std::numbers::pi / 4 * 1e-4;
        ASSERT_GT(expected, 1000);
        chi2 += (counts - expected) * (counts - expected) / expected;
        EXPECT_NEAR(time / counts, flight, 1e-12 + 5 * 60e-12 / std::sqrt(expected)) << p;
    }
    EXPECT_LT(chi2, 24 + 4 * std::sqrt(48.0));
}

TEST(Confocal, slab_delays_and_blurs) {
    const SimulatedScan open = made_of(with(hidden_scene, "thickness_mm = 25.4", "thickness_mm = 0"));
    const SimulatedScan behind = made_of(with(hidden_scene, "photons_per_pulse = 1e7", "photons_per_pulse = 1e9"));
    const auto mean_time = [](const SimulatedScan& s, std::size_t p) {
        double sum = 0, time = 0;
        for (std::size_t t = 0; t < 150; ++t) {
            sum += s.counts[p * 150 + t];
            time += s.counts[p * 150 + t] * static_cast<double>(t);
        }
        return time / sum * 32e-12;
    };
    EXPECT_GT(mean_time(behind, 9), mean_time(open, 9) + 0.4e-9);
    EXPECT_EQ(behind.counts,
              made_of(with(hidden_scene, "photons_per_pulse = 1e7", "photons_per_pulse = 1e9"), 3).counts);
}

TEST(Confocal, refuses_what_cannot_be) {
    const auto expect = [](const std::string& from, const std::string& to, const std::string& said) {
        const std::string text = with(hidden_scene, from, to);
        ASSERT_FALSE(text.empty()) << from;
        try {
            (void)parse_scene(text, ".", "hidden.toml");
            ADD_FAILURE() << "accepted, expected: " << said;
        } catch (const Error& e) {
            EXPECT_EQ(e.code(), ExitCode::bad_input);
            EXPECT_NE(std::string(e.what()).find(said), std::string::npos) << e.what();
        }
    };
    expect("[medium]", "[slab]", "[medium] is missing");
    expect("[[hidden]]", "[[hiden]]", "no [[hidden]] surface");
    expect("thickness_mm = 25.4", "thickness_mm = -1", "thickness_mm is -1");
    expect("thickness_mm = 25.4", "", "thickness_mm is missing");
    expect("mu_s_prime_per_mm = 0.262", "", "mu_s_prime_per_mm is missing");
    expect("z_mm = 300", "z_mm = -3", "z_mm is -3");
    expect("z_mm = 300", "", "z_mm is missing");
    expect("albedo = 0.5", "albedo = 2", "albedo is 2");
    expect("scan_size_mm = [400, 600]", "", "scan_size_mm is missing");
    expect("scan_size_mm = [400, 600]", "scan_size_mm = [400, -6]", "two of them");
    expect("spot_mm = 10", "pixel_um = 10", "pixel_um");
    expect("[source]", "[reference]\npulses = 1\n[source]", "[reference] in a confocal scene");
    expect("[source]", "[[layer]]\nthickness_mm = 1\n[source]", "[layer] in a confocal scene");
    expect("albedo = 0.5", "albedo = 0.5\nsurface = \"lambert\"", "did you mean \"lambertian\"");
}

}  // namespace
}  // namespace firstlight
