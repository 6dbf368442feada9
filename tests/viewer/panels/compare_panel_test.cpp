#include <gtest/gtest.h>

#include <cmath>

#include "tests/viewer/panel_bench.hpp"
#include "viewer/panels/panels.hpp"

namespace firstlight::viewer {
namespace {

constexpr int side = 400;

struct Compared : PanelDriver {
    ImageGeometry geometry;
    bool drawn = false;
    Compared(std::vector<float> a, std::vector<float> b) : PanelDriver(side, side) {
        open(result_of(2, 2, "ballistic", "counts", std::move(a)), "a.result.h5");
        open(result_of(2, 2, "ballistic", "counts", std::move(b)), "b.result.h5");
        session.show(0);
        ToneMap::Params tone;
        tone.colormap = Colormap::gray;
        tone.window = ToneMap::WindowFrom::fixed;
        tone.low = 0;
        tone.high = 255;
        session.set_tone(*session.current(), "ballistic", tone);
        session.comparison().first = 0;
        session.comparison().second = 1;
        geometry = geometry_of({}, {2, 2, 1e-3, 1e-3}, {0, 0, side, side});
        draw = [this] {
            ImGui::SetCursorScreenPos(ImVec2(0, 0));
            ImGui::InvisibleButton("canvas", ImVec2(side, side));
            holds = take_divider(desk, geometry);
            drawn = draw_compare_image(desk, geometry);
        };
        show();
    }
    bool holds = false;
    // In the middle of image pixel (y, x), a little below, where no letters are.
    [[nodiscard]] std::array<std::uint8_t, 3> at(double y, double x) {
        const Place p = geometry.to_screen({x + 0.5, y + 0.6});
        return pixel(p.x, p.y);
    }
};

TEST(ComparePanel, flip_shows_one_of_both_in_the_same_colours) {
    Compared t({10, 20, 30, 40}, {50, 60, 70, 80});
    ASSERT_TRUE(t.drawn);
    EXPECT_EQ(t.at(1, 1)[0], 40);
    t.type(Key::b);
    EXPECT_EQ(t.at(1, 1)[0], 80);
    EXPECT_EQ(t.at(0, 0)[1], 50);
    t.type(Key::b);
    EXPECT_EQ(t.at(1, 1)[0], 40);
}

TEST(ComparePanel, a_divider_parts_both_and_is_dragged) {
    Compared t({10, 20, 30, 40}, {50, 60, 70, 80});
    t.session.comparison().how = Comparison::How::split;
    t.show();
    EXPECT_EQ(t.at(1, 0)[0], 30);
    EXPECT_EQ(t.at(1, 1)[0], 80);
    const Place low = t.geometry.to_screen({0, 0}), high = t.geometry.to_screen({2, 2});
    const double width = high.x - low.x, middle = (low.x + high.x) / 2;
    t.drag(middle, 300, low.x + 0.9 * width, 300);
    EXPECT_NEAR(t.session.comparison().split, 0.9, 0.01);
    EXPECT_EQ(t.at(1, 1)[0], 40) << "A now";
    t.drag(low.x + 0.2 * width, 300, low.x + 0.4 * width, 300);
    EXPECT_NEAR(t.session.comparison().split, 0.9, 0.01) << "away from the divider nothing is held";
}

TEST(ComparePanel, a_difference_is_signed_and_figures_are_right) {
    Compared t({10, 20, 30, 48}, {10, 24, 22, 40});
    t.session.comparison().how = Comparison::How::difference;
    t.show();
    const auto zero = t.at(0, 0), less = t.at(0, 1), more = t.at(1, 1);
    EXPECT_EQ(zero, (std::array<std::uint8_t, 3>{221, 221, 221}));
    EXPECT_GT(less[2], less[0]);
    EXPECT_EQ(more, (std::array<std::uint8_t, 3>{180, 4, 38}));
    const DifferenceFigures& f = t.desk.compared.figures();
    EXPECT_EQ(f.pixels, 4);
    EXPECT_DOUBLE_EQ(f.mean, 3);
    EXPECT_DOUBLE_EQ(f.rms, 6);
    t.session.comparison().relative = true;
    t.show();
    EXPECT_FLOAT_EQ(t.desk.compared.difference()[3], 0.2F);
}

TEST(ComparePanel, what_cannot_be_compared_is_not_drawn_but_said) {
    Compared t({1, 2, 3, 4}, {5, 6, 7, 8});
    t.open(result_of(1, 4, "ballistic", "counts", {1, 2, 3, 4}), "wide.result.h5");
    t.session.show(0);
    t.session.comparison().second = 2;
    t.show();
    EXPECT_FALSE(t.drawn);
    EXPECT_EQ(t.desk.compared.why_not(), "sizes differ: a.result.h5 has 2 x 2 pixels, wide.result.h5 has 4 x 1");
    t.session.comparison() = {};
    t.show();
    EXPECT_FALSE(t.desk.compared.is_on());
    EXPECT_FALSE(t.drawn);
}

TEST(ComparePanel, another_file_is_shown_as_it_is) {
    Compared t({1, 2, 3, 4}, {5, 6, 7, 8});
    t.open(result_of(2, 2, "ballistic", "counts", {1, 2, 3, 4}), "c.result.h5");
    t.show();
    EXPECT_FALSE(t.drawn);
    t.session.show(1);
    t.show();
    EXPECT_TRUE(t.drawn);
    t.session.close(1);
    t.show();
    EXPECT_FALSE(t.session.comparison().is_on());
    EXPECT_FALSE(t.drawn);
}

TEST(ComparePanel, a_simulated_scan_is_compared_with_its_truth) {
    PanelDriver t(400, 700);
    t.session.open(sample("star.h5"));
    settle(t.session);
    Document& star = *t.session.current();
    ASSERT_NE(star.truth, nullptr);
    t.session.comparison().first = 0;
    t.session.comparison().with_truth = true;
    t.draw = [&] { draw_compare_panel(t.desk); };
    t.show();
    t.screenshot("compare_panel_truth");
    EXPECT_EQ(t.desk.compared.why_not(), "");
    EXPECT_GT(t.desk.compared.figures().pixels, 1000);
    EXPECT_GT(t.desk.compared.figures().ncc, 0.5);
    const merits::Comparison& truth = t.desk.compared.truth_figures();
    EXPECT_TRUE(std::any_of(truth.figures.begin(), truth.figures.end(),
                            [](const merits::Figure& f) { return f.key == "cnr_gated" && f.value > 0; }));
}

TEST(ComparePanel, figures_and_choices_are_in_the_panel) {
    Compared t({10, 20, 30, 48}, {10, 24, 22, 40});
    t.draw = [&] { draw_compare_panel(t.desk); };
    t.session.comparison().how = Comparison::How::difference;
    t.show();
    t.screenshot("compare_panel");
    EXPECT_TRUE(t.desk.compared.is_on());
}

}  // namespace
}  // namespace firstlight::viewer
