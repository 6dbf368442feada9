#include "host/simulation/gated_camera.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "host/simulation/simulate.hpp"
#include "kernels/support/error.hpp"
#include "kernels/support/parallel_for.hpp"
#include "kernels/support/response.hpp"
#include "tests/host/simulation/example_scene.hpp"

namespace firstlight {
namespace {

constexpr double ps = 1e-12;

const std::string gates = R"([gates]
start_ps = 320
step_ps = 20
number = 12
width_ps = 60
exposure = [1, 1, 1, 1, 2, 2, 2, 2, 1, 1, 0.5, 0.5]
[photon_transport])";

// No scattering, so that every frame is known in closed form.
std::string gated_scene() {
    std::string text = with(example_scene, "mu_s_per_mm = 0.029", "mu_s_per_mm = 0");
    text = with(text, "photons = 200000", "photons = 1000");
    text = with(text, "first_photon", "poisson");
    text = with(text, "photons_per_pulse = 4e4", "photons_per_pulse = 4e2");
    text = with(text, "bins = 80\nbin_width_ps = 10", "bins = 400\nbin_width_ps = 2");
    text = with(text, "[detector]", "[detector]\ncounts = \"u4\"");
    text = with(text, "[source]", "[source]\nrepetition_rate_mhz = 1");
    return with(text, "[photon_transport]", gates);
}

SimulatedScan made_of(const std::string& text, int threads = 2) {
    const SimulationScene scene = parse_scene(text, ".", "gated.toml");
    const auto queue = open_cpu_queue(1);
    SimulatedScan made;
    with_threads(threads, [&] { made = simulate(scene, *queue, {}); });
    return made;
}

TEST(GatedCamera, frames_hold_the_light_that_passes_the_gate) {
    const SimulatedScan s = made_of(gated_scene());
    ASSERT_EQ(s.scan.kind, ScanKind::gated);
    ASSERT_EQ(s.scan.bins, 12);
    const std::vector<double>& exposure = s.scan.gates.exposure_s;
    EXPECT_DOUBLE_EQ(exposure[4], 2 * 1e5 / 1e6);
    EXPECT_DOUBLE_EQ(s.scan.pulses[0], 1e5 * 15 / 12);
    // A pulse of 50 ps through a Gaussian gate of 60 ps, both FWHM.
    const double light = 4e2 / 400 * std::exp(-0.1);  // on an open pixel, per pulse
    const double width =
        std::sqrt(50 * 50 + 60 * 60 + 8 * std::log(2.0) * 2 * 2 / 12);  // light is even in bins of 2 ps
    const double arrival_ps = 1.33 * 0.1 / 299792458.0 / ps;
    double worst = 0, chi2 = 0;
    for (std::size_t g = 0; g < 12; ++g) {
        const double x = (320 + 20 * static_cast<double>(g) - arrival_ps) / width;
        const double seen = light * 60 / width * std::exp(-4 * std::log(2.0) * x * x);
        const double expected = 60 * (1e6 * exposure[g] * seen + 100 * exposure[g]);  // 60 open pixels
        double sum = 0;
        for (std::size_t p = 0; p < 120; ++p)
            if (p % 10 >= 5) sum += s.counts[p * 12 + g];
        worst = std::max(worst, std::abs(sum - expected) / std::sqrt(expected));
        chi2 += (sum - expected) * (sum - expected) / expected;
    }
    EXPECT_LT(worst, 4);
    EXPECT_LT(chi2, 12 * 2.5);
    // The response in the file is that Gaussian.
    const double step = s.scan.irf.time_s[1] - s.scan.irf.time_s[0];
    EXPECT_NEAR(full_width_at_half_maximum(s.scan.irf.values) * step / ps, width, 0.4);
    // In all gates of an even sweep of the mean exposure: the area under the gate over the step, 20 ps.
    const double area = light * 60 / width * width * 1.0644670194312262;
    EXPECT_NEAR(s.ballistic[7], area / 20 * s.scan.pulses[0], 5e-3 * s.ballistic[7]);
}

TEST(GatedCamera, counts_end_at_full_well_and_bit_depth) {
    const std::string text = with(gated_scene(), "width_ps = 60", "width_ps = 60\nbit_depth = 10");
    const SimulatedScan s = made_of(text);
    EXPECT_EQ(s.scan.gates.saturation_count, 1023);
    EXPECT_EQ(*std::max_element(s.counts.begin(), s.counts.end()), 1023U);
    const SimulatedScan well = made_of(with(text, "bit_depth = 10", "bit_depth = 10\nfull_well = 700"));
    EXPECT_EQ(well.scan.gates.saturation_count, 700);
    EXPECT_EQ(*std::max_element(well.counts.begin(), well.counts.end()), 700U);
}

TEST(GatedCamera, the_same_scene_gives_the_same_frames_on_any_number_of_threads) {
    const SimulatedScan one = made_of(gated_scene(), 1), three = made_of(gated_scene(), 3);
    EXPECT_EQ(one.counts, three.counts);
    EXPECT_EQ(one.reference_counts, three.reference_counts);
    EXPECT_NE(one.counts, one.reference_counts);
}

TEST(GateShape, is_what_its_parameters_say) {
    GatedCamera camera;
    camera.width_s = 100 * ps;
    camera.shape = GatedCamera::Shape::rectangle;
    camera.rise_s = 10 * ps;
    const GateShape rectangle(camera);
    EXPECT_NEAR(rectangle.at(0), 0.5, 1e-3);
    EXPECT_NEAR(rectangle.at(5 * ps) - rectangle.at(-5 * ps), 0.8, 2e-3);
    EXPECT_NEAR(rectangle.at(50 * ps), 1, 1e-6);
    EXPECT_EQ(rectangle.at(200 * ps), 0);
    EXPECT_NEAR(rectangle.mean(-50 * ps, 150 * ps), 0.5, 1e-4);
    camera.shape = GatedCamera::Shape::kerr;
    camera.decay_s = 200 * ps;
    camera.decay_share = 0.5;
    const GateShape kerr(camera);
    EXPECT_NEAR(kerr.at(700 * ps) / kerr.at(500 * ps), std::exp(-1), 1e-3);
    EXPECT_LT(kerr.at(-200 * ps), 1e-3);
}

TEST(GatedCamera, refuses_what_cannot_be) {
    const auto expect = [](const std::string& text, const std::string& said) {
        ASSERT_FALSE(text.empty());
        try {
            (void)parse_scene(text, ".", "gated.toml");
            ADD_FAILURE() << "accepted, expected: " << said;
        } catch (const Error& e) {
            EXPECT_EQ(e.code(), ExitCode::bad_input);
            EXPECT_NE(std::string(e.what()).find(said), std::string::npos) << e.what();
        }
    };
    const std::string scene = gated_scene();
    expect(with(scene, "repetition_rate_mhz = 1", ""), "repetition_rate_mhz is missing");
    expect(with(scene, "\"poisson\"", "\"first_photon\""), "set statistics = \"poisson\"");
    expect(with(scene, "number = 12", "number = 1"), "1 gate");
    expect(with(scene, "step_ps = 20", "step_ps = -20"), "gate_delay does not increase");
    expect(with(scene, "exposure = [1, 1,", "exposure = [0, 1,"), "exposure is 0 at gate 0");
    expect(with(scene, "exposure = [1, 1,", "exposure = [1,"), "exposure has 11 values");
    expect(with(scene, "width_ps = 60", "width_ps = 60\nwidht = 2"), "widht");
}

}  // namespace
}  // namespace firstlight
