#include "host/simulation/simulate.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "host/simulation/lost_light.hpp"
#include "kernels/support/error.hpp"
#include "kernels/support/parallel_for.hpp"
#include "tests/host/simulation/example_scene.hpp"

namespace firstlight {
namespace {

SimulatedScan made_of(const std::string& text, int threads = 2) {
    const SimulationScene scene = parse_scene(text, ".", "half.toml");
    const auto queue = open_cpu_queue(1);
    SimulatedScan made;
    with_threads(threads, [&] { made = simulate(scene, *queue, {}); });
    return made;
}

double counts_of(const std::vector<std::uint32_t>& counts, std::size_t pixel, std::size_t bins) {
    double sum = 0;
    for (std::size_t i = 0; i < bins; ++i) sum += counts[pixel * bins + i];
    return sum;
}

TEST(Simulate, absorbed_light_follows_beer_and_lambert) {
    // No scattering: all that arrives is unscattered, and every open pixel expects the same.
    std::string text = with(example_scene, "mu_s_per_mm = 0.029", "mu_s_per_mm = 0");
    text = with(text, "mu_a_per_mm = 0.001", "mu_a_per_mm = 0.06");
    text = with(text, "dark_rate_hz = 100", "dark_rate_hz = 0");
    text = with(text, "first_photon", "poisson");
    const SimulatedScan s = made_of(text);
    const double open = 4e4 / 400 * std::exp(-6.0) * 1e5;  // photons on a pixel, e^-OD, pulses
    for (std::size_t p = 0; p < 120; ++p) {
        const bool is_open = p % 10 >= 5;
        const double expected = is_open ? open : 0.0;
        EXPECT_NEAR(s.transmission[p], is_open ? 1 : 0, 1e-5);
        EXPECT_NEAR(s.ballistic[p], expected, 1e-4 * open);
        if (is_open) {
            EXPECT_NEAR(s.optical_depth[p], 6, 1e-4);
        }
        EXPECT_NEAR(counts_of(s.counts, p, 80), expected, 4.5 * std::sqrt(expected)) << p;
        const double reference = 4e4 / 400 * 1e4 * 0.05;
        EXPECT_NEAR(counts_of(s.reference_counts, p, 80), reference, 4.5 * std::sqrt(reference)) << p;
    }
    // All pixels together, three standard deviations.
    double sum = 0;
    for (std::size_t p = 0; p < 120; ++p) sum += counts_of(s.counts, p, 80);
    EXPECT_NEAR(sum, 60 * open, 3 * std::sqrt(60 * open));
}

TEST(Simulate, unscattered_light_of_a_scattering_cell_is_what_the_optical_depth_leaves) {
    const SimulatedScan s = made_of(with(with(example_scene, "first_photon", "poisson"), "dark_rate_hz = 100", ""));
    const double open = 4e4 / 400 * std::exp(-3.0) * 1e5;
    double gate = 0;
    double spread = 0;
    for (std::size_t p = 0; p < 120; ++p) {
        if (p % 10 < 5) continue;
        EXPECT_NEAR(s.ballistic[p], open, 1e-4 * open);
        EXPECT_NEAR(s.optical_depth[p], 3, 1e-4);
        spread += 1;
        // Bins up to the arrival hold half of the unscattered light, and hardly any other.
        const double arrival = s.scan.bin_of(*s.scan.arrival_s);
        for (std::size_t i = 0; i < 80; ++i) {
            const double share = std::min(1.0, std::max(0.0, arrival - static_cast<double>(i)));
            gate += share * s.counts[p * 80 + i];
        }
    }
    EXPECT_NEAR(gate, 0.5 * spread * open, 0.05 * spread * open);
    EXPECT_NEAR(*s.scan.arrival_s, 0.1 * 1.33 / 299792458.0, 1e-15);
    EXPECT_NEAR(*s.scan.medium.mu_s_prime_per_m, 29 * 0.2, 1e-9);
}

TEST(Simulate, makes_the_same_counts_on_any_number_of_threads) {
    const SimulatedScan one = made_of(example_scene, 1);
    const SimulatedScan two = made_of(example_scene, 2);
    EXPECT_EQ(one.counts, two.counts);
    EXPECT_EQ(one.reference_counts, two.reference_counts);
    EXPECT_EQ(one.ballistic, two.ballistic);
    EXPECT_EQ(one.scatter_order, two.scatter_order);
    const SimulatedScan other =
        made_of(with(example_scene, "[detector_response]\nseed = 3", "[detector_response]\nseed = 4"));
    EXPECT_NE(one.counts, other.counts);
}

TEST(Simulate, says_what_the_scan_cannot_show) {
    const SimulatedScan s = made_of(example_scene);
    EXPECT_TRUE(s.warnings.empty());
    const SimulatedScan late = made_of(with(example_scene, "first_edge_ps = 200", "first_edge_ps = 1e5"));
    ASSERT_EQ(late.warnings.size(), 1U);
    EXPECT_NE(late.warnings[0].find("unscattered light arrives until 443.6 ps"), std::string::npos) << late.warnings[0];
    Scan scan = s.scan;
    scan.type = CountType::u1;
    EXPECT_EQ(counts_cut(scan, {255, 0, 3}), "");
    EXPECT_NE(counts_cut(scan, {256, 70000, 255})
                  .find("2 of 3 bins hold more counts than their type can and were cut "
                        "to 255"),
              std::string::npos);
    scan.type = CountType::u2;
    EXPECT_NE(counts_cut(scan, {256, 70000, 255}).find("1 of 3 bins"), std::string::npos);
    scan.type = CountType::u4;
    EXPECT_EQ(counts_cut(scan, {256, 70000, 255}), "");
}

TEST(Simulate, finds_the_depth_of_what_reflects) {
    std::string text = with(example_scene, "\"transmission\"", "\"reflection\"");
    text = with(text, "[[target]]", "[[target]]\nkind = \"reflection\"\nreflectivity = 0.5");
    text = with(text, "first_edge_ps = 200", "first_edge_ps = 100\nfocus_mm = 50");
    text = with(text, "photons_per_pulse = 4e4", "photons_per_pulse = 4e7");
    const SimulatedScan s = made_of(text);
    EXPECT_EQ(s.scan.path, LightPath::reflection);
    EXPECT_NEAR(*s.scan.arrival_s, 2 * 0.05 * 1.33 / 299792458.0, 1e-13);
    for (std::size_t p = 0; p < 120; ++p) {
        if (p % 10 < 5) {
            EXPECT_TRUE(std::isnan(s.depth_m[p])) << p;
            EXPECT_EQ(s.ballistic[p], 0) << p;
            continue;
        }
        EXPECT_DOUBLE_EQ(s.depth_m[p], 0.05);
        EXPECT_NEAR(s.transmission[p], 0.5, 1e-3);
        // Half of the light, there and back through 50 mm, of Lambert's cone the part within the aperture.
        const double cone = std::pow(0.01 / 1.33, 2);
        EXPECT_NEAR(s.ballistic[p] / (4e7 / 400 * 1e5 * 0.5 * std::exp(-3.0) * cone), 1, 2e-3);
    }
}

TEST(Simulate, stops_when_it_is_told_to) {
    const SimulationScene scene = parse_scene(example_scene, ".", "half.toml");
    const auto queue = open_cpu_queue(1);
    try {
        (void)simulate(scene, *queue, [](double) { return false; });
        FAIL();
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), ExitCode::interrupted);
    }
}

}  // namespace
}  // namespace firstlight
