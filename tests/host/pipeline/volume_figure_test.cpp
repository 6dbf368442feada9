#include "host/pipeline/volume_figure.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "host/io/images.hpp"
#include "kernels/support/error.hpp"
#include "tests/host/io/python_fixture.hpp"
#include "tests/support/volume_examples.hpp"

namespace firstlight {
namespace {

using Along = Projection::Axis;
using What = Projection::What;

// A ball of 5 at voxel (4, 2, 7) and a weak wide haze elsewhere.
Volume ball() {
    return volume_of(11, 9, 13, [](std::int64_t z, std::int64_t y, std::int64_t x) {
        const std::int64_t far = std::abs(z - 4) + std::abs(y - 2) + std::abs(x - 7);
        return far < 2 ? 5.0 : 1.0 + 0.01 * static_cast<double>(z + y + x);
    });
}

TEST(VolumeFigure, slices_go_through_what_stands_out) {
    const auto pictures = volume_pictures(ball());
    ASSERT_EQ(pictures.size(), 6U);
    for (std::size_t k = 0; k < 6; ++k) {
        EXPECT_EQ(pictures[k].name, volume_picture_names()[k]);
        EXPECT_EQ(pictures[k].settings.what, k < 3 ? What::maximum : What::slice);
    }
    EXPECT_EQ(pictures[3].settings.index, 4);
    EXPECT_EQ(pictures[4].settings.index, 2);
    EXPECT_EQ(pictures[5].settings.index, 7);
    const auto middle = volume_pictures(volume_of(11, 9, 13, [](auto, auto, auto) { return NAN; }));
    EXPECT_EQ(middle[3].settings.index, 5);
    EXPECT_EQ(middle[4].settings.index, 4);
    EXPECT_EQ(middle[5].settings.index, 6);
}

TEST(VolumeFigure, images_keep_the_order_of_axes_and_say_where) {
    const Volume v = numbered_volume(3, 4, 5);
    const VolumeImage z = image_of(v, {"", {Along::z, What::slice, 2}}),
                      y = image_of(v, {"", {Along::y, What::slice, 1}}),
                      x = image_of(v, {"", {Along::x, What::slice, 4}});
    EXPECT_EQ(z.values[4 * 5 - 1], v.values.back());
    EXPECT_EQ(y.values[1], v.values[5 + 1]);
    EXPECT_EQ(x.values[1], v.values[5 + 4]);
    EXPECT_EQ(z.down.size, 4);
    EXPECT_EQ(z.across.size, 5);
    EXPECT_EQ(y.down.size, 3);
    EXPECT_EQ(y.across.size, 5);
    EXPECT_EQ(x.down.size, 3);
    EXPECT_EQ(x.across.size, 4);
    EXPECT_EQ(z.unit, "1/m");
    // The largest z has the largest value: its position is that of the last plane.
    const VolumeImage where = image_of(v, {"", {Along::z, What::maximum}, true});
    EXPECT_EQ(where.unit, "m");
    for (const float m : where.values) EXPECT_FLOAT_EQ(m, 0.8e-3f);
    const VolumeImage nowhere =
        image_of(volume_of(3, 4, 5, [](auto, auto, auto) { return NAN; }), {"", {Along::z, What::maximum}, true});
    for (const float m : nowhere.values) EXPECT_TRUE(std::isnan(m));
}

// How many pixels of the figure are in the colours of the image: counted along a row and a column through its middle.
struct Extent {
    std::int64_t rows = 0, columns = 0;
};
Extent image_extent(const PngImage& png) {
    Extent e;
    const auto coloured = [&](std::int64_t y, std::int64_t x) {  // of the inferno map's bright end, which no word has
        const auto* p = png.samples.data() + 3 * (y * png.columns + x);
        return p[0] > 240 && p[1] > 240 && p[2] < 180;
    };
    for (std::int64_t y = 0; y < png.rows; ++y) {
        std::int64_t run = 0, longest = 0;
        for (std::int64_t x = 0; x < png.columns; ++x) {
            run = coloured(y, x) ? run + 1 : 0;
            longest = std::max(longest, run);
        }
        if (longest < 100) continue;  // the colour bar is narrower
        ++e.rows;
        e.columns = std::max(e.columns, longest);
    }
    return e;
}

// A volume of one bright value on an oblong grid: the drawn rectangle has the sides of the volume.
TEST(VolumeFigure, lengths_are_true_to_scale) {
    const ScratchFolder folder("volume_figures");
    Recipe recipe = load_recipe("transmission");
    set_parameter(recipe, "tone_map.colormap", "inferno");
    set_parameter(recipe, "tone_map.low_percentile", "0");
    set_parameter(recipe, "tone_map.high_percentile", "50");
    // Dark in one corner, so that all else is at the window's upper end.
    const Volume v = volume_of(
        40, 10, 20, [](std::int64_t z, std::int64_t y, std::int64_t x) { return z == 0 && y == 0 && x == 0 ? 0 : 1; });
    // mm: 16 along z, 20 along y, 30 along x.
    const std::array<std::pair<VolumePicture, double>, 3> sides{{{{"a", {Along::z, What::mean}}, 20.0 / 30},
                                                                 {{"b", {Along::y, What::mean}}, 16.0 / 30},
                                                                 {{"c", {Along::x, What::mean}}, 16.0 / 20}}};
    for (const auto& [picture, ratio] : sides) {
        const auto path = folder.path / (picture.name + ".png");
        write_volume_figure(path, v, picture, recipe, "scan.h5", false);
        const Extent e = image_extent(read_png(path));
        ASSERT_GT(e.columns, 300);
        EXPECT_NEAR(static_cast<double>(e.rows) / static_cast<double>(e.columns), ratio, 0.02) << picture.name;
    }
}

// Rods of 500 and 400 fill less than a hundredth of the image: percentiles would draw both in the last colour.
TEST(VolumeFigure, small_bright_things_keep_their_differences) {
    const Recipe recipe = load_recipe("transmission");
    ImageLayer layer{"mu", "1/m", "", std::vector<float>(10000, 1.0F)};
    layer.values[5] = 500;
    layer.values[7] = 400;
    layer.values[9] = std::numeric_limits<float>::quiet_NaN();
    const ToneMap::Params tone = volume_tone(recipe, layer, false);
    EXPECT_EQ(tone.window, ToneMap::WindowFrom::fixed);
    EXPECT_EQ(tone.low, 0);
    EXPECT_EQ(tone.high, 500);
    EXPECT_EQ(volume_tone(recipe, layer, true).window, ToneMap::WindowFrom::percentiles);
    std::fill(layer.values.begin() + 100, layer.values.begin() + 300, -2.0F);
    EXPECT_EQ(volume_tone(recipe, layer, false).low, -2);
    Recipe given = load_recipe("transmission");
    set_parameter(given, "tone_map.high_percentile", "90");
    EXPECT_EQ(volume_tone(given, layer, false).window, ToneMap::WindowFrom::percentiles);
    layer.values.assign(10, 0.0F);
    EXPECT_EQ(volume_tone(recipe, layer, false).window, ToneMap::WindowFrom::percentiles);
}

TEST(VolumeFigure, titles_of_narrow_figures_break_where_they_should) {
    const Volume v = numbered_volume(4, 5, 6);
    const VolumePicture slice{"slice_x", {Along::x, What::slice, 3}}, most{"max_z", {Along::z, What::maximum}};
    EXPECT_EQ(volume_title("confocal.h5", v, slice, 300), "confocal.h5: mu\nslice x = 3 at 0.75 mm");
    EXPECT_EQ(volume_title("confocal.h5", v, slice, 720), "confocal.h5: mu, slice x = 3 at 0.75 mm");
    EXPECT_EQ(volume_title("c.h5", v, most, 24), "c.h5: mu, maximum along z");
}

TEST(VolumeFigure, any_volume_can_be_drawn) {
    const ScratchFolder folder("volume_figures_any");
    const Recipe recipe = load_recipe("transmission");
    Volume index = numbered_volume(4, 5, 6);
    index.z = index_axis("z", "z", 4);
    for (const Volume& v :
         {numbered_volume(1, 1, 1), numbered_volume(1, 40, 2), numbered_volume(300, 2, 2), numbered_volume(3, 1, 700),
          index, volume_of(2, 3, 4, [](auto, auto, auto) { return NAN; })})
        for (VolumePicture picture : volume_pictures(v)) {
            const auto path = folder.path / "v.png";
            write_volume_figure(path, v, picture, recipe, "scan.h5", true);
            const PngImage png = read_png(path);
            EXPECT_GE(png.columns, 512);
            EXPECT_LE(png.columns, 3000);
            EXPECT_LE(png.rows, 3000);
            // White all around: nothing is cut.
            for (std::int64_t x = 0; x < png.columns; ++x)
                for (std::size_t c = 0; c < 3; ++c) {
                    ASSERT_EQ(png.samples[static_cast<std::size_t>(3 * x) + c], 255);
                    ASSERT_EQ(png.samples[static_cast<std::size_t>(3 * ((png.rows - 1) * png.columns + x)) + c], 255);
                }
            for (std::int64_t y = 0; y < png.rows; ++y)
                for (std::size_t c = 0; c < 3; ++c) {
                    ASSERT_EQ(png.samples[static_cast<std::size_t>(3 * y * png.columns) + c], 255);
                    ASSERT_EQ(png.samples[static_cast<std::size_t>(3 * ((y + 1) * png.columns - 1)) + c], 255);
                }
        }
}

}  // namespace
}  // namespace firstlight
