#include "host/simulation/objects.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "host/simulation/simulate.hpp"
#include "kernels/support/error.hpp"
#include "kernels/support/parallel_for.hpp"
#include "tests/host/simulation/example_scene.hpp"

namespace firstlight {
namespace {

constexpr double degree = std::numbers::pi / 180;

// The example's cell without its target, turned; the rod is off the axis.
const std::string objects = R"([views]
angles_deg = [0, 30, 90, 200]
[[object]]
shape = "cylinder"
x_mm = 3
y_mm = 1
radius_mm = 1
height_mm = 40
mu_a_per_mm = 0.401
[[object]]
shape = "sphere"
x_mm = -2
y_mm = -1
z_mm = 2.5
radius_mm = 1.5
mu_s_per_mm = 0.129
[source])";

std::string turned_scene() {
    std::string text = example_scene;
    const auto from = text.find("[[target]]"), to = text.find("[source]");
    text.replace(from, to + 8 - from, objects);
    text = with(text, "photons = 200000", "photons = 5000");
    return text;
}

SimulationScene parsed(const std::string& text) { return parse_scene(text, ".", "turned.toml"); }

SimulatedScan made_of(const std::string& text, int threads = 2) {
    const SimulationScene scene = parsed(text);
    const auto queue = open_cpu_queue(1);
    SimulatedScan made;
    with_threads(threads, [&] { made = simulate(scene, *queue, {}); });
    return made;
}

TEST(Objects, are_read_in_si_units_with_the_mediums_coefficients_where_they_name_none) {
    const SimulationScene s = parsed(turned_scene());
    ASSERT_EQ(s.objects.size(), 2U);
    EXPECT_DOUBLE_EQ(s.objects[0].x_m, 0.003);
    EXPECT_DOUBLE_EQ(s.objects[0].radius_m, 0.001);
    EXPECT_DOUBLE_EQ(s.objects[0].mu_s_per_m, 29);
    EXPECT_DOUBLE_EQ(s.objects[0].mu_a_per_m, 401);
    EXPECT_DOUBLE_EQ(s.objects[1].mu_s_per_m, 129);
    EXPECT_DOUBLE_EQ(s.objects[1].mu_a_per_m, 1);
    EXPECT_DOUBLE_EQ(s.axis_depth_m, 0.05);
    ASSERT_EQ(s.view_angles_rad.size(), 4U);
    EXPECT_DOUBLE_EQ(s.view_angles_rad[2], 90 * degree);
    const SimulationScene even =
        parsed(with(turned_scene(), "angles_deg = [0, 30, 90, 200]", "number = 6\nrange_deg = 180"));
    ASSERT_EQ(even.view_angles_rad.size(), 6U);
    EXPECT_DOUBLE_EQ(even.view_angles_rad[5], 150 * degree);
}

TEST(Objects, turn_to_x_cos_plus_y_sin) {
    const SimulationScene s = parsed(turned_scene());
    for (const double angle : {0.0, 30 * degree, 90 * degree, 200 * degree}) {
        const TransportScene seen = in_view(s, angle);
        const double c = std::cos(angle), sine = std::sin(angle);
        EXPECT_NEAR(seen.objects[0].x_m, 0.003 * c + 0.001 * sine, 1e-15);
        EXPECT_NEAR(seen.objects[0].z_m, 0.05 - 0.003 * sine + 0.001 * c, 1e-15);
        EXPECT_EQ(seen.objects[0].y_m, 0);
        EXPECT_EQ(seen.objects[0].axis_y, 1);  // the object's z is the camera's y
        EXPECT_NEAR(seen.objects[0].axis_x, 0, 1e-15);
        EXPECT_EQ(seen.objects[1].y_m, 0.0025);
    }
    SimulationScene leaning = s;
    leaning.objects[0].axis_x = 1;
    EXPECT_NEAR(in_view(leaning, 90 * degree).objects[0].axis_z, -1, 1e-15);
}

TEST(Objects, throw_shadows_that_are_their_line_integrals_in_every_view) {
    const SimulatedScan s = made_of(with(turned_scene(), "[reference]", "[reference]\nmedium = \"same\""));
    ASSERT_EQ(s.scan.views, 4);
    ASSERT_TRUE(s.scan.has_views_axis);
    ASSERT_EQ(s.counts.size(), 4U * 120 * 80);
    ASSERT_EQ(s.optical_depth.size(), 4U * 120);
    ASSERT_EQ(s.reference_counts.size(), 120U * 80);
    for (std::size_t view = 0; view < 4; ++view) {
        const double angle = s.scan.view_angle_rad[view];
        const double rod = 3 * std::cos(angle) + std::sin(angle), ball = -2 * std::cos(angle) - std::sin(angle);
        for (std::size_t p = 0; p < 120; ++p) {
            double light = 0;
            for (int i = 0; i < 64; ++i) {
                const double x = static_cast<double>(p % 10) - 5 + (i % 8 + 0.5) / 8;
                const double y =
                    static_cast<double>(p / 10) - 6 + (i / 8 + 0.5) / 8;  // NOLINT(bugprone-integer-division)
                const double in_rod = 2 * std::sqrt(std::max(0.0, 1 - (x - rod) * (x - rod)));
                const double in_ball =
                    2 * std::sqrt(std::max(0.0, 2.25 - (x - ball) * (x - ball) - (y - 2.5) * (y - 2.5)));
                light += std::exp(-0.4 * in_rod - 0.1 * in_ball) / 64;
            }
            EXPECT_NEAR(s.optical_depth[view * 120 + p], -std::log(light), 1e-4) << view << " " << p;
            EXPECT_NEAR(s.ballistic[view * 120 + p] / (4e4 / 400 * std::exp(-3.0) * 1e5 * light), 1, 1e-4);
        }
    }
}

// The truth's own projection: sums along the lines of the convention, against the chords.
TEST(Objects, have_a_true_volume_whose_projections_are_the_shadows) {
    std::string text = turned_scene();
    text = with(text, "rows = 12\ncolumns = 10\npixel_um = 1000", "rows = 24\ncolumns = 40\npixel_um = 250");
    const SimulationScene scene = parsed(text);
    const std::vector<double> mu = object_mu(scene);
    ASSERT_EQ(mu.size(), 24U * 40 * 40);
    const double voxel = 0.25e-3;
    double all = 0, moment_x = 0, moment_y = 0, moment_z = 0;
    for (std::size_t i = 0; i < mu.size(); ++i) {
        const double x = (static_cast<double>(i % 40) - 19.5) * voxel;
        const double y = (static_cast<double>(i / 40 % 40) - 19.5) * voxel;  // NOLINT(bugprone-integer-division)
        const double z = (static_cast<double>(i / 1600) - 11.5) * voxel;     // NOLINT(bugprone-integer-division)
        if (x > 0) continue;                                                 // the ball alone
        all += mu[i];
        moment_x += mu[i] * x;
        moment_y += mu[i] * y;
        moment_z += mu[i] * z;
    }
    // Of the ball (above z = 3 mm the rows end) what is within the rows: its cap is cut.
    EXPECT_NEAR(moment_x / all, -2e-3, 2e-5);
    EXPECT_NEAR(moment_y / all, -1e-3, 2e-5);
    EXPECT_LT(moment_z / all, 2.5e-3);
    const double h = 1.0;  // of the cap that is cut off, mm
    const double volume = 4.0 / 3 * std::numbers::pi * 3.375 - std::numbers::pi * h * h * (3 * 1.5 - h) / 3;
    EXPECT_NEAR(all * voxel * voxel * voxel / (100 * volume * 1e-9), 1, 3e-3);
    // A line of the volume at theta = 0 through the rod: along Y at X = 3 mm.
    double line = 0;
    for (std::size_t y = 0; y < 40; ++y)
        line += 0.5 * voxel * (mu[(12 * 40 + y) * 40 + 31] + mu[(12 * 40 + y) * 40 + 32]);
    EXPECT_NEAR(line, 400 * 2e-3, 400 * 2e-3 * 0.02);
}

TEST(Objects, have_scattered_light_of_their_own_in_each_view_and_the_same_bits_on_any_number_of_threads) {
    const SimulatedScan one = made_of(turned_scene(), 1), three = made_of(turned_scene(), 3);
    EXPECT_EQ(one.counts, three.counts);
    EXPECT_EQ(one.reference_counts, three.reference_counts);
    // The same angle twice: the same light, but other photons and other counts.
    const SimulatedScan twice = made_of(with(turned_scene(), "[0, 30, 90, 200]", "[0, 0]"));
    const std::vector<std::uint32_t> first(twice.counts.begin(), twice.counts.begin() + 9600);
    const std::vector<std::uint32_t> second(twice.counts.begin() + 9600, twice.counts.end());
    EXPECT_NE(first, second);
    EXPECT_EQ(twice.ballistic[37], twice.ballistic[37 + 120]);
    // The first view's counts do not depend on how many follow.
    EXPECT_EQ(first, std::vector<std::uint32_t>(one.counts.begin(), one.counts.begin() + 9600));
}

TEST(Objects, are_compared_with_a_clear_reference_or_with_the_same_medium) {
    std::string text = with(turned_scene(), "filter_transmission = 0.05", "");
    text = with(with(text, "numerical_aperture = 0.01", "numerical_aperture = 0.1"), "first_photon", "poisson");
    const SimulatedScan clear = made_of(text);
    const SimulatedScan same = made_of(with(text, "[reference]", "[reference]\nmedium = \"same\""));
    EXPECT_EQ(clear.counts, same.counts);
    EXPECT_EQ(clear.mu, same.mu);
    for (const std::size_t p : {0U, 200U, 479U}) EXPECT_NEAR(clear.optical_depth[p] - same.optical_depth[p], 3, 1e-5);
    double light_clear = 0, light_same = 0, late = 0;
    for (std::size_t i = 0; i < clear.reference_counts.size(); ++i) {
        light_clear += clear.reference_counts[i];
        light_same += same.reference_counts[i];
        if (i % 80 > 32) late += same.reference_counts[i];
    }
    EXPECT_GT(light_same, 1.02 * std::exp(-3.0) * light_clear);  // unscattered, and some scattered
    EXPECT_GT(late, 0);
}

TEST(Objects, refuse_what_cannot_be) {
    const auto expect = [](const std::string& from, const std::string& to, const std::string& said) {
        const std::string text = with(turned_scene(), from, to);
        ASSERT_FALSE(text.empty()) << from;
        try {
            (void)parsed(text);
            ADD_FAILURE() << "accepted, expected: " << said;
        } catch (const Error& e) {
            EXPECT_EQ(e.code(), ExitCode::bad_input);
            EXPECT_NE(std::string(e.what()).find(said), std::string::npos) << e.what();
            EXPECT_NE(std::string(e.what()).find("turned.toml"), std::string::npos) << e.what();
        }
    };
    expect("angles_deg = [0, 30, 90, 200]", "", "[views] has no angles");
    expect("angles_deg = [0, 30, 90, 200]", "angles_deg = []", "angles_deg is empty");
    expect("angles_deg = [0, 30, 90, 200]", "angles_deg = [0]\nnumber = 3", "both number and angles_deg");
    expect("angles_deg = [0, 30, 90, 200]", "number = 0", "[views] number is 0");
    expect("angles_deg = [0, 30, 90, 200]", "number = 4\nrange_deg = 0", "range_deg is 0 for 4 views");
    expect("angles_deg = [0, 30, 90, 200]", "angles_deg = [0]\naxis_depth_mm = 120", "axis_depth_mm is 120");
    expect("radius_mm = 1\n", "radius_mm = -1\n", "radius_mm is -1");
    expect("radius_mm = 1\n", "", "radius_mm is missing");
    expect("height_mm = 40", "height_mm = 0", "height_mm is 0");
    expect("x_mm = 3", "x_mm = 60", "[[object]] 1 reaches from");
    expect("x_mm = 3", "x_mm = 60", "at 90 degrees");
    expect("x_mm = 3\ny_mm = 1", "x_mm = -2\ny_mm = -1", "[[object]] 1 and 2 overlap");
    expect("height_mm = 40", "height_mm = 40\naxis = [0, 0, 0]", "a direction");
    expect("\"cylinder\"", "\"cylindre\"", "did you mean \"cylinder\"");
    expect("mu_a_per_mm = 0.401", "mu_a_per_mm = -0.4", "mu_a_per_mm is -0.4");
    expect("mu_a_per_mm = 0.401", "mu_a = 0.4", "[[object]] 1 has an unknown key \"mu_a\"");
    expect("[reference]", "[reference]\nmedium = \"clean\"", "did you mean \"clear\"");
}

}  // namespace
}  // namespace firstlight
