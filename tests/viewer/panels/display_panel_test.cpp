#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "host/pipeline/layer_figure.hpp"
#include "tests/viewer/image_driver.hpp"

namespace firstlight::viewer {
namespace {

using Rgb8 = std::array<std::uint8_t, 3>;

Rgb8 in_figure(const Document& document, PixelAt at) {
    const ImageLayer& layer = *document.layer();
    const LayerColours colours = colours_of(*document.images(), layer, document.view_of_images(), document.tone(layer),
                                            document.recipe().find(Inpainting::info.name) != nullptr);
    const auto i = 3 * static_cast<std::size_t>(at.y * colours.columns + at.x);
    return {colours.rgb8[i], colours.rgb8[i + 1], colours.rgb8[i + 2]};
}

struct DisplayPanel : testing::Test {
    ImageDriver driver;
    void SetUp() override {
        driver.side = draw_display_panel;
        driver.open(sample("star.h5"));
        ImageLook& look = driver.document().looks.image;
        look.grid = look.values = look.flags = false;
        driver.window.wake();
        driver.settle();
    }
    Document& document() { return driver.document(); }
    ToneMap::Params tone() { return document().tone(*document().layer()); }
    // x of upright lines in the accent colour at the lower part of the histogram, from left to right.
    std::vector<float> lines() {
        const Pixels shot = driver.window.pixels();
        const auto first = static_cast<std::int64_t>(static_cast<float>(shot.columns) - driver.side_width);
        const ImVec4 accent = as_vec4(palette().accent);
        std::vector<float> found;
        for (std::int64_t x = first; x < shot.columns; ++x) {
            bool all = true;
            for (const std::int64_t y : {70, 90, 110}) {
                const Rgb8 c = shot.at(y, x);
                all = all && std::abs(c[0] - 255 * accent.x) + std::abs(c[1] - 255 * accent.y) +
                                     std::abs(c[2] - 255 * accent.z) <
                                 90;
            }
            if (all && (found.empty() || static_cast<float>(x) > found.back() + 3))
                found.push_back(static_cast<float>(x) + 0.5F);
        }
        return found;
    }
};

TEST_F(DisplayPanel, dragging_the_high_end_changes_the_colours_and_is_one_step_of_undo) {
    const std::vector<float> at = lines();
    ASSERT_GE(at.size(), 2U);
    const ToneWindow before = driver.desk.picture("image").colours.window();
    const PixelAt pixel{3, 30};
    const Rgb8 colour = driver.colour_at({30.5, 3.5});
    ASSERT_EQ(colour, in_figure(document(), pixel));
    const float to = at.back() - 0.4F * (at.back() - at.front());
    driver.drag({{at.back(), 90}, {at.back() - 10, 92}, {to - 30, 95}, {to, 95}});
    const ToneWindow after = driver.desk.picture("image").colours.window();
    EXPECT_NEAR(after.low, before.low, 1e-9);
    EXPECT_NEAR(after.high, before.low + 0.6 * (before.high - before.low), 0.02 * (before.high - before.low));
    EXPECT_EQ(tone().window, ToneMap::WindowFrom::fixed);
    EXPECT_NE(driver.colour_at({30.5, 3.5}), colour);
    EXPECT_EQ(driver.colour_at({30.5, 3.5}), in_figure(document(), pixel));
    ASSERT_TRUE(document().history.can_undo());
    driver.session.undo(document());
    driver.settle();
    EXPECT_FALSE(document().history.can_undo()) << "one step";
    EXPECT_EQ(driver.colour_at({30.5, 3.5}), colour);
}

TEST_F(DisplayPanel, two_drags_are_two_steps_of_undo) {
    for (int i = 0; i < 2; ++i) {
        const float at = lines().back();
        driver.drag({{at, 90}, {at - 12, 90}, {at - 25, 90}});
    }
    driver.session.undo(document());
    EXPECT_TRUE(document().history.can_undo());
    driver.session.undo(document());
    EXPECT_FALSE(document().history.can_undo());
}

TEST_F(DisplayPanel, buttons_set_the_window_to_percentiles_or_to_all_values) {
    const ImVec2 all = driver.find({"min – max"}, {230});
    driver.click(all);
    EXPECT_EQ(tone().low_percentile, 0);
    EXPECT_EQ(tone().high_percentile, 100);
    float low = 1e30F, high = -1e30F;
    const GatedImages& images = *document().images();
    for (std::size_t i = 0; i < images.mask.size(); ++i) {
        const float v = document().layer()->values[i];
        if ((images.mask[i] & masked_flags) != 0 || !std::isfinite(v)) continue;
        low = std::min(low, v), high = std::max(high, v);
    }
    const ToneWindow window = driver.desk.picture("image").colours.window();
    EXPECT_EQ(static_cast<float>(window.low), low);
    EXPECT_EQ(static_cast<float>(window.high), high);
    driver.click(driver.find({"1 % – 99.5 %"}));
    EXPECT_EQ(tone().low_percentile, 1);
    EXPECT_EQ(tone().high_percentile, 99.5);
    EXPECT_EQ(driver.colour_at({20.5, 40.5}), in_figure(document(), {40, 20}));
}

TEST_F(DisplayPanel, colormap_inversion_and_scale_are_those_of_the_tone_map) {
    driver.click(driver.find({"##gray"}));
    EXPECT_EQ(tone().colormap, Colormap::gray);
    const Rgb8 gray = driver.colour_at({20.5, 40.5});
    EXPECT_EQ(gray[0], gray[1]);
    EXPECT_EQ(gray[1], gray[2]);
    driver.click(driver.find({"invert"}, {108}));
    EXPECT_TRUE(tone().invert);
    EXPECT_EQ(driver.colour_at({20.5, 40.5})[0], 255 - gray[0]);
    driver.click(driver.find({"logarithmic"}, {200}));
    EXPECT_EQ(tone().scale, ToneMap::Scale::log);
    EXPECT_EQ(driver.colour_at({20.5, 40.5}), in_figure(document(), {40, 20}));
}

TEST_F(DisplayPanel, the_same_for_all_layers_and_reset) {
    ToneMap::Params set = tone();
    set.colormap = Colormap::magma;
    set.window = ToneMap::WindowFrom::fixed;
    set.low = 0, set.high = 50;
    driver.session.set_tone(document(), "ballistic", set);
    driver.settle();
    driver.click(driver.find({"Same for all layers"}));
    for (const ImageLayer& layer : document().images()->layers) {
        const ToneMap::Params each = document().tone(layer);
        EXPECT_EQ(each.colormap, Colormap::magma) << layer.name;
        EXPECT_EQ(each.window == ToneMap::WindowFrom::fixed, layer.unit == "counts") << layer.name;
    }
    driver.click(driver.find({"Reset"}, {20}));
    EXPECT_EQ(document().edits().tones.count("ballistic"), 0U);
    EXPECT_EQ(tone().colormap, Colormap::viridis);
}

// The numbers behind it

ShownImage image_of(const std::shared_ptr<std::vector<float>>& values, const std::uint8_t* flags = nullptr) {
    ShownImage image;
    image.owner = values;
    image.values = values->data();
    image.flags = flags;
    image.rows = 1;
    image.columns = static_cast<std::int64_t>(values->size());
    return image;
}

TEST(DisplayFigures, a_few_bright_pixels_do_not_press_the_histogram_together) {
    const auto values = std::make_shared<std::vector<float>>();
    for (int i = 0; i < 100000; ++i) values->push_back(static_cast<float>(i % 1000));
    (*values)[17] = 1e9F;
    (*values)[18] = -1e7F;
    DisplayFigures figures;
    EXPECT_TRUE(figures.set(image_of(values), false));
    EXPECT_FALSE(figures.set(image_of(values), false)) << "nothing changed";
    EXPECT_GT(figures.edges().front(), -20);
    EXPECT_LT(figures.edges().back(), 1020);
    EXPECT_EQ(figures.highest(), 1e9);
    EXPECT_EQ(figures.lowest(), -1e7);
    std::int64_t total = figures.histogram().below + figures.histogram().above;
    for (const std::int64_t n : figures.histogram().pixels) total += n;
    EXPECT_EQ(total, 100000);
    EXPECT_LE(figures.histogram().below + figures.histogram().above, 200);
}

TEST(DisplayFigures, logarithmic_edges_masked_pixels_and_images_without_values) {
    const auto values = std::make_shared<std::vector<float>>(std::vector<float>{-5, 0, 1, 10, 100, 1e6F});
    const std::uint8_t flags[6] = {0, 0, 0, 0, 0, hot};
    DisplayFigures figures;
    figures.set(image_of(values, flags), true);
    EXPECT_NEAR(figures.edges().front(), 0, 1e-9);
    EXPECT_NEAR(figures.edges().back(), 2, 1e-9);
    EXPECT_EQ(figures.histogram().below, 2);
    EXPECT_EQ(figures.histogram().masked, 1);
    const auto none = std::make_shared<std::vector<float>>(4, std::nanf(""));
    figures.set(image_of(none), false);
    EXPECT_FALSE(figures.any());
    EXPECT_FALSE(figures.any_positive());
}

TEST(ColouredImage, a_log_scale_gives_way_where_nothing_is_above_zero_and_other_numbers_are_coloured_again) {
    const auto values = std::make_shared<std::vector<float>>(std::vector<float>{-3, -2, -1, 0});
    ToneMap::Params tone;
    tone.scale = ToneMap::Scale::log;
    ColouredImage colours;
    EXPECT_TRUE(colours.set(image_of(values), tone));
    EXPECT_EQ(colours.tone().scale, ToneMap::Scale::linear);
    EXPECT_FALSE(colours.set(image_of(values), tone));
    tone.colormap = Colormap::gray;
    EXPECT_TRUE(colours.set(image_of(values), tone));
    EXPECT_EQ(colours.tone().scale, ToneMap::Scale::linear);
    EXPECT_EQ(colours.at(0)[0], colours.at(0)[1]);
    const auto others = std::make_shared<std::vector<float>>(*values);
    EXPECT_TRUE(colours.set(image_of(others), tone));
}

}  // namespace
}  // namespace firstlight::viewer
