#include "host/simulation/simulate.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <numeric>

#include "kernels/support/error.hpp"
#include "kernels/support/parallel_for.hpp"

namespace firstlight {
namespace {

SimulationScene scene_of(const std::string& more, const std::string& path = "transmission") {
    return parse_scene("path = \"" + path + R"("
[[layer]]
thickness_mm = 20
refractive_index = 1.5
mu_s_per_mm = 0.15
mu_a_per_mm = 0.01
g = 0.4
[source]
width_mm = 10
photons_per_pulse = 1e5
[detector]
rows = 8
columns = 10
pixel_um = 500
numerical_aperture = 0.1
bins = 64
bin_width_ps = 10
efficiency = 0.5
pulses = 2e4
[photon_transport]
photons = 50000
[detector_response]
statistics = "poisson"
fwhm_ps = 30
)" + more,
                       ".", "a.toml");
}

double sum_of(const std::vector<std::uint32_t>& v) { return std::accumulate(v.begin(), v.end(), 0.0); }

TEST(Simulate, counts_agree_with_the_truth_it_writes) {
    const auto scene = scene_of("[reference]\npulses = 1e4\nfilter_transmission = 0.1\n");
    auto queue = open_cpu_queue(1);
    const SimulatedScan s = simulate(scene, *queue, {});
    EXPECT_EQ(s.scan.rows, 8);
    EXPECT_EQ(s.scan.columns, 10);
    EXPECT_NEAR(*s.scan.arrival_s, 1.5 * 0.02 / 299'792'458.0, 1e-18);
    // Pixel area over source area, times e^-OD, times photons and efficiency.
    const double expected = 0.0025 * std::exp(-3.2) * 1e5 * 0.5 * 2e4;
    for (std::size_t p = 0; p < 80; ++p) {
        EXPECT_NEAR(s.ballistic[p] / expected, 1, 1e-4);
        EXPECT_NEAR(s.optical_depth[p], 3.2, 1e-4);
        EXPECT_NEAR(s.transmission[p], 1, 1e-6);
    }
    const double scattered = std::accumulate(s.scatter_order.begin(), s.scatter_order.end(), 0.0);
    EXPECT_GT(scattered, 0);
    // scatter_order counts light beside the pixels too, so the scan holds at most that and the unscattered light.
    EXPECT_GT(sum_of(s.counts), 80 * expected * 0.999);
    EXPECT_LT(sum_of(s.counts), 80 * expected + scattered + 4 * std::sqrt(80 * expected));
    const double reference = 80 * 0.0025 * 1e5 * 0.5 * 1e4 * 0.1;
    EXPECT_NEAR(sum_of(s.reference_counts), reference, 4 * std::sqrt(reference));
    EXPECT_TRUE(s.scan.has_reference);
    EXPECT_DOUBLE_EQ(s.scan.reference_pulses_at(0, 3), 1e4);
    EXPECT_NEAR(*s.scan.medium.mu_s_prime_per_m, 90, 1e-9);
    EXPECT_EQ(as_cube(s.scan, s.counts).counts.size(), s.counts.size() * 2);
}

TEST(Simulate, puts_reflecting_targets_at_their_depths) {
    const auto scene = scene_of(R"(
[[target]]
kind = "reflection"
z_mm = 5
pattern = "rectangle"
width_mm = 2.5
height_mm = 10
x_mm = 1.25
reflectivity = 0.5
[[target]]
kind = "reflection"
z_mm = 15
pattern = "rectangle"
width_mm = 10
height_mm = 10
[reference]
)",
                                "reflection");
    auto queue = open_cpu_queue(1);
    const SimulatedScan s = simulate(scene, *queue, {});
    for (std::size_t p = 0; p < 80; ++p) {
        if (p % 10 == 4 || p % 10 == 5) continue;  // the edge is out of focus
        const bool near = p % 10 > 5;
        EXPECT_NEAR(s.depth_m[p], near ? 0.005 : 0.015, 1e-9);
        const double depth = near ? 2 * 0.16 * 5 - std::log(0.5) : 2 * 0.16 * 15;
        EXPECT_NEAR(s.optical_depth[p], depth, 0.02) << p;  // slanted return paths are longer by up to 0.2 %
    }
    EXPECT_NEAR(*s.scan.arrival_s, 2 * 1.5 * 0.005 / 299'792'458.0, 1e-14);
}

TEST(Simulate, gives_the_same_counts_on_any_number_of_threads) {
    const auto scene = scene_of("");
    auto queue = open_cpu_queue(1);
    SimulatedScan one, two;
    with_threads(1, [&] { one = simulate(scene, *queue, {}); });
    with_threads(2, [&] { two = simulate(scene, *queue, {}); });
    EXPECT_EQ(one.counts, two.counts);
    EXPECT_EQ(one.scatter_order, two.scatter_order);
    EXPECT_TRUE(one.reference_counts.empty());
}

TEST(Simulate, stops_when_told_to) {
    auto queue = open_cpu_queue(1);
    EXPECT_THROW(simulate(scene_of(""), *queue, [](double) { return false; }), Error);
}

TEST(Simulate, sample_scenes_can_be_read) {
    int scenes = 0;
    for (const auto& file :
         std::filesystem::directory_iterator(std::filesystem::path(FIRSTLIGHT_SOURCE_DIR) / "sample_data"))
        if (file.path().extension() == ".toml") {
            const SimulationScene scene = read_scene(file.path());
            EXPECT_FALSE(scene.title.empty());
            EXPECT_TRUE(scene.has_reference);
            ++scenes;
        }
    EXPECT_EQ(scenes, 3);
}

}  // namespace
}  // namespace firstlight
