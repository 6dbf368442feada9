#include "host/simulation/scene.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/io/images.hpp"
#include "host/simulation/patterns.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

const std::string small_scene = R"(
title = "small"
path = "transmission"
[[layer]]
thickness_mm = 10
refractive_index = 1.33
mu_s_per_mm = 0.2
g = 0.5
[[target]]
z_mm = 4
pattern = "bars"
bar_widths_um = [400, 200]
open = 0.1
closed = 0.9
[source]
kind = "wide"
width_mm = 8
photons_per_pulse = 1000
[detector]
rows = 6
columns = 8
pixel_um = 500
numerical_aperture = 0.2
bins = 32
bin_width_ps = 5
pulses = 1e4
[photon_transport]
photons = 2000
[detector_response]
fwhm_ps = 20
[reference]
filter_transmission = 0.5
)";

std::string with(const std::string& from, const std::string& to) {
    std::string text = small_scene;
    text.replace(text.find(from), from.size(), to);
    return text;
}

std::string refusal(const std::string& text) {
    try {
        (void)parse_scene(text, ".", "a.toml");
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), ExitCode::bad_input);
        return e.what();
    }
    return "not refused";
}

TEST(Scene, is_read_in_the_units_its_keys_name) {
    const SimulationScene s = parse_scene(small_scene, ".", "a.toml");
    EXPECT_EQ(s.title, "small");
    EXPECT_EQ(s.text, small_scene);
    ASSERT_EQ(s.transport.layers.size(), 1U);
    EXPECT_DOUBLE_EQ(s.transport.layers[0].thickness_m, 0.01);
    EXPECT_DOUBLE_EQ(s.transport.layers[0].mu_s_per_m, 200);
    EXPECT_DOUBLE_EQ(s.transport.targets.at(0).z_m, 0.004);
    EXPECT_FLOAT_EQ(s.transport.targets[0].pattern.outside, 0.9F);
    EXPECT_DOUBLE_EQ(s.transport.source.height_m, 0.008);
    EXPECT_DOUBLE_EQ(s.transport.detector.focus_m, 0.005);
    EXPECT_DOUBLE_EQ(s.transport.detector.bin_width_s, 5e-12);
    EXPECT_EQ(s.photons.photons, 2000);
    EXPECT_DOUBLE_EQ(s.response.fwhm_ps, 20);
    EXPECT_DOUBLE_EQ(s.reference_pulses, 1e4);
    EXPECT_DOUBLE_EQ(s.filter_transmission, 0.5);
}

TEST(Scene, names_the_nearest_key_for_one_that_is_unknown) {
    using ::testing::HasSubstr;
    EXPECT_THAT(refusal(with("mu_s_per_mm", "mu_s_per_m")), HasSubstr("did you mean \"mu_s_per_mm\"?"));
    EXPECT_THAT(refusal(with("[source]", "[sauce]")), HasSubstr("source"));
    EXPECT_THAT(refusal(with("fwhm_ps", "fwmh_ps")), HasSubstr("did you mean \"fwhm_ps\"?"));
    EXPECT_THAT(refusal(with("\"wide\"", "\"wyde\"")), HasSubstr("did you mean \"wide\"?"));
    EXPECT_THAT(refusal(with("pattern = \"bars\"", "pattern = \"bar\"")), HasSubstr("did you mean \"bars\"?"));
    // A key of another kind of source is unknown for this one.
    EXPECT_THAT(refusal(with("width_mm = 8", "width_mm = 8\nhalf_angle_deg = 3")), HasSubstr("half_angle_deg"));
    EXPECT_THAT(refusal(with("fwhm_ps = 20", "fwhm_ps = 20\ndead_time_ns = 3")), HasSubstr("no effect"));
}

TEST(Scene, refuses_wrong_values) {
    using ::testing::HasSubstr;
    EXPECT_THAT(refusal("title = "), HasSubstr("line 1"));
    EXPECT_THAT(refusal(with("thickness_mm = 10", "thickness_mm = \"ten\"")), HasSubstr("expected a number"));
    EXPECT_THAT(refusal(with("thickness_mm = 10\n", "")), HasSubstr("thickness_mm is missing"));
    EXPECT_THAT(refusal(with("rows = 6", "rows = 0")), HasSubstr("whole number"));
    EXPECT_THAT(refusal(with("photons = 2000", "photons = 0")), HasSubstr("photons"));
    EXPECT_THAT(refusal(with("pulses = 1e4", "pulses = -1")), HasSubstr("pulses"));
    EXPECT_THAT(refusal(with("[400, 200]", "[400, \"x\"]")), HasSubstr("list of numbers"));
    EXPECT_THAT(refusal(with("[400, 200]", "[400, -200]")), HasSubstr("bar width"));
    EXPECT_THROW(read_scene("/nowhere/at/all.toml"), Error);
}

double area_mm2(const Pattern& p) {
    double sum = 0;
    for (const float v : p.values) sum += static_cast<double>(v);
    return sum * p.pitch_m * p.pitch_m * 1e6;
}

TEST(Patterns, have_their_areas) {
    // Three bars of 1 x 5 widths, upright and lying.
    EXPECT_NEAR(area_mm2(bar_groups({1e-3, 0.5e-3}, 25e-6)), 30 * (1 + 0.25), 1e-3);
    EXPECT_NEAR(area_mm2(disk(2e-3, 10e-6)), M_PI * 4, 0.02);
    EXPECT_NEAR(area_mm2(siemens_star(12, 2e-3, 1e-3, 10e-6)), M_PI * 3 / 2, 0.02);
    EXPECT_NEAR(area_mm2(rectangle(2e-3, 1e-3, 10e-6)), 2, 1e-6);
    EXPECT_EQ(disk(2e-3, 10e-6).outside, 0.0F);
    EXPECT_THROW(disk(1, 1e-6), Error);
    EXPECT_THROW(bar_groups({}, 1e-6), Error);
}

TEST(Patterns, take_a_mask_from_a_png) {
    const auto path = std::filesystem::path(::testing::TempDir()) / "firstlight_mask.png";
    const std::uint16_t gray[] = {0, 65535, 65535, 0, 0, 0};
    write_png_gray16(path, gray, 2, 3, true);
    const Pattern p = png_mask(path, 6e-3);
    EXPECT_EQ(p.rows, 2);
    EXPECT_EQ(p.columns, 3);
    EXPECT_NEAR(p.pitch_m, 2e-3, 1e-12);
    EXPECT_NEAR(p.values[0], 0, 1e-4);
    EXPECT_NEAR(p.values[1], 1, 1e-4);
    std::filesystem::remove(path);
    EXPECT_THROW(png_mask(path, 6e-3), Error);
}

}  // namespace
}  // namespace firstlight
