#include "host/simulation/scene.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "host/simulation/patterns.hpp"
#include "kernels/support/error.hpp"
#include "tests/host/simulation/example_scene.hpp"

namespace firstlight {
namespace {

SimulationScene parse(const std::string& text) { return parse_scene(text, ".", "half.toml"); }

std::string complaint(const std::string& text) {
    try {
        parse(text);
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), ExitCode::bad_input);
        return e.what();
    }
    return "none";
}

void expect_named(const std::string& from, const std::string& to, const std::string& named) {
    const std::string said = complaint(with(example_scene, from, to));
    EXPECT_NE(said.find(named), std::string::npos) << said;
    EXPECT_NE(said.find("half.toml"), std::string::npos) << said;
}

TEST(Scene, is_read_in_si_units) {
    const SimulationScene s = parse(example_scene);
    EXPECT_EQ(s.title, "Half plane");
    EXPECT_EQ(s.text, example_scene);
    ASSERT_EQ(s.transport.layers.size(), 1U);
    EXPECT_DOUBLE_EQ(s.transport.layers[0].thickness_m, 0.1);
    EXPECT_DOUBLE_EQ(s.transport.layers[0].mu_s_per_m, 29);
    EXPECT_DOUBLE_EQ(s.transport.layers[0].mu_a_per_m, 1);
    ASSERT_EQ(s.transport.targets.size(), 1U);
    EXPECT_DOUBLE_EQ(s.transport.targets[0].z_m, 0.05);
    EXPECT_FALSE(s.transport.targets[0].reflects);
    EXPECT_DOUBLE_EQ(s.transport.source.width_m, 0.02);
    EXPECT_DOUBLE_EQ(s.transport.source.height_m, 0.02);
    const SceneDetector& d = s.transport.detector;
    EXPECT_DOUBLE_EQ(d.pitch_m, 1e-3);
    EXPECT_DOUBLE_EQ(d.focus_m, 0.05);
    EXPECT_DOUBLE_EQ(d.bin_width_s, 10e-12);
    EXPECT_DOUBLE_EQ(d.first_edge_s, 200e-12);
    EXPECT_EQ(d.side, DetectorSide::exit_face);
    EXPECT_EQ(s.photons.photons, 200000);
    EXPECT_EQ(s.response.seed, 3);
    EXPECT_EQ(s.response.statistics, DetectorResponse::Statistics::first_photon);
    EXPECT_TRUE(s.has_reference);
    EXPECT_DOUBLE_EQ(s.filter_transmission, 0.05);
}

TEST(Scene, names_the_key_that_was_meant) {
    expect_named("refractive_index", "refractive_indx", "refractive_index");
    expect_named("dark_rate_hz", "dark_rate", "dark_rate_hz");
    expect_named("[reference]", "[refernce]", "reference");
    expect_named("numerical_aperture = 0.01", "numerical_aperture = 0.01\nfocus = 3", "focus_mm");
    expect_named("title", "titel", "title");
}

TEST(Scene, refuses_what_cannot_be) {
    expect_named("pulses = 1e5", "pulses = -1", "pulses");
    expect_named("\"rectangle\"", "\"rectangel\"", "rectangle");
    expect_named("\"first_photon\"", "\"first_foton\"", "first_photon");
    expect_named("bins = 80", "bins = \"many\"", "bins");
    expect_named("[source]", "[source", "TOML");
    EXPECT_THROW(read_scene("no/such/scene.toml"), Error);
}

TEST(Scene, examples_that_come_with_the_program_are_right) {
    int found = 0;
    for (const auto& entry : std::filesystem::directory_iterator(FIRSTLIGHT_SOURCE_DIR "/sample_data"))
        if (entry.path().extension() == ".toml") {
            const SimulationScene s = read_scene(entry.path());
            EXPECT_FALSE(s.title.empty()) << entry.path();
            ++found;
        }
    EXPECT_GE(found, 1);
}

double open_share(const Pattern& p) {
    double sum = 0;
    for (const float v : p.values) sum += static_cast<double>(v) / static_cast<double>(p.values.size());
    return sum;
}

TEST(Patterns, have_the_areas_of_what_they_show) {
    const double pi = 3.14159265358979;
    EXPECT_NEAR(open_share(disk(5e-3, 0.05e-3)), pi / 4, 2e-3);
    EXPECT_NEAR(open_share(siemens_star(12, 5e-3, 0, 0.05e-3)), pi / 8, 4e-3);  // spokes narrower than a cell
    EXPECT_NEAR(open_share(rectangle(4e-3, 2e-3, 0.1e-3)), 1, 1e-6);
    const Pattern r = rectangle(4e-3, 2e-3, 0.1e-3);
    EXPECT_EQ(r.columns, 2 * r.rows);
    // Six bars, one width by five widths each.
    const Pattern bars = bar_groups({1e-3}, 0.1e-3);
    EXPECT_NEAR(open_share(bars) * static_cast<double>(bars.rows * bars.columns) * 0.01, 6 * 5, 0.5);
}

}  // namespace
}  // namespace firstlight
