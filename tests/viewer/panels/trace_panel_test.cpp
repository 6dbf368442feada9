#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "host/pipeline/job.hpp"
#include "tests/viewer/gate_on_screen.hpp"
#include "tests/viewer/shell_driver.hpp"

namespace firstlight::viewer {
namespace {

GatedImages batch(const Document& document) {
    Job job;
    job.scan_path = document.scan_path;
    job.recipe = document.recipe();
    return run_job(job, {}).images;
}

void expect_same_bits(const GatedImages& a, const GatedImages& b) {
    ASSERT_EQ(a.layers.size(), b.layers.size());
    for (const ImageLayer& layer : a.layers) {
        const ImageLayer* other = b.layer(layer.name);
        ASSERT_NE(other, nullptr) << layer.name;
        EXPECT_EQ(std::memcmp(layer.values.data(), other->values.data(), layer.values.size() * sizeof(float)), 0)
            << layer.name;
    }
}

void expect_near(const GatedImages& preview, const GatedImages& whole, const char* name) {
    const ImageLayer *a = preview.layer(name), *b = whole.layer(name);
    ASSERT_NE(a, nullptr);
    ASSERT_NE(b, nullptr);
    double most = 0;
    for (const float v : b->values)
        if (std::isfinite(v)) most = std::max(most, std::abs(static_cast<double>(v)));
    for (std::size_t p = 0; p < b->values.size(); ++p) {
        const double x = static_cast<double>(a->values[p]), y = static_cast<double>(b->values[p]);
        if (std::isnan(y)) {
            EXPECT_TRUE(std::isnan(x)) << p;
        } else {
            ASSERT_NEAR(x, y, 1e-5 * std::abs(y) + 1e-6 * most) << name << " " << p;
        }
    }
}

class TracePanel : public testing::Test {
  protected:
    ShellDriver shell;
    // Grabs a line of the gate and moves it by so many points, in some steps.
    void grab(float x, float y) {
        shell.window.push_mouse_move(x, y);
        shell.frames(3);
        shell.window.push_mouse_button(MouseButton::left, true);
        shell.frames(2);
    }
    void move(float from, float to, float y) {
        for (int i = 1; i <= 5; ++i) {
            shell.window.push_mouse_move(from + (to - from) * static_cast<float>(i) / 5, y);
            shell.frame();
        }
        shell.frames(2);
    }
    void let_go() {
        shell.window.push_mouse_button(MouseButton::left, false);
        shell.frames(2);
    }
    void settle_all() {
        settle(shell.session);
        settle(shell.desk);
        shell.frames(2);
    }
};

TEST_F(TracePanel, edges_dragged_by_the_mouse_are_the_recipes) {
    Document& star = shell.open(sample("star.h5"));
    star.looks.pixel = PixelAt{48, 20};
    settle_all();
    const GateOnScreen edges = find_gate(shell.window);
    shell.show("trace_star");
    ASSERT_TRUE(edges.found);
    const auto gate = shell.session.gate_ps(star).value();
    const double per_pixel = (gate.second - gate.first) / static_cast<double>(edges.close - edges.open);

    grab(edges.close, edges.y);
    move(edges.close, edges.close + 30, edges.y);
    ASSERT_TRUE(
        shell.frames_until([&] { return star.preview != nullptr && !star.gating.busy() && !star.has_posts(); }));
    EXPECT_TRUE(star.settle_at.has_value() || star.pipeline.busy());  // still in the hand
    if (star.preview) {
        const GatedImages whole = batch(star);
        for (const char* layer : {"ballistic", "ballistic_sigma", "background"})
            expect_near(*star.preview, whole, layer);
    }
    shell.show("trace_star_dragged");
    let_go();
    settle_all();
    const auto wider = shell.session.gate_ps(star).value();
    EXPECT_EQ(wider.first, gate.first);
    EXPECT_NEAR(wider.second, gate.second + 30 * per_pixel, per_pixel);
    ASSERT_TRUE(star.is_settled());
    expect_same_bits(star.result->images, batch(star));

    const GateOnScreen again = find_gate(shell.window);
    ASSERT_TRUE(again.found);
    EXPECT_NEAR(again.close, edges.close + 30, 1.01F);
    grab(again.open, again.y);
    move(again.open, again.open - 12, again.y);
    let_go();
    settle_all();
    const auto earlier = shell.session.gate_ps(star).value();
    EXPECT_NEAR(earlier.first, gate.first - 12 * per_pixel, per_pixel);
    EXPECT_EQ(earlier.second, wider.second);
    expect_same_bits(star.result->images, batch(star));

    const float middle = (again.open - 12 + again.close) / 2;  // moves both
    grab(middle, again.y);
    move(middle, middle + 10, again.y);
    let_go();
    settle_all();
    const auto later = shell.session.gate_ps(star).value();
    EXPECT_NEAR(later.first, earlier.first + 10 * per_pixel, per_pixel);
    EXPECT_NEAR(later.second - later.first, earlier.second - earlier.first, 1e-6);

    for (int drags = 0; drags < 3; ++drags) {  // one step of undo for each
        ASSERT_TRUE(star.history.can_undo());
        shell.session.undo(star);
    }
    EXPECT_FALSE(star.history.can_undo());
    settle(shell.session);
    EXPECT_EQ(shell.session.gate_ps(star).value(), gate);
}

TEST_F(TracePanel, arrow_keys_move_the_edge_that_was_grabbed_by_bins) {
    Document& star = shell.open(sample("star.h5"));
    star.looks.pixel = PixelAt{48, 20};
    settle_all();
    const GateOnScreen edges = find_gate(shell.window);
    ASSERT_TRUE(edges.found);
    const auto gate = shell.session.gate_ps(star).value();
    const double bin_ps = star.scan->bin_width_s * 1e12;
    grab(edges.close, edges.y);
    let_go();
    EXPECT_FALSE(star.history.can_undo());
    shell.press(Key::right);
    settle_all();
    EXPECT_NEAR(shell.session.gate_ps(star)->second, gate.second + bin_ps, 1e-5);
    shell.press(Key::right, {.shift = true});
    settle_all();
    EXPECT_NEAR(shell.session.gate_ps(star)->second, gate.second + 11 * bin_ps, 1e-5);
    EXPECT_EQ(shell.session.gate_ps(star)->first, gate.first);
    EXPECT_TRUE(star.is_settled());
    shell.session.undo(star);
    EXPECT_TRUE(star.history.can_undo());  // each press a step
    settle(shell.session);
}

TEST_F(TracePanel, shows_residuals_of_a_fit_and_offers_a_fixed_gate) {
    OpenRequest request;
    request.path = sample("star.h5");
    request.recipe = load_recipe("transmission-fit");
    shell.session.open(std::move(request));
    settle_all();
    Document& star = *shell.session.current();
    star.looks.pixel = PixelAt{48, 20};
    ASSERT_TRUE(shell.frames_until([&] {
        return !shell.desk.traces().busy() && shell.desk.traces().detail(star, trace_target(star, {})) != nullptr;
    }));
    shell.frames(4);
    shell.show("trace_fit");
    const PlotRange& residuals = shell.desk.plot_range("trace residuals", star);
    EXPECT_TRUE(residuals.measured);  // drawn
    EXPECT_LT(residuals.y_low, 0);
    EXPECT_GT(residuals.y_high, 0);
    const PlotRange& trace = shell.desk.plot_range("trace", star);
    EXPECT_EQ(residuals.x_low, trace.x_low);
    EXPECT_EQ(residuals.x_high, trace.x_high);
}

TEST_F(TracePanel, says_what_is_missing) {
    shell.session.open(sample("star.h5"));
    shell.frame();  // nothing is read yet
    Document& star = *shell.session.current();
    EXPECT_FALSE(star.held);
    shell.show("trace_empty");
    settle_all();
    EXPECT_TRUE(star.held);
    shell.frames(2);
    shell.show("trace_all_pixels");
    EXPECT_EQ(trace_target(star, {}).what, TraceTarget::What::all);
    // An unchanged frame makes nothing again.
    const auto curve = shell.desk.traces().curve(star, trace_target(star, {}));
    shell.frames(2);
    EXPECT_EQ(shell.desk.traces().curve(star, trace_target(star, {})), curve);
}

TEST_F(TracePanel, plays_the_light_only_while_asked) {
    Document& star = shell.open(sample("star.h5"));
    settle(shell.desk);
    EXPECT_FALSE(shell.window.wait(0.05));
    toggle_playing(star);
    const double before = star.looks.light.at_ps;
    EXPECT_TRUE(shell.frames_until([&] { return star.looks.light.at_ps > before + 20; }, 10));
    shell.show("light");
    toggle_playing(star);
    const double paused = star.looks.light.at_ps;
    settle(shell.desk);
    EXPECT_FALSE(shell.window.wait(0.05));
    EXPECT_EQ(star.looks.light.at_ps, paused);
}

TEST(TracePanelShown, on_a_large_screen) {
    ShellDriver shell(1920, 1080, 2);
    Document& star = shell.open(sample("star.h5"));
    star.looks.pixel = PixelAt{48, 20};
    settle(shell.desk);
    shell.frames(3);
    shell.show("trace_large");
    EXPECT_TRUE(shell.desk.plot_range("trace", star).measured);
}

TEST(TracePanelShown, of_a_recipe_that_finds_its_gates) {
    ShellDriver fog(1366, 768);
    Document& document = fog.open(sample("fog.h5"));
    document.looks.pixel = PixelAt{20, 20};
    fog.frames(2);
    fog.frames_until([&] { return !fog.desk.traces().busy(); });
    fog.frames(4);
    fog.show("trace_fog");
    EXPECT_TRUE(fog.desk.plot_range("trace", document).measured);
}

}  // namespace
}  // namespace firstlight::viewer
