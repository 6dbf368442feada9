#include "viewer/volume/volume_slices.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <limits>

#include "kernels/rendering/colormaps.hpp"

namespace firstlight::viewer {
namespace {

using Along = Projection::Axis;
using What = Projection::What;
constexpr float nan_f = std::numeric_limits<float>::quiet_NaN();

// Voxel (z, y, x) is 100 z + 10 y + x; steps of 1, 2 and 4 mm.
std::shared_ptr<Result> digits(std::int64_t nz = 3, std::int64_t ny = 4, std::int64_t nx = 5) {
    auto result = std::make_shared<Result>();
    Volume v;
    v.z = uniform_axis("z", "m", "", nz, 0, 1e-3);
    v.y = uniform_axis("y", "m", "", ny, -3e-3, 2e-3);
    v.x = uniform_axis("x", "m", "", nx, 10e-3, -4e-3);
    for (std::int64_t z = 0; z < nz; ++z)
        for (std::int64_t y = 0; y < ny; ++y)
            for (std::int64_t x = 0; x < nx; ++x) v.values.push_back(static_cast<float>(100 * z + 10 * y + x));
    result->volume = std::move(v);
    return result;
}

ToneMap::Params gray(double low, double high) {
    ToneMap::Params tone;
    tone.colormap = Colormap::gray;
    tone.window = ToneMap::WindowFrom::fixed;
    tone.low = low;
    tone.high = high;
    return tone;
}

TEST(VolumeSlices, a_slice_shows_the_voxels_of_its_plane) {
    VolumeSlices slices([] {});
    slices.show(digits());
    const ToneMap::Params tone = gray(0, 255);  // a value is its own grey
    const ToneWindow window = *slices.window(tone, What::slice);
    const auto z = slices.colours({Along::z, What::slice, 2}, tone, window);
    ASSERT_EQ(z.size(), 4U * 5 * 3);
    EXPECT_EQ(z[(3 * 5 + 4) * 3], 234);
    const auto y = slices.colours({Along::y, What::slice, 1}, tone, window);
    ASSERT_EQ(y.size(), 3U * 5 * 3);
    EXPECT_EQ(y[(2 * 5 + 3) * 3], 213);
    const auto x = slices.colours({Along::x, What::slice, 4}, tone, window);
    ASSERT_EQ(x.size(), 3U * 4 * 3);
    EXPECT_EQ(x[(1 * 4 + 2) * 3], 124);
}

TEST(VolumeSlices, projections_are_those_of_the_kernels_whether_made_at_once_or_in_a_thread) {
    const auto result = digits();
    std::atomic<int> woken = 0;
    VolumeSlices at_once([] {}), in_a_thread([&] { ++woken; }, 0);
    at_once.show(result);
    in_a_thread.show(result);
    for (const Along along : {Along::z, Along::y, Along::x})
        for (const What what : {What::maximum, What::mean, What::sum}) {
            const auto now = at_once.projection(along, what);
            ASSERT_NE(now, nullptr);
            EXPECT_EQ(now->values, image_of(*result->volume, {"", {along, what, 0}}).values);
            (void)in_a_thread.projection(along, what);
        }
    in_a_thread.wait();
    EXPECT_GT(woken, 0);
    const auto later = in_a_thread.projection(Along::x, What::sum);
    ASSERT_NE(later, nullptr);
    EXPECT_EQ(later->values[0], 0 + 1 + 2 + 3 + 4);
    EXPECT_EQ(later.get(), in_a_thread.projection(Along::x, What::sum).get()) << "made twice";
}

TEST(VolumeSlices, the_window_is_over_the_whole_volume_and_of_sums_over_their_images) {
    VolumeSlices slices([] {});
    const auto result = digits();
    result->volume->values[7] = nan_f;
    slices.show(result);
    ToneMap::Params tone;
    tone.low_percentile = 0;
    tone.high_percentile = 100;
    EXPECT_EQ(slices.window(tone, What::slice)->low, 0);
    EXPECT_EQ(slices.window(tone, What::slice)->high, 234);
    EXPECT_EQ(slices.window(tone, What::maximum)->high, 234);
    EXPECT_EQ(slices.window(tone, What::sum)->high, 230 + 231 + 232 + 233 + 234);
    tone.scale = ToneMap::Scale::log;
    EXPECT_EQ(slices.window(tone, What::slice)->low, 1) << "values above 0 only";
}

TEST(VolumeSlices, another_volume_takes_the_place_of_all_that_was_made) {
    VolumeSlices slices([] {}, 0);
    slices.show(digits());
    (void)slices.projection(Along::z, What::maximum);
    const std::uint64_t before = slices.number();
    const auto other = digits(2, 2, 2);
    slices.show(other);
    EXPECT_NE(slices.number(), before);
    (void)slices.projection(Along::z, What::maximum);
    slices.wait();
    ASSERT_NE(slices.projection(Along::z, What::maximum), nullptr);
    EXPECT_EQ(slices.projection(Along::z, What::maximum)->values.size(), 4U);
    slices.show(std::make_shared<Result>());
    EXPECT_EQ(slices.volume(), nullptr);
    EXPECT_EQ(slices.projection(Along::z, What::maximum), nullptr);
    EXPECT_FALSE(slices.window({}, What::slice).has_value());
}

TEST(VolumeSlices, the_brightest_voxel_of_a_line_is_found) {
    VolumeSlices slices([] {});
    const auto result = digits();
    result->volume->values[(1 * 4 + 2) * 5 + 3] = 999;
    slices.show(result);
    EXPECT_EQ(slices.brightest(Along::z, {0, 2, 3}), (VoxelAt{1, 2, 3}));
    EXPECT_EQ(slices.brightest(Along::y, {1, 0, 3}), (VoxelAt{1, 2, 3}));
    EXPECT_EQ(slices.brightest(Along::x, {0, 0, 0}), (VoxelAt{0, 0, 4}));
    EXPECT_EQ(slices.value({2, 1, 3}), 213);
}

TEST(VolumeSlices, planes_that_nobody_moved_are_those_that_hold_the_most) {
    auto result = std::make_shared<Result>();
    Volume v;
    v.z = uniform_axis("z", "m", "", 6, 0, 1e-3);
    v.y = uniform_axis("y", "m", "", 4, 0, 1e-3);
    v.x = uniform_axis("x", "m", "", 5, 0, 1e-3);
    v.values.assign(120, std::numeric_limits<float>::quiet_NaN());
    result->volume = v;
    for (const std::int64_t at_once : {std::int64_t{1000}, std::int64_t{0}}) {
        VolumeSlices slices([] {}, at_once);
        slices.show(result);
        slices.wait();
        EXPECT_EQ(slices.cursor({}), (VoxelAt{3, 2, 2})) << "no voxel has a value";
        auto lit = std::make_shared<Result>(*result);
        lit->volume->values[(1 * 4 + 3) * 5 + 4] = -2;
        lit->volume->values[(4 * 4 + 2) * 5 + 1] = 7;
        for (const int neighbour : {(4 * 4 + 2) * 5 + 2, (4 * 4 + 1) * 5 + 1})
            lit->volume->values[static_cast<std::size_t>(neighbour)] = 4;
        lit->volume->values[0] = 9;  // the brightest voxel, alone at an edge
        slices.show(lit);
        slices.wait();
        EXPECT_EQ(slices.cursor({}), (VoxelAt{4, 2, 1}));
        EXPECT_EQ(slices.cursor({.z = 0, .y = -1, .x = 99}), (VoxelAt{0, 2, 4}));
    }
}

TEST(VolumeSlices, a_window_that_is_none_becomes_one) {
    const std::vector<float> dark{-1, 0, nan_f};
    ToneMap::Params tone;
    tone.scale = ToneMap::Scale::log;
    EXPECT_GT(sound_window(tone, dark.data(), nullptr, 3).low, 0);
    const ToneWindow turned = sound_window(gray(5, 5), dark.data(), nullptr, 3);
    EXPECT_LT(turned.low, turned.high);
    tone = gray(-1, 10);
    tone.scale = ToneMap::Scale::log;
    EXPECT_GT(sound_window(tone, dark.data(), nullptr, 3).low, 0);
    tone = {};
    tone.low_percentile = tone.high_percentile = 100;
    EXPECT_LT(sound_window(tone, dark.data(), nullptr, 3).low, sound_window(tone, dark.data(), nullptr, 3).high);
}

TEST(VolumeSlices, what_has_no_value_has_a_colour_of_its_own) {
    ValueColours colours;
    colours.set(gray(0, 255), {0, 255});
    const std::uint8_t masked = hot, fine = 0;
    const auto rgb = colours.colour({7, nan_f});
    EXPECT_EQ(rgb[0], 7);
    EXPECT_EQ(rgb[3], std::lround(no_value_colour.red * 255));
    EXPECT_EQ(colours.colour({7}, &masked)[2], std::lround(no_value_colour.blue * 255));
    EXPECT_EQ(colours.colour({7}, &fine)[2], 7);
}

TEST(VolumeLayout, lengths_are_true_to_scale_and_planes_that_share_an_axis_are_in_line) {
    const auto result = digits(30, 10, 10);  // 30 x 20 x 40 mm
    const Volume& v = *result->volume;
    for (const auto& [w, h] : {std::pair(400.0, 600.0), std::pair(1600.0, 300.0), std::pair(220.0, 1500.0)}) {
        const VolumeLayout layout = layout_of(v, w, h, 8);
        EXPECT_TRUE(layout.lengths_known);
        EXPECT_NEAR(layout.planes[0].width / layout.planes[0].height, 40.0 / 20, 1e-9);
        EXPECT_NEAR(layout.planes[1].width / layout.planes[1].height, 40.0 / 30, 1e-9);
        EXPECT_NEAR(layout.planes[2].width / layout.planes[2].height, 20.0 / 30, 1e-9);
        EXPECT_NEAR(layout.planes[0].width, layout.planes[1].width, 1e-9);
        EXPECT_NEAR(layout.planes[0].width, 40e-3 * layout.scale, 1e-9);
        EXPECT_LE(layout.width, w + 1e-9);
        EXPECT_LE(layout.height, h + 1e-9);
    }
    const VolumeLayout square = layout_of(v, 400, 400, 8);
    EXPECT_EQ(square.planes[0].left, square.planes[1].left);
    EXPECT_EQ(square.planes[1].top, square.planes[2].top);
    const VolumeLayout row = layout_of(v, 1600, 200, 8);
    EXPECT_EQ(row.planes[2].top, 0);
    EXPECT_GT(row.planes[2].left, row.planes[1].left);
}

TEST(VolumeLayout, a_place_in_a_plane_is_a_voxel_and_back) {
    const auto result = digits(30, 10, 12);
    const Volume& v = *result->volume;
    const VolumeLayout layout = layout_of(v, 400, 600, 8);
    const VoxelAt now{17, 3, 9};
    for (std::size_t plane = 0; plane < 3; ++plane) {
        const PlanePoint p = middle_of(v, layout, plane, now);
        EXPECT_EQ(voxel_under(v, layout, plane, p.x, p.y, now), now) << plane;
        VoxelAt corner = now;
        if (plane != 0) corner.z = 0;
        if (plane != 1) corner.y = 0;
        if (plane != 2) corner.x = 0;
        EXPECT_EQ(voxel_under(v, layout, plane, -1e6, -1e6, now), corner);
        const VoxelAt far = voxel_under(v, layout, plane, 1e6, 1e6, now);
        EXPECT_EQ(far.x, plane == 2 ? 9 : 11);
        EXPECT_EQ(far.z, plane == 0 ? 17 : 29);
    }
}

TEST(VolumeLayout, axes_without_lengths_make_cubes_and_a_single_voxel_is_as_long_as_the_others) {
    auto result = digits(1, 10, 10);
    EXPECT_NEAR(layout_of(*result->volume, 400, 400, 0).voxel_m[0], 2e-3, 1e-12);
    result->volume->y = index_axis("y", "", 10);
    const VolumeLayout cubes = layout_of(*result->volume, 400, 400, 0);
    EXPECT_FALSE(cubes.lengths_known);
    EXPECT_EQ(cubes.planes[0].width, cubes.planes[0].height);
}

TEST(VolumeLayout, scale_bars_have_round_lengths) {
    EXPECT_DOUBLE_EQ(round_length(0.0123), 0.01);
    EXPECT_DOUBLE_EQ(round_length(0.0049), 0.002);
    EXPECT_DOUBLE_EQ(round_length(0.5), 0.5);
    EXPECT_EQ(round_length(0), 0);
}

TEST(VolumeSlices, positions_are_in_mm) {
    const auto result = digits();
    EXPECT_EQ(place_of(result->volume->y, 1), "-1 mm");
    EXPECT_EQ(place_of(result->volume->x, 0), "10 mm");
    EXPECT_EQ(place_of(index_axis("z", "", 4), 3), "voxel 3");
    EXPECT_EQ(tone_name(*result->volume, What::sum), "mu sum");
    EXPECT_EQ(tone_name(*result->volume, What::mean), "mu");
}

}  // namespace
}  // namespace firstlight::viewer
