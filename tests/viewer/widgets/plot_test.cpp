#include "viewer/widgets/plot.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <limits>
#include <vector>

#include "tests/viewer/offscreen.hpp"
#include "viewer/widgets/plot_curve.hpp"

namespace firstlight::viewer {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

class PlotDrawing : public OffscreenTest {
  protected:
    // A plot of 600 x 380 points with a line that can be dragged.
    void show() {
        frames([&] {
            ImGui::SetCursorPos({20, 10});
            Plot plot("plot", {600, 380}, range, {.x_title = "time (ps)", .y_title = "counts", .x_unit = "ps"});
            plot.steps("counts", Samples::regular(0, 10, counts.size() + 1), Samples(counts), IM_COL32(255, 0, 0, 255),
                       1, 1);
            changed += plot.drag_line_x("low", low, IM_COL32(0, 255, 0, 255), "low", 10) ? 1 : 0;
            changed_other += plot.drag_line_x("high", high, IM_COL32(0, 255, 0, 255), "high", 10) ? 1 : 0;
            clicked = clicked || plot.clicked();
            right_clicked = right_clicked || plot.right_clicked();
            corner = plot.data_top_left();
            opposite = plot.data_bottom_right();
            to_screen = [map = mapping_of(range, {corner, opposite}, 0.5)](double x, double y) {
                return ImVec2(static_cast<float>(map.screen_x(x)), static_cast<float>(map.screen_y(y)));
            };
            mouse = {plot.mouse_x(), plot.mouse_y()};
        });
    }
    void drag(MouseButton button, ImVec2 from, ImVec2 to) {
        window->push_mouse_move(from.x, from.y);
        window->push_mouse_button(button, true);
        window->push_mouse_move((from.x + to.x) / 2, (from.y + to.y) / 2);
        window->push_mouse_move(to.x, to.y);
        window->push_mouse_button(button, false);
        show();
    }
    void click(ImVec2 at, MouseButton button = MouseButton::left) {
        window->push_mouse_move(at.x, at.y);
        window->push_mouse_button(button, true);
        window->push_mouse_button(button, false);
        show();
    }
    double per_pixel() const { return (range.x_high - range.x_low) / static_cast<double>(opposite.x - corner.x); }

