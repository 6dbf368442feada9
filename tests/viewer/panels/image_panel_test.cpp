#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "host/figures_of_merit/region_statistics.hpp"
#include "host/pipeline/layer_figure.hpp"
#include "tests/viewer/image_driver.hpp"

namespace firstlight::viewer {
namespace {

// 0, 1, 2, … from pixel to pixel.
std::vector<float> rising(std::int64_t pixels) {
    std::vector<float> values(static_cast<std::size_t>(pixels));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
    return values;
}

std::array<std::uint8_t, 3> in_figure(const Document& document, PixelAt at) {
    const ImageLayer& layer = *document.layer();
    const LayerColours colours = colours_of(*document.images(), layer, 0, document.tone(layer),
                                            document.recipe().find(Inpainting::info.name) != nullptr);
    const auto i = 3 * static_cast<std::size_t>(at.y * colours.columns + at.x);
    return {colours.rgb8[i], colours.rgb8[i + 1], colours.rgb8[i + 2]};
}

TEST(ImagePanel, pixels_have_the_colours_that_a_figure_gives_them) {
    ImageDriver driver;
    driver.open(sample("star.h5"));
    driver.document().looks.image.flags = driver.document().looks.image.grid = false;
    driver.document().looks.image.values = false;
    driver.window.wake();
    driver.settle();
    const GatedImages& images = *driver.document().images();
    for (const PixelAt at :
         {PixelAt{0, 0}, PixelAt{images.rows / 2, images.columns / 3}, PixelAt{images.rows / 3, images.columns - 1},
          PixelAt{images.rows - 6, images.columns / 2}})
        EXPECT_EQ(driver.colour_at({static_cast<double>(at.x) + 0.5, static_cast<double>(at.y) + 0.5}),
                  in_figure(driver.document(), at))
            << at.x << ", " << at.y;
}

TEST(ImagePanel, the_wheel_zooms_and_keeps_the_pixel_under_the_cursor) {
    ImageDriver driver;
    driver.open(sample("star.h5"));
    const ImVec2 place = driver.at({20.5, 33.5});
    const double before = driver.desk.image_geometry.zoom();
    driver.wheel(place, 6);
    EXPECT_NEAR(driver.desk.image_geometry.zoom(), before * std::pow(1.2, 6), 1e-6);
    EXPECT_EQ(driver.desk.hovered_pixel, (PixelAt{33, 20}));
    driver.wheel(place, -3);
    EXPECT_EQ(driver.desk.hovered_pixel, (PixelAt{33, 20}));
    driver.press(Key::f);
    EXPECT_EQ(driver.desk.image_geometry.zoom(), before);
    driver.press(Key::digit_1);
    EXPECT_EQ(driver.desk.image_geometry.zoom(), 1);
    driver.press(Key::equals);
    EXPECT_GT(driver.desk.image_geometry.zoom(), 1);
    driver.press(Key::minus);
    EXPECT_EQ(driver.desk.image_geometry.zoom(), 1);
}

TEST(ImagePanel, a_click_picks_the_pixel_and_arrow_keys_move_it) {
    ImageDriver driver;
    driver.open(sample("star.h5"));
    driver.click(driver.at({12.3, 7.8}));
    EXPECT_EQ(driver.document().looks.pixel, (PixelAt{7, 12}));
    driver.press(Key::right);
    driver.press(Key::up);
    EXPECT_EQ(driver.document().looks.pixel, (PixelAt{6, 13}));
    driver.press(Key::down, {.shift = true});
    EXPECT_EQ(driver.document().looks.pixel, (PixelAt{16, 13}));
    for (int i = 0; i < 3; ++i) driver.press(Key::left, {.shift = true});
    EXPECT_EQ(driver.document().looks.pixel, (PixelAt{16, 0}));
    EXPECT_FALSE(driver.document().history.can_undo()) << "looking changes nothing";
}

TEST(ImagePanel, the_view_moves_with_the_middle_button_or_with_space_held) {
    ImageDriver driver;
    driver.open(sample("star.h5"));
    driver.wheel(driver.at({30.5, 30.5}), 8);
    const ImVec2 from = driver.at({30.5, 30.5});
    driver.drag({from, {from.x + 40, from.y - 25}}, MouseButton::middle);
    EXPECT_NEAR(driver.at({30.5, 30.5}).x, from.x + 40, 1.01);
    EXPECT_NEAR(driver.at({30.5, 30.5}).y, from.y - 25, 1.01);
    const auto picked = driver.document().looks.pixel;
    driver.window.push_key(Key::space, true);
    driver.drag({{from.x + 40, from.y - 25}, from});
    driver.window.push_key(Key::space, false);
    EXPECT_NEAR(driver.at({30.5, 30.5}).x, from.x, 2.01);
    EXPECT_NEAR(driver.at({30.5, 30.5}).y, from.y, 2.01);
    EXPECT_EQ(driver.document().looks.pixel, picked);
}

TEST(ImagePanel, a_wide_image_has_the_right_colours_at_both_ends) {
    ImageDriver driver;
    driver.open(sample("star.h5"));
    constexpr std::int64_t rows = 40, columns = 10000;
    std::vector<float> values(static_cast<std::size_t>(rows * columns));
    for (std::int64_t y = 0; y < rows; ++y)
        for (std::int64_t x = 0; x < columns; ++x)
            values[static_cast<std::size_t>(y * columns + x)] = static_cast<float>(x % 977 + y);
    driver.show(rows, columns, values);
    driver.document().looks.image.values = false;
    driver.press(Key::f);
    EXPECT_EQ(driver.desk.image_geometry.pixel_at({driver.at({0, 20}).x + 0.0, driver.at({0, 20}).y + 0.0})->x, 0);
    for (const std::int64_t x : {std::int64_t{0}, std::int64_t{1}, columns - 2, columns - 1}) {
        driver.document().looks.image.zoom = 100;
        driver.document().looks.image.centre_x = x == 0 || x == 1 ? 0 : columns;
        driver.document().looks.image.centre_y = 20;
        driver.window.wake();
        driver.settle();
        for (const std::int64_t y : {18, 21})
            EXPECT_EQ(driver.colour_at({static_cast<double>(x) + 0.3, static_cast<double>(y) + 0.3}),
                      in_figure(driver.document(), {y, x}))
                << x << ", " << y;
    }
    // The view moved with the mouse: columns from the left come into sight.
    const ImVec2 from = driver.at({9998.5, 20.5});
    driver.drag({from, {from.x + 200, from.y}, {from.x + 350, from.y}}, MouseButton::middle);
    EXPECT_NEAR(driver.at({9998.5, 20.5}).x, from.x + 350, 1.01);
    for (const std::int64_t x : {columns - 1, columns - 6})
        EXPECT_EQ(driver.colour_at({static_cast<double>(x) + 0.3, 20.3}), in_figure(driver.document(), {20, x})) << x;
}

TEST(ImagePanel, oblong_pixels_are_drawn_oblong) {
    ImageDriver driver;
    driver.open(sample("star.h5"));
    driver.show(30, 20, rising(600), "counts", {}, 4e-4, 1e-4);
    EXPECT_NEAR(driver.desk.image_geometry.step_x, 4 * driver.desk.image_geometry.step_y, 1e-6);
    driver.document().looks.image.grid = false;
    driver.window.wake();
    driver.settle();
    EXPECT_EQ(driver.colour_at({7.05, 12.5}), in_figure(driver.document(), {12, 7}));
    EXPECT_EQ(driver.colour_at({7.95, 12.5}), in_figure(driver.document(), {12, 7}));
}

// Screen pixels within an image pixel that are not of its colour: letters.
int letters_in(ImageDriver& driver, PixelAt at) {
    const ImVec2 low = driver.at({static_cast<double>(at.x), static_cast<double>(at.y)}),
                 high = driver.at({static_cast<double>(at.x) + 1, static_cast<double>(at.y) + 1});
    const auto colour = in_figure(driver.document(), at);
    const Pixels shot = driver.window.pixels();
    int others = 0;
    for (auto y = static_cast<std::int64_t>(low.y) + 3; y < static_cast<std::int64_t>(high.y) - 3; ++y)
        for (auto x = static_cast<std::int64_t>(low.x) + 3; x < static_cast<std::int64_t>(high.x) - 3; ++x)
            if (shot.at(y, x) != colour) ++others;
    return others;
}

TEST(ImagePanel, values_and_a_grid_appear_when_pixels_are_large) {
    ImageDriver driver;
    driver.open(sample("star.h5"));
    driver.show(60, 80, rising(4800));
    driver.document().looks.image.zoom = 36;
    driver.document().looks.image.centre_x = 40.5;
    driver.document().looks.image.centre_y = 30.5;
    driver.window.wake();
    driver.settle();
    EXPECT_EQ(letters_in(driver, {30, 40}), 0);
    driver.document().looks.image.zoom = 60;
    driver.window.wake();
    driver.settle();
    EXPECT_GT(letters_in(driver, {30, 40}), 30);
    driver.document().looks.image.values = false;
    driver.window.wake();
    driver.settle();
    EXPECT_EQ(letters_in(driver, {30, 40}), 0);
    const auto on_grid = driver.colour_at({41, 30.5}), inside = driver.colour_at({40.5, 30.5});
    EXPECT_NE(on_grid, inside);
    EXPECT_NE(on_grid, in_figure(driver.document(), {30, 41}));
}

TEST(ImagePanel, masked_pixels_are_marked_and_counted) {
    ImageDriver driver;
    driver.open(sample("star.h5"));
    std::vector<std::uint8_t> flags(600, 0);
    flags[5 * 20 + 7] = hot;
    flags[9 * 20 + 3] = flags[9 * 20 + 4] = low_counts;
    driver.show(30, 20, rising(600), "counts", flags);
    EXPECT_EQ(driver.desk.flag_overlay.counts()[0], 1);
    EXPECT_EQ(driver.desk.flag_overlay.counts()[4], 2);
    const auto marked = driver.colour_at({7.1, 5.1});
    driver.document().looks.image.flags = false;
    driver.window.wake();
    driver.settle();
    EXPECT_NE(driver.colour_at({7.1, 5.1}), marked);
    EXPECT_EQ(driver.colour_at({7.1, 5.3}), in_figure(driver.document(), {5, 7}));
}

// Regions by mouse

TEST(ImagePanel, a_rectangle_drawn_off_the_origin_is_the_region_that_is_measured) {
    ImageDriver driver;
    driver.open(sample("star.h5"));
    driver.press(Key::f);
    driver.move_to(driver.at({9, 7}));
    driver.press(Key::r);
    ASSERT_EQ(driver.desk.tool, Tool::rectangle);
    driver.drag({driver.at({9, 7}), driver.at({14, 20}), driver.at({31, 22})});
    ASSERT_EQ(driver.document().edits().regions.size(), 1U);
    EXPECT_EQ(driver.document().edits().regions[0], (Region{RegionShape::rectangle, 9, 7, 31, 22, "A"}));
    EXPECT_EQ(driver.document().looks.region, 0);
    EXPECT_EQ(driver.document().history.undo_label(), "new region A");
    driver.press(Key::escape);  // lets go of the tool
    EXPECT_EQ(driver.desk.tool, Tool::pick);
    driver.session.undo(driver.document());
    EXPECT_TRUE(driver.document().edits().regions.empty());
    driver.session.redo(driver.document());
    EXPECT_EQ(driver.document().edits().regions.size(), 1U);
}

TEST(ImagePanel, an_ellipse_and_a_line_are_drawn_too_and_a_click_draws_nothing) {
    ImageDriver driver;
    driver.open(sample("star.h5"));
    driver.desk.tool = Tool::ellipse;
    driver.drag({driver.at({30, 40}), driver.at({25, 30}), driver.at({20, 25})});
    driver.desk.tool = Tool::line;
    driver.drag({driver.at({3.5, 4.5}), driver.at({20, 20}), driver.at({50.5, 10.5})});
    driver.click(driver.at({60.5, 60.5}));
    const std::vector<Region>& regions = driver.document().edits().regions;
    ASSERT_EQ(regions.size(), 2U);
    EXPECT_EQ(regions[0], (Region{RegionShape::ellipse, 20, 25, 30, 40, "A"}));
    EXPECT_EQ(regions[1], (Region{RegionShape::line, 3.5, 4.5, 50.5, 10.5, "B"}));
    EXPECT_EQ(driver.document().looks.region, -1) << "a click beside them lets go";
}

TEST(ImagePanel, regions_are_moved_resized_and_removed_and_each_is_one_step_of_undo) {
    ImageDriver driver;
    driver.open(sample("star.h5"));
    driver.session.edit(driver.document(), "regions", [](Edits& edits) {
        edits.regions = {{RegionShape::rectangle, 10, 10, 20, 20, "A"}, {RegionShape::ellipse, 30, 30, 50, 40, "B"}};
    });
    driver.settle();
    const auto region = [&](std::size_t i) { return driver.document().edits().regions[i]; };
    driver.click(driver.at({10, 14}));  // the outline selects it
    EXPECT_EQ(driver.document().looks.region, 0);
    driver.drag({driver.at({15, 15}), driver.at({17, 12}), driver.at({22, 18})});
    EXPECT_EQ(region(0), (Region{RegionShape::rectangle, 17, 13, 27, 23, "A"}));
    driver.drag({driver.at({27, 23}), driver.at({30, 30}), driver.at({12, 26})});  // past the other side
    EXPECT_EQ(region(0), (Region{RegionShape::rectangle, 12, 13, 17, 26, "A"}));
    driver.session.undo(driver.document());
    EXPECT_EQ(region(0), (Region{RegionShape::rectangle, 17, 13, 27, 23, "A"}));
    driver.session.undo(driver.document());
    EXPECT_EQ(region(0), (Region{RegionShape::rectangle, 10, 10, 20, 20, "A"}));
    driver.session.redo(driver.document());
    driver.session.redo(driver.document());
    driver.settle();
    driver.press(Key::remove);
    ASSERT_EQ(driver.document().edits().regions.size(), 1U);
    EXPECT_EQ(region(0).name, "B");
    EXPECT_EQ(driver.document().looks.region, -1);
    driver.session.undo(driver.document());
    EXPECT_EQ(driver.document().edits().regions.size(), 2U);
}

TEST(ImagePanel, the_key_of_flags_says_what_they_mean) {
    ImageDriver driver;
    driver.open(sample("star.h5"));
    const auto explains = [] {
        const ImGuiWindow* tip = ImGui::FindWindowByName("##Tooltip_00");
        return tip != nullptr && tip->Active;
    };
    driver.move_to(driver.at({48, 48}));
    EXPECT_FALSE(explains());
    const Canvas canvas = driver.desk.image_geometry.canvas;
    const auto right = static_cast<float>(canvas.left + canvas.width) - 20,
               bottom = static_cast<float>(canvas.top + canvas.height) - 18;
    driver.move_to({right, bottom});
    EXPECT_TRUE(explains());
    driver.document().looks.image.flags = false;
    driver.window.wake();
    driver.settle();
    EXPECT_FALSE(explains()) << "there is no key";
}

}  // namespace
}  // namespace firstlight::viewer
