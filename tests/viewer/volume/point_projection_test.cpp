#include "viewer/volume/point_projection.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "kernels/support/error.hpp"

namespace firstlight::viewer {
namespace {

constexpr double pi = std::numbers::pi;

// A cube of 2 mm around (10, 20, 30) mm with a point in each corner and one in the middle.
SurfaceCloud cube() {
    SurfaceCloud cloud;
    for (const float z : {29.0F, 31.0F})
        for (const float y : {19.0F, 21.0F})
            for (const float x : {9.0F, 11.0F}) cloud.places.push_back({x, y, z});
    cloud.places.push_back({10, 20, 30});
    cloud.low = {9, 19, 29};
    cloud.high = {11, 21, 31};
    return cloud;
}

PointsLook orthographic(double turn, double tilt) {
    PointsLook look;
    look.turn = turn;
    look.tilt = tilt;
    look.perspective = false;
    return look;
}

TEST(PointProjection, not_turned_it_is_seen_as_the_image_is) {
    const PointView view = point_view(cube(), orthographic(0, 0), 300, 200);
    const ScreenPoint middle = view.project({10, 20, 30});
    EXPECT_DOUBLE_EQ(middle.x, 150);
    EXPECT_DOUBLE_EQ(middle.y, 100);
    EXPECT_DOUBLE_EQ(middle.depth, 0);
    const double mm = 0.86 * 200 / (2 * std::sqrt(3.0));  // pixels: the sphere around the cube fits
    EXPECT_NEAR(view.pixels_per_mm, mm, 1e-12);
    const ScreenPoint right_below_behind = view.project({11, 21, 31});
    EXPECT_NEAR(right_below_behind.x, 150 + mm, 1e-9);
    EXPECT_NEAR(right_below_behind.y, 100 + mm, 1e-9);
    EXPECT_NEAR(right_below_behind.depth, 1, 1e-12);
}

TEST(PointProjection, turned_by_a_quarter_depth_runs_to_the_right) {
    const PointView view = point_view(cube(), orthographic(pi / 2, 0), 200, 200);
    const ScreenPoint deep = view.project({10, 20, 31});
    EXPECT_NEAR(deep.x, 100 + view.pixels_per_mm, 1e-9);
    EXPECT_NEAR(deep.depth, 0, 1e-12);
    EXPECT_NEAR(view.project({11, 20, 30}).depth, -1, 1e-12) << "x comes towards the eye";
}

TEST(PointProjection, tilted_by_a_quarter_it_is_seen_from_above) {
    const PointView view = point_view(cube(), orthographic(0, pi / 2), 200, 200);
    const ScreenPoint deep = view.project({10, 20, 31});
    EXPECT_NEAR(deep.y, 100 - view.pixels_per_mm, 1e-9) << "what is far is up";
    EXPECT_NEAR(view.project({10, 19, 30}).depth, -1, 1e-12) << "the image's top is near the eye";
}

TEST(PointProjection, an_oblique_view_is_the_product_of_both_turns) {
    const double turn = 0.5, tilt = 0.35;
    const PointView view = point_view(cube(), orthographic(turn, tilt), 200, 200);
    const ScreenPoint p = view.project({11, 21, 32});  // 1, 1, 2 from the middle
    const double across = std::cos(turn) + 2 * std::sin(turn), away = 2 * std::cos(turn) - std::sin(turn);
    EXPECT_NEAR(p.x, 100 + across * view.pixels_per_mm, 1e-9);
    EXPECT_NEAR(p.y, 100 + (std::cos(tilt) - away * std::sin(tilt)) * view.pixels_per_mm, 1e-9);
    EXPECT_NEAR(p.depth, std::sin(tilt) + away * std::cos(tilt), 1e-9);
}

TEST(PointProjection, perspective_makes_far_things_smaller) {
    PointsLook look = orthographic(0, 0);
    look.perspective = true;
    const PointView view = point_view(cube(), look, 200, 200);
    const double d = 3.5 * std::sqrt(3.0);
    const ScreenPoint far = view.project({11, 20, 31}), near = view.project({11, 20, 29});
    EXPECT_NEAR((far.x - 100) / (near.x - 100), (d - 1) / (d + 1), 1e-9);
    EXPECT_NEAR(far.enlarge, d / (d + 1), 1e-12);
}

TEST(PointProjection, zoom_shift_and_stretch) {
    PointsLook look = orthographic(pi / 2, 0);
    const double plain = point_view(cube(), look, 300, 200).pixels_per_mm;
    look.zoom = 3;
    look.shift_x = 0.25;
    look.shift_y = -0.5;
    const PointView view = point_view(cube(), look, 300, 200);
    EXPECT_NEAR(view.pixels_per_mm, 3 * plain, 1e-9);
    EXPECT_NEAR(view.project({10, 20, 30}).x, 150 + 0.25 * 200, 1e-9);
    EXPECT_NEAR(view.project({10, 20, 30}).y, 100 - 0.5 * 200, 1e-9);
    look = orthographic(pi / 2, 0);
    look.stretch = 4;
    const PointView stretched = point_view(cube(), look, 200, 200);
    EXPECT_NEAR(stretched.radius, std::sqrt(1 + 1 + 16.0), 1e-9);
    EXPECT_NEAR(stretched.project({10, 20, 31}).x, 100 + 4 * stretched.pixels_per_mm, 1e-9);
}

TEST(PointProjection, nearer_points_cover_farther_ones_in_any_order) {
    SurfaceCloud cloud;
    cloud.low = {0, 0, 0};
    cloud.high = {2, 2, 2};
    const std::vector<std::uint8_t> rgb{255, 0, 0, 0, 255, 0};
    for (const bool near_first : {true, false}) {
        cloud.places =
            near_first ? std::vector<SpacePoint>{{1, 1, 0}, {1, 1, 2}} : std::vector<SpacePoint>{{1, 1, 2}, {1, 1, 0}};
        const PointView view = point_view(cloud, orthographic(0, 0), 100, 100);
        PointImage image;
        paint_points(cloud, view, rgb, 5, image);
        EXPECT_EQ(image.points[50 * 100 + 50], near_first ? 0 : 1);
        EXPECT_EQ(image.rgba[(50 * 100 + 50) * 4], near_first ? 255 : 0);
        EXPECT_EQ(std::count_if(image.points.begin(), image.points.end(), [](int p) { return p >= 0; }), 25);
        EXPECT_EQ(image.rgba[3], 0) << "no point: transparent";
        EXPECT_EQ(point_at(image, 54.2, 50, 3), near_first ? 0 : 1);
        EXPECT_EQ(point_at(image, 60, 50, 3), -1);
        // Seen from behind it is the other one.
        const PointView behind = point_view(cloud, orthographic(pi, 0), 100, 100);
        paint_points(cloud, behind, rgb, 5, image);
        EXPECT_EQ(image.points[50 * 100 + 50], near_first ? 1 : 0);
    }
}

TEST(PointProjection, points_beyond_the_screen_are_left_out) {
    SurfaceCloud cloud = cube();
    PointsLook look = orthographic(0, 0);
    look.shift_x = 100;
    PointImage image;
    paint_points(cloud, point_view(cloud, look, 50, 40), std::vector<std::uint8_t>(27, 9), 9, image);
    EXPECT_EQ(std::count(image.points.begin(), image.points.end(), -1), 50 * 40);
}

GatedImages depth_map(std::int64_t rows, std::int64_t columns) {
    GatedImages images;
    images.rows = rows;
    images.columns = columns;
    images.y = uniform_axis("y", "m", "", rows, 0, 1e-3);
    images.x = uniform_axis("x", "m", "", columns, 0, 2e-3);
    ImageLayer depth{"depth", "m", "", {}};
    for (std::int64_t i = 0; i < rows * columns; ++i) depth.values.push_back(0.1F + 1e-4F * static_cast<float>(i));
    images.layers.push_back(depth);
    images.mask.assign(static_cast<std::size_t>(rows * columns), 0);
    return images;
}

TEST(PointProjection, points_are_those_of_the_depth_map_without_masked_pixels_and_gaps) {
    GatedImages images = depth_map(3, 4);
    images.mask[0] = dead;
    images.layers[0].values[1] = std::numeric_limits<float>::quiet_NaN();
    const SurfaceCloud cloud = surface_cloud(images, 0, "scan.h5", {}, nullptr);
    ASSERT_EQ(cloud.places.size(), 10U);
    EXPECT_EQ(cloud.pixels.front(), 2);
    EXPECT_FLOAT_EQ(cloud.places.front()[0], 4);
    EXPECT_FLOAT_EQ(cloud.places.front()[1], 0);
    EXPECT_FLOAT_EQ(cloud.places.front()[2], 100.2F);
    EXPECT_FLOAT_EQ(cloud.high[0], 6);
    EXPECT_EQ(cloud.grid_step, 1);
    EXPECT_DOUBLE_EQ(cloud.pitch_mm, 2);
}

TEST(PointProjection, many_points_are_thinned_by_whole_steps_of_the_grid) {
    const SurfaceCloud cloud = surface_cloud(depth_map(10, 12), 0, "scan.h5", {}, nullptr, 30);
    EXPECT_EQ(cloud.grid_step, 2);
    EXPECT_EQ(cloud.places.size(), 5U * 6);
    EXPECT_EQ(cloud.points_in_all, 120);
    for (const std::int64_t pixel : cloud.pixels) {
        EXPECT_EQ(pixel / 12 % 2, 0);
        EXPECT_EQ(pixel % 12 % 2, 0);
    }
    EXPECT_FLOAT_EQ(cloud.high[0], 22) << "the box stays that of all points";
}

TEST(PointProjection, a_few_wrong_depths_do_not_stretch_the_box) {
    GatedImages images;
    images.rows = images.columns = 40;
    images.y = uniform_axis("y", "m", "", 40, 0, 1e-3);
    images.x = uniform_axis("x", "m", "", 40, 0, 1e-3);
    ImageLayer depth{"depth", "m", "", {}};
    for (int i = 0; i < 1600; ++i) depth.values.push_back(0.6F + 0.2F * static_cast<float>(i % 2));
    images.layers.push_back(depth);
    const SurfaceCloud plain = surface_cloud(images, 0, "a", {}, nullptr);
    EXPECT_FLOAT_EQ(plain.low[2], 600);
    EXPECT_FLOAT_EQ(plain.high[2], 800);
    EXPECT_EQ(plain.outside, 0);
    images.layers[0].values[7] = 0.01F;
    images.layers[0].values[900] = 5;
    images.layers[0].values[901] = 0.81F;  // not far from the others
    const SurfaceCloud cloud = surface_cloud(images, 0, "a", {}, nullptr);
    EXPECT_EQ(cloud.points_in_all, 1600);
    EXPECT_EQ(cloud.places.size(), 1600U) << "they are drawn all the same";
    EXPECT_EQ(cloud.outside, 2);
    EXPECT_NEAR(cloud.low[2], 580, 0.01);
    EXPECT_NEAR(cloud.high[2], 820, 0.01);
}

TEST(PointProjection, a_last_surface_is_a_second_point) {
    GatedImages images = depth_map(1, 2);
    const auto add = [&](const char* name, std::vector<float> values) {
        images.layers.push_back({name, "s", "", std::move(values)});
    };
    add("arrival", {1, 2});
    add("arrival_last", {1, 3});
    add("depth_last", {0.1F, 0.5F});
    const SurfaceCloud cloud = surface_cloud(images, 0, "scan.h5", {}, nullptr);
    ASSERT_EQ(cloud.places.size(), 3U);
    EXPECT_EQ(cloud.surfaces, (std::vector<std::uint8_t>{0, 0, 1}));
    EXPECT_EQ(cloud.pixels, (std::vector<std::int64_t>{0, 1, 1}));
    EXPECT_FLOAT_EQ(cloud.places[2][2], 500);
}

TEST(PointProjection, without_a_depth_or_lengths_it_says_so) {
    GatedImages images = depth_map(2, 2);
    EXPECT_THROW((void)surface_cloud(images, 1, "scan.h5", {}, nullptr), Error) << "no such view";
    images.x = index_axis("x", "", 2);
    EXPECT_THROW((void)surface_cloud(images, 0, "scan.h5", {}, nullptr), Error);
    EXPECT_EQ(surface_cloud(images, 0, "scan.h5", 1e-3, nullptr).places.size(), 4U);
    images.layers.clear();
    EXPECT_THROW((void)surface_cloud(images, 0, "scan.h5", {}, nullptr), Error);
}

TEST(PointProjection, the_box_is_drawn_behind_the_points_with_round_positions) {
    const SurfaceCloud cloud = cube();
    const PointView view = point_view(cloud, orthographic(0.5, 0.35), 400, 400);
    const PointBox box = point_box(cloud, view);
    EXPECT_EQ(box.edges.size(), 9U) << "the three at the nearest corner are left out";
    bool ten = false;
    for (const BoxLabel& label : box.labels) {
        if (label.axis == 0 && label.mm == 10) ten = true;
        EXPECT_GE(label.mm, cloud.low[static_cast<std::size_t>(label.axis)]);
        EXPECT_LE(label.mm, cloud.high[static_cast<std::size_t>(label.axis)]);
        EXPECT_NEAR(std::hypot(label.out_x, label.out_y), 1, 1e-9);
    }
    EXPECT_TRUE(ten);
}

TEST(PointProjection, points_are_as_large_as_closes_a_surface) {
    const SurfaceCloud cloud = surface_cloud(depth_map(20, 10), 0, "scan.h5", {}, nullptr);
    PointsLook look = orthographic(0, 0);
    const PointView view = point_view(cloud, look, 400, 400);
    EXPECT_GT(view.point_size(cloud, look), 2 * view.pixels_per_mm);  // 2 mm apart
    look.point_size = 3;
    EXPECT_EQ(view.point_size(cloud, look), 3);
}

}  // namespace
}  // namespace firstlight::viewer