    std::vector<int> counts = std::vector<int>(100, 50);
    PlotRange range;
    double low = 300, high = 600;
    int changed = 0, changed_other = 0;
    bool clicked = false, right_clicked = false;
    ImVec2 corner, opposite;
    std::function<ImVec2(double, double)> to_screen;
    std::pair<double, double> mouse;
};

TEST_F(PlotDrawing, FollowsTheData) {
    counts[40] = 200;
    show();
    EXPECT_EQ(range.x_low, 0);
    EXPECT_EQ(range.x_high, 1000);
    EXPECT_EQ(range.y_low, 0);
    EXPECT_NEAR(range.y_high, 200 + 0.1 * 150, 1e-9);
    const Pixels shown = window->pixels();
    const ImVec2 inside = to_screen(155, 25), above = to_screen(155, 100), peak = to_screen(405, 150);
    const auto at = [&](ImVec2 p) { return shown.at(std::lround(p.y), std::lround(p.x)); };
    EXPECT_EQ(at(inside), (Rgb{255, 0, 0}));
    EXPECT_NE(at(above), (Rgb{255, 0, 0}));
    EXPECT_EQ(at(peak), (Rgb{255, 0, 0}));
}

TEST_F(PlotDrawing, DraggingALineMovesItExactly) {
    show();
    const ImVec2 start = to_screen(300, 30);
    const ImVec2 from{std::round(start.x) + 3, std::round(start.y)};  // beside the line, but within reach
    drag(MouseButton::left, from, {from.x + 110, from.y + 40});
    EXPECT_GT(changed, 0);
    EXPECT_EQ(changed_other, 0);
    EXPECT_NEAR(low, 300 + 110 * per_pixel(), 1e-9);
    EXPECT_EQ(high, 600);
    EXPECT_TRUE(range.follow_x && range.follow_y) << "the view did not move";
    click(to_screen(low, 20));
    EXPECT_NEAR(low, 300 + 110 * per_pixel(), 1e-9) << "a click is no move";
}

TEST_F(PlotDrawing, TheNearerLineIsTaken) {
    high = 304;
    show();
    const ImVec2 at = to_screen(304, 30);
    drag(MouseButton::left, {std::round(at.x) + 1, at.y}, {std::round(at.x) + 51, at.y});
    EXPECT_EQ(low, 300);
    EXPECT_NEAR(high, 304 + 50 * per_pixel(), 1e-9);
}

TEST_F(PlotDrawing, ArrowKeysMoveTheLineThatWasGrabbed) {
    show();
    const auto type = [&](Key key, Modifiers modifiers = {}) {
        window->push_key(key, true, modifiers);
        window->push_key(key, false, modifiers);
        show();
    };
    type(Key::right);
    EXPECT_EQ(low, 300) << "none was grabbed";
    click(to_screen(300, 30));
    type(Key::right);
    EXPECT_EQ(low, 310);
    type(Key::left, {.shift = true});
    EXPECT_EQ(low, 210);
    click(to_screen(600, 30));
    type(Key::left);
    EXPECT_EQ(low, 210);
    EXPECT_EQ(high, 590);
    click(to_screen(800, 30));
    type(Key::left);
    EXPECT_EQ(high, 590) << "a click elsewhere lets it go";
}

TEST_F(PlotDrawing, WheelKeepsTheValueUnderTheCursor) {
    show();
    window->push_mouse_move(200, 150);
    show();
    const auto before = mouse;
    window->push_wheel(0, 3);
    show();
    EXPECT_NEAR(range.x_high - range.x_low, 1000 / std::pow(1.2, 3), 1e-6);
    // The labels of the axis may change the plot's left side by some pixels, so the mapping is asked, not the mouse.
    const PlotMapping map = mapping_of(range, {corner, opposite}, 0.5);
    EXPECT_NEAR(map.data_x(200), before.first, 12 * per_pixel());
    EXPECT_NEAR(map.data_y(150), before.second, 1e-6);
    EXPECT_FALSE(range.follow_x);
}

TEST(PlotView, ZoomKeepsTheFixedPoint) {
    PlotRange range{.x_low = 10, .x_high = 500, .y_low = 1, .y_high = 1e5, .log_y = true};
    const PlotRectangle area{{50, 20}, {450, 220}};
    const PlotMapping map = mapping_of(range, area, 0.5);
    const double x = map.data_x(133), y = map.data_y(77);
    zoom(range, map, 133, 77, 0.3, 2, 0);
    const PlotMapping now = mapping_of(range, area, 1e-9);
    EXPECT_NEAR(now.data_x(133), x, 1e-9);
    EXPECT_NEAR(now.data_y(77), y, 1e-6 * y);
    EXPECT_NEAR(range.x_high - range.x_low, 0.3 * 490, 1e-9);
    zoom(range, mapping_of(range, area, 0.5), 133, 77, 1e-9, 1, 4);
    EXPECT_NEAR(range.x_high - range.x_low, 4, 1e-9) << "not below the least span";
}

TEST_F(PlotDrawing, DraggingMovesTheView) {
    show();
    const ImVec2 from{300, 200};
    drag(MouseButton::left, from, {200, 203});
    EXPECT_NEAR(range.x_low, 100 * per_pixel(), 1e-6);
    EXPECT_TRUE(range.follow_y) << "a level move leaves y to the data";
    EXPECT_FALSE(clicked);
    drag(MouseButton::middle, from, {400, 200});
    EXPECT_NEAR(range.x_low, 0, 1e-6);
    const double top = range.y_high, y_per_pixel = (range.y_high - range.y_low) / (opposite.y - corner.y);
    drag(MouseButton::left, from, {300, 250});
    EXPECT_NEAR(range.y_high, top + 50 * y_per_pixel, 1e-6);
}

TEST_F(PlotDrawing, RightDragZoomsIntoABoxAndDoubleClickFits) {
    show();
    const PlotMapping map = mapping_of(range, {corner, opposite}, 0.5);
    drag(MouseButton::right, {400, 300}, {250, 120});
    EXPECT_NEAR(range.x_low, map.data_x(250), 1e-9);
    EXPECT_NEAR(range.x_high, map.data_x(400), 1e-9);
    EXPECT_NEAR(range.y_low, map.data_y(300), 1e-9);
    EXPECT_NEAR(range.y_high, map.data_y(120), 1e-9);
    EXPECT_FALSE(right_clicked);
    window->push_mouse_move(300, 250);
    for (int i = 0; i < 2; ++i) {
        window->push_mouse_button(MouseButton::left, true);
        window->push_mouse_button(MouseButton::left, false);
    }
    show();
    EXPECT_TRUE(range.follow_x && range.follow_y);
    EXPECT_EQ(range.x_high, 1000);
}

TEST_F(PlotDrawing, ClicksAreReported) {
    show();
    click({200, 200});
    EXPECT_TRUE(clicked);
    EXPECT_FALSE(right_clicked);
    click({200, 200}, MouseButton::right);
    EXPECT_TRUE(right_clicked);
    EXPECT_EQ(range.x_high, 1000);
}

TEST_F(PlotDrawing, LegendHidesAndShows) {
    show();
    ASSERT_GT(range.gesture.legend.width(), 10);
    const auto first_of_legend = [&] {
        const PlotRectangle& legend = range.gesture.legend;
        return ImVec2((legend.low.x + legend.high.x) / 2, legend.low.y + 12);
    };
    click(first_of_legend());
    EXPECT_EQ(range.hidden, std::vector<std::string>{"counts"});
    EXPECT_FALSE(clicked) << "that click was the legend's";
    const ImVec2 inside = to_screen(155, 25);
    EXPECT_NE(window->pixels().at(std::lround(inside.y), std::lround(inside.x)), (Rgb{255, 0, 0}));
    click(first_of_legend());
    EXPECT_TRUE(range.hidden.empty());
}

TEST_F(PlotDrawing, DrawsAtEverySize) {
    for (const ImVec2 size : {ImVec2(1, 1), ImVec2(30, 10), ImVec2(120, 80), ImVec2(600, 40), ImVec2(50, 380)}) {
        PlotRange own;
        own.log_y = size.x == 120;
        double line = 5;
        frames([&] {
            Plot plot("small", size, own, {.x_title = "time (ps)", .y_title = "counts"});
            plot.steps("a", Samples::regular(0, 1, counts.size() + 1), Samples(counts), IM_COL32_WHITE);
            plot.drag_line_x("l", line, IM_COL32_WHITE, "label");
            EXPECT_GE(plot.data_bottom_right().x, plot.data_top_left().x);
            EXPECT_GE(plot.data_bottom_right().y, plot.data_top_left().y);
        });
        EXPECT_EQ(own.x_high, 100);
    }
}

TEST_F(PlotDrawing, EmptyAndBrokenDataDrawNothing) {
    const std::vector<double> none, broken{nan, infinity, -infinity};
    frames([&] {
        Plot plot("plot", {300, 200}, range);
        plot.line("none", Samples(none), Samples(none), IM_COL32_WHITE);
        plot.steps("none", Samples(none), Samples(none), IM_COL32_WHITE);
        plot.line("broken", Samples::regular(0, 1, 3), Samples(broken), IM_COL32_WHITE);
        plot.band("band", Samples::regular(0, 1, 3), Samples(broken), Samples(broken), IM_COL32_WHITE);
    });
    EXPECT_TRUE(std::isfinite(range.x_low) && std::isfinite(range.y_high));
}

PlotMapping plain_map(bool log = false) {
    PlotRange range{.x_low = 0, .x_high = 65536, .y_low = log ? 0.5 : 0, .y_high = 1000, .log_y = log};
    return mapping_of(range, {{0, 0}, {500, 200}}, 0.5);
}

TEST(PlotCurve, DecimationKeepsPeaks) {
    std::vector<float> values(65536, 10);
    values[12345] = 900;
    values[54321] = 0;
    for (const bool steps : {false, true}) {
        const auto lines = steps ? step_lines(plain_map(), Samples::regular(0, 1, 65537), Samples(values))
                                 : curve_lines(plain_map(), Samples::regular(0, 1, 65536), Samples(values));
        ASSERT_EQ(lines.size(), 1U);
        EXPECT_LE(lines[0].size(), 4U * 501U);
        float top = 200, bottom = 0;
        for (const ImVec2 p : lines[0]) {
            if (p.y < 100) EXPECT_NEAR(p.x, 12345 * 500.0 / 65536, 1);
            top = std::min(top, p.y);
            bottom = std::max(bottom, p.y);
        }
        EXPECT_NEAR(top, 20, 1e-3) << "900 of 1,000";
        EXPECT_NEAR(bottom, 200, 1e-3) << "the one zero";
    }
}

TEST(PlotCurve, NotFiniteIsAGap) {
    const std::vector<double> values{1, 2, nan, 3, 4, infinity, 5};
    PlotRange range{.x_low = 0, .x_high = 7, .y_low = 0, .y_high = 10};
    const PlotMapping map = mapping_of(range, {{0, 0}, {700, 100}}, 0.5);
    const auto lines = curve_lines(map, Samples::regular(0, 1, 7), Samples(values));
    ASSERT_EQ(lines.size(), 3U);
    EXPECT_EQ(lines[0].size(), 2U);
    EXPECT_EQ(lines[1].size(), 2U);
    EXPECT_EQ(lines[2].size(), 1U) << "a lone point";
    EXPECT_FLOAT_EQ(lines[1][0].x, 300);
    EXPECT_FLOAT_EQ(lines[1][0].y, 70);
    EXPECT_EQ(step_lines(map, Samples::regular(0, 1, 8), Samples(values)).size(), 3U);
    EXPECT_EQ(band_points(map, Samples::regular(0, 1, 7), Samples(values), Samples(values)).size(), 3U);
}

TEST(PlotCurve, LogAxisShowsZerosAtItsFloor) {
    const std::vector<int> values{0, 1, 10, 0, 1000};
    PlotRange range{.x_low = 0, .x_high = 5, .y_low = 0.5, .y_high = 1000, .log_y = true};
    const PlotMapping map = mapping_of(range, {{0, 0}, {500, 200}}, 0.5);
    const auto lines = curve_lines(map, Samples::regular(0, 1, 5), Samples(values));
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_NEAR(lines[0][0].y, 200, 1e-4);
    EXPECT_NEAR(lines[0][1].y, 200 * (1 - std::log10(2) / std::log10(2000)), 1e-4);
    EXPECT_NEAR(lines[0][3].y, 200, 1e-4);
    EXPECT_NEAR(lines[0][4].y, 0, 1e-4);
}

// Far outside of the plot a line still leaves it in the right direction.
TEST(PlotCurve, ClipsSteepLinesWhereTheyAre) {
    const std::vector<double> x{-1e9, 1e9}, y{-1e9, 1e9};
    PlotRange range{.x_low = 0, .x_high = 100, .y_low = 0, .y_high = 100};
    const PlotMapping map = mapping_of(range, {{0, 0}, {100, 100}}, 0.5);
    const auto lines = curve_lines(map, Samples(x), Samples(y));
    ASSERT_EQ(lines.size(), 1U);
    ASSERT_EQ(lines[0].size(), 2U);
    for (const ImVec2 p : lines[0]) EXPECT_NEAR(p.x, 100 - p.y, 1e-2);
    EXPECT_LT(lines[0][0].x, 0);
    EXPECT_GT(lines[0][1].x, 100);
}

TEST(PlotCurve, ManyBinsAreFast) {
    std::vector<std::uint32_t> values(65536);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::uint32_t>(i * 2654435761U % 1000);
    const auto start = std::chrono::steady_clock::now();
    std::size_t points = 0;
    for (int i = 0; i < 10; ++i)
        for (const auto& line : step_lines(plain_map(i % 2 == 1), Samples::regular(0, 1, 65537), Samples(values)))
            points += line.size();
    const double each = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / 10;
    EXPECT_GT(points, 10U * 500U);
    EXPECT_LT(each, 0.1) << "seconds for a curve; a frame has 0.016";
    RecordProperty("milliseconds", std::to_string(each * 1000));
    std::printf("65,536 bins: %.2f ms\n", each * 1000);
}

TEST(PlotSamples, ReadWhatTheyAreGiven) {
    const std::vector<std::uint16_t> counts{1, 2, 65535};
    const Samples scaled(counts, 0.5, 1);
    EXPECT_EQ(scaled.size(), 3U);
    EXPECT_EQ(scaled[2], 32768.5);
    EXPECT_EQ(Samples::regular(10, 2.5, 4)[3], 17.5);
    const std::vector<float> values{0.5F};
    EXPECT_EQ(Samples(values.data(), 1)[0], 0.5);
}

}  // namespace
}  // namespace firstlight::viewer
