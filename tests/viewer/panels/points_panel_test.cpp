#include <gtest/gtest.h>

#include <cmath>

#include "host/io/point_cloud.hpp"
#include "tests/viewer/panel_bench.hpp"
#include "viewer/panels/panels.hpp"

namespace firstlight::viewer {
namespace {

Result steps() {
    std::vector<float> depth;
    for (int y = 0; y < 20; ++y)
        for (int x = 0; x < 30; ++x) depth.push_back(x < 15 ? 0.01F : 0.02F);
    return result_of(20, 30, "depth", "m", depth);
}

struct Points : PanelDriver {
    Document& document;
    Points() : PanelDriver(400, 640), document(open(steps())) {
        draw = [this] { draw_points_panel(desk, document); };
        show();
    }
    // The canvas fills the window below the controls.
    [[nodiscard]] double top() const { return 640 - static_cast<double>(desk.points.view().rows); }
    [[nodiscard]] double middle_y() const { return (640 + top()) / 2; }
};

TEST(PointsPanel, the_mouse_turns_moves_and_zooms_and_a_double_click_resets) {
    Points t;
    t.screenshot("points_panel");
    PointsLook& look = t.document.looks.points;
    const PointsLook plain = look;
    t.drag(200, t.middle_y(), 240, t.middle_y() + 20);
    EXPECT_NEAR(look.turn, plain.turn - 40 * 0.008, 1e-6);
    EXPECT_NEAR(look.tilt, plain.tilt + 20 * 0.008, 1e-6);
    t.drag(200, t.middle_y(), 230, t.middle_y() - 15, MouseButton::right);
    const double side = static_cast<double>(std::min(t.desk.points.view().rows, t.desk.points.view().columns));
    EXPECT_NEAR(look.shift_x, 30 / side, 1e-6);
    EXPECT_NEAR(look.shift_y, -15 / side, 1e-6);
    t.window.push_wheel(0, 2);
    t.show();
    EXPECT_NEAR(look.zoom, 1.44, 1e-6);
    t.type(Key::left);
    EXPECT_NEAR(look.turn, plain.turn - 40 * 0.008 + 0.1, 1e-6);
    t.type(Key::home);
    EXPECT_EQ(look, plain);
    look.zoom = 5;
    ImGui::GetIO().MouseDoubleClickTime = 60;  // on a machine that is busy
    for (int i = 0; i < 2; ++i) {
        t.window.push_mouse_button(MouseButton::left, true);
        t.window.push_mouse_button(MouseButton::left, false);
    }
    t.show();
    EXPECT_EQ(look.zoom, 1);
}

TEST(PointsPanel, a_point_is_drawn_where_it_is_seen_in_the_colour_of_its_depth) {
    Points t;
    t.document.looks.points.turn = t.document.looks.points.tilt = 0;
    ToneMap::Params tone;
    tone.colormap = Colormap::gray;
    tone.window = ToneMap::WindowFrom::fixed;
    tone.low = 0;
    tone.high = 0.04;
    t.session.set_tone(t.document, "depth", tone);
    t.show();
    const PointScene& scene = t.desk.points;
    ASSERT_EQ(scene.cloud().places.size(), 600U);
    const ScreenPoint near = scene.view().project({5, 10, 10}), far = scene.view().project({25, 10, 20});
    EXPECT_NEAR(t.pixel(near.x, near.y + t.top())[0], 64, 1);
    EXPECT_NEAR(t.pixel(far.x, far.y + t.top())[1], 128, 1);
    EXPECT_LT(near.x, far.x);
}

TEST(PointsPanel, an_unchanged_frame_makes_nothing_anew) {
    Points t;
    const std::uint64_t number = t.desk.points.number();
    t.window.push_mouse_move(3, 3);
    t.show();
    EXPECT_EQ(t.desk.points.number(), number);
    t.document.looks.points.stretch = 2;
    t.show();
    EXPECT_EQ(t.desk.points.number(), number + 1);
}

TEST(PointsPanel, what_is_missing_is_said) {
    PanelDriver t;
    Document& counts = t.open(result_of(1, 1, "ballistic", "counts", {1}));
    t.draw = [&] { draw_points_panel(t.desk, counts); };
    t.show();
    EXPECT_EQ(t.desk.points.why_not(), "no depth layer: recipe depth makes one, from a scan seen in reflection");
    Result no_lengths = steps();
    no_lengths.images.x = index_axis("x", "x", 30);
    Document& indices = t.open(no_lengths, "b.result.h5");
    t.draw = [&] { draw_points_panel(t.desk, indices); };
    t.show();
    EXPECT_TRUE(t.desk.points.needs_pixel_size());
    indices.looks.points.pixel_mm = 0.5;
    t.show();
    EXPECT_EQ(t.desk.points.why_not(), "");
    EXPECT_FLOAT_EQ(t.desk.points.cloud().high[0], 29 * 0.5F);
}

}  // namespace
}  // namespace firstlight::viewer
