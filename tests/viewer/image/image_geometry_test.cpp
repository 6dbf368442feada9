#include "viewer/image/image_geometry.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "viewer/image/region_geometry.hpp"

namespace firstlight::viewer {
namespace {

constexpr ImageExtent square_pixels{30, 40, 1e-4, 1e-4};
constexpr Canvas canvas{100, 50, 800, 600};

void expect_near(Place a, Place b, double slack = 1e-9) {
    EXPECT_NEAR(a.x, b.x, slack);
    EXPECT_NEAR(a.y, b.y, slack);
}

TEST(ImageGeometry, a_fitted_image_fills_the_canvas_and_stands_in_its_middle) {
    const ImageGeometry g = geometry_of({}, square_pixels, canvas);
    EXPECT_EQ(g.step_x, 20);
    EXPECT_EQ(g.step_y, 20);
    expect_near(g.to_screen({0, 0}), {100, 50});
    expect_near(g.end(), {900, 650});
    expect_near(g.to_image(g.to_screen({12.25, 7.5})), {12.25, 7.5});
    const ImageGeometry wide = geometry_of({}, {30, 400, 1, 1}, canvas);
    EXPECT_EQ(wide.step_x, 2);
    expect_near(wide.to_screen({0, 15}), {100, 350});
}

TEST(ImageGeometry, oblong_pixels_are_drawn_oblong_and_their_narrow_side_is_the_zoom) {
    ImageLook look;
    look.zoom = 10;
    const ImageGeometry wide = geometry_of(look, {30, 40, 3e-4, 1e-4}, canvas);
    EXPECT_NEAR(wide.step_x, 30, 1e-9);
    EXPECT_NEAR(wide.step_y, 10, 1e-9);
    const ImageGeometry high = geometry_of(look, {30, 40, 1e-4, 2e-4}, canvas);
    EXPECT_NEAR(high.step_x, 10, 1e-9);
    EXPECT_NEAR(high.step_y, 20, 1e-9);
    for (const ImageExtent unknown : {ImageExtent{30, 40, 0, 1e-4}, ImageExtent{30, 40, 1e-4, std::nan("")}})
        EXPECT_EQ(geometry_of(look, unknown, canvas).step_x, geometry_of(look, unknown, canvas).step_y);
}

TEST(ImageGeometry, the_pixel_at_a_place_is_the_one_whose_square_holds_it) {
    const ImageGeometry g = geometry_of({}, square_pixels, canvas);
    EXPECT_EQ(g.pixel_at({100, 50}), (PixelAt{0, 0}));
    EXPECT_EQ(g.pixel_at({119.9, 69.9}), (PixelAt{0, 0}));
    EXPECT_EQ(g.pixel_at({120, 70}), (PixelAt{1, 1}));
    EXPECT_EQ(g.pixel_at({899, 649}), (PixelAt{29, 39}));
    EXPECT_EQ(g.pixel_at({99, 50}), std::nullopt);
    const ImageGeometry wide = geometry_of({}, {30, 400, 1, 1}, canvas);
    EXPECT_EQ(wide.pixel_at({500, 60}), std::nullopt);  // above the image, within the canvas
}

TEST(ImageGeometry, zooming_keeps_what_is_under_the_cursor) {
    ImageLook look;
    const Place cursor{333, 217};
    for (const double factor : {1.2, 3.0, 0.7, 20.0, 0.05}) {
        const ImageGeometry before = geometry_of(look, square_pixels, canvas);
        zoom_about(look, before, cursor, factor);
        const ImageGeometry after = geometry_of(look, square_pixels, canvas);
        EXPECT_NEAR(after.zoom(), std::min(most_zoom, before.zoom() * factor), 1e-9);
        // The image lies on whole pixels of the screen.
        expect_near(after.to_screen(before.to_image(cursor)), cursor, 1.01);
    }
}

TEST(ImageGeometry, a_wide_image_is_right_at_its_far_end_at_zoom_100) {
    ImageLook look;
    look.zoom = 100;
    look.centre_x = 9999.5;
    look.centre_y = 20;
    const ImageGeometry g = geometry_of(look, {40, 10000, 1, 1}, canvas);
    EXPECT_EQ(g.pixel_at(canvas.middle()), (PixelAt{20, 9999}));
    const PixelPart part = g.visible();
    EXPECT_EQ(part.x1, 10000);
    EXPECT_EQ(part.x0, 9995);
    expect_near(g.to_image(g.to_screen({9999.25, 20.5})), {9999.25, 20.5}, 1e-6);
}

TEST(ImageGeometry, moving_the_view_never_loses_the_image) {
    ImageLook look;
    look.zoom = 50;
    look.centre_x = 20, look.centre_y = 15;
    pan_by(look, geometry_of(look, square_pixels, canvas), 100, -50);
    EXPECT_EQ(look.centre_x, 18);
    EXPECT_EQ(look.centre_y, 16);
    pan_by(look, geometry_of(look, square_pixels, canvas), 1e6, 1e6);
    EXPECT_EQ(look.centre_x, 0);
    EXPECT_EQ(look.centre_y, 0);
}

TEST(ImageGeometry, a_pixel_out_of_sight_is_brought_to_the_nearest_border) {
    ImageLook look;
    look.zoom = 100;
    look.centre_x = 4, look.centre_y = 3;
    bring_into_view(look, geometry_of(look, square_pixels, canvas), {3, 4});
    EXPECT_EQ(look.centre_x, 4);  // it was in sight
    bring_into_view(look, geometry_of(look, square_pixels, canvas), {3, 20});
    const ImageGeometry g = geometry_of(look, square_pixels, canvas);
    expect_near(g.to_screen({21, 3}), {canvas.left + canvas.width, g.to_screen({0, 3}).y});
    EXPECT_EQ(look.centre_y, 3);
}

TEST(ImageGeometry, the_scale_bar_is_round_and_as_long_as_it_says) {
    const auto bar = scale_bar_of(1e-4, 20, 140);  // 0.1 mm are 20 pixels of the screen: 0.7 mm fit
    ASSERT_TRUE(bar);
    EXPECT_DOUBLE_EQ(bar->length_m, 5e-4);
    EXPECT_DOUBLE_EQ(bar->length_screen, 100);
    EXPECT_FALSE(scale_bar_of(0, 20, 140));
    EXPECT_FALSE(scale_bar_of(std::nan(""), 20, 140));
}

// Regions

const std::vector<Region> regions{{RegionShape::rectangle, 5, 5, 15, 10, "A"},
                                  {RegionShape::ellipse, 20, 10, 30, 20, "B"},
                                  {RegionShape::line, 2, 25, 30, 25, "C"}};
const ImageGeometry fitted = geometry_of({}, square_pixels, canvas);
RegionHit hit(Place image, int selected) { return hit_region(regions, selected, fitted, fitted.to_screen(image), 6); }

TEST(RegionGeometry, outlines_are_hit_and_inside_only_of_the_selected_region) {
    EXPECT_EQ(hit({10, 5.1}, -1).region, 0);
    EXPECT_FALSE(hit({10, 7}, -1));
    EXPECT_EQ(hit({10, 7}, 0).part, RegionPart::body);
    EXPECT_EQ(hit({20.1, 15}, -1).region, 1);
    EXPECT_FALSE(hit({20.5, 10.5}, 1)) << "outside of the ellipse, within its rectangle";
    EXPECT_EQ(hit({25, 11}, 1).part, RegionPart::body);
    EXPECT_EQ(hit({10, 25.2}, -1).region, 2);
    EXPECT_FALSE(hit({10, 26}, -1));
}

TEST(RegionGeometry, handles_of_the_selected_region_come_first) {
    EXPECT_EQ(hit({5, 5}, 0).part, RegionPart::corner_00);
    EXPECT_EQ(hit({15, 10}, 0).part, RegionPart::corner_11);
    EXPECT_EQ(hit({15, 5}, 0).part, RegionPart::corner_10);
    EXPECT_EQ(hit({10, 10}, 0).part, RegionPart::side_y1);
    EXPECT_EQ(hit({5, 5}, 1).part, RegionPart::body);  // not selected: all of it
    EXPECT_EQ(hit({2, 25}, 2).part, RegionPart::corner_00);
    EXPECT_EQ(hit({30, 25}, 2).part, RegionPart::corner_11);
}

TEST(RegionGeometry, a_dragged_handle_moves_its_sides_only) {
    const Region& a = regions[0];
    EXPECT_EQ(region_dragged(a, RegionPart::corner_00, {5, 5}, {7.2, 6.9}, true), (Region{a.shape, 7, 7, 15, 10, "A"}));
    EXPECT_EQ(region_dragged(a, RegionPart::side_x1, {15, 7}, {18.4, 99}, true), (Region{a.shape, 5, 5, 18, 10, "A"}));
    EXPECT_EQ(region_dragged(a, RegionPart::side_y0, {9, 5}, {0, 3.25}, false),
              (Region{a.shape, 5, 3.25, 15, 10, "A"}));
    EXPECT_EQ(region_dragged(a, RegionPart::body, {9, 7}, {11.4, 5.4}, true), (Region{a.shape, 7, 3, 17, 8, "A"}));
    EXPECT_EQ(region_dragged(regions[2], RegionPart::corner_11, {30, 25}, {33.9, 20.1}, true),
              (Region{RegionShape::line, 2, 25, 33.5, 20.5, "C"}));
}

TEST(RegionGeometry, drawn_regions_lie_on_whole_pixels_and_can_be_made_even) {
    EXPECT_EQ(region_drawn(RegionShape::rectangle, {2.4, 3.6}, {9.7, 8.2}, true, false),
              (Region{RegionShape::rectangle, 2, 4, 10, 8, ""}));
    EXPECT_EQ(region_drawn(RegionShape::ellipse, {2, 3}, {-4, 5}, false, true),
              (Region{RegionShape::ellipse, 2, 3, -4, 9, ""}));
    EXPECT_EQ(region_drawn(RegionShape::line, {2.4, 3.6}, {9.7, 8.2}, true, false),
              (Region{RegionShape::line, 2.5, 3.5, 9.5, 8.5, ""}));
    EXPECT_EQ(region_drawn(RegionShape::line, {0, 0}, {10, 2}, false, true),
              (Region{RegionShape::line, 0, 0, 10, 0, ""}));
    EXPECT_EQ(region_drawn(RegionShape::line, {0, 0}, {10, 8}, false, true),
              (Region{RegionShape::line, 0, 0, 10, 10, ""}));
    EXPECT_EQ(in_order({RegionShape::ellipse, 9, 2, 4, 7, "x"}), (Region{RegionShape::ellipse, 4, 2, 9, 7, "x"}));
    EXPECT_FALSE(is_worth_keeping({RegionShape::rectangle, 3, 3, 8, 3, ""}));
    EXPECT_TRUE(is_worth_keeping({RegionShape::rectangle, 3, 3, 4, 2, ""}));
}

TEST(RegionGeometry, names_are_the_first_that_are_free) {
    EXPECT_EQ(free_name({}), "A");
    EXPECT_EQ(free_name(regions), "D");
    std::vector<Region> all;
    for (int i = 0; i < 26; ++i)
        all.push_back({RegionShape::line, 0, 0, 1, 1, std::string(1, static_cast<char>('A' + i))});
    EXPECT_EQ(free_name(all), "A2");
}

}  // namespace
}  // namespace firstlight::viewer
