#include "host/io/figure.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "host/io/bitmap_font.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

std::vector<std::string> labels(double low, double high, bool log) {
    std::vector<std::string> result;
    for (const Tick& tick : ticks(low, high, log)) result.push_back(tick.label);
    return result;
}

TEST(Figure, ticks_are_round_and_inside) {
    EXPECT_EQ(labels(0, 1, false), (std::vector<std::string>{"0.0", "0.2", "0.4", "0.6", "0.8", "1.0"}));
    EXPECT_EQ(labels(-3, 11, false), (std::vector<std::string>{"-2", "0", "2", "4", "6", "8", "10"}));
    EXPECT_EQ(labels(0.013, 970, true), (std::vector<std::string>{"0.1", "1", "10", "100"}));
    EXPECT_EQ(labels(1, 30, true), (std::vector<std::string>{"1", "2", "5", "10", "20"}));
    EXPECT_TRUE(labels(1, 1, false).empty());
    EXPECT_TRUE(labels(0, INFINITY, false).empty());
    for (double low = -7.3; low < 3; low += 1.7)
        for (double width = 1e-6; width < 1e7; width *= 2.7) {
            const auto found = ticks(low, low + width, false);
            EXPECT_GE(found.size(), 2U) << low << " " << width;
            EXPECT_LE(found.size(), 9U) << low << " " << width;
            for (const Tick& tick : found) {
                EXPECT_GE(tick.value, low - width * 1e-5);
                EXPECT_LE(tick.value, low + width * 1.00001);
                EXPECT_NEAR(std::stod(tick.label), tick.value, width * 1e-3) << low << " " << width;
            }
        }
    for (double ratio = 1.1; ratio < 1e40; ratio *= 3) {
        EXPECT_GE(ticks(0.03, 0.03 * ratio, true).size(), 2U) << ratio;
        EXPECT_LE(ticks(0.03, 0.03 * ratio, true).size(), 9U) << ratio;
    }
}

TEST(Figure, units_are_readable) {
    EXPECT_EQ(readable_unit("s", 3e-10), (std::pair<std::string, double>("ps", 1e12)));
    EXPECT_EQ(readable_unit("s", 3e-8), (std::pair<std::string, double>("ns", 1e9)));
    EXPECT_EQ(readable_unit("m", 0.25), (std::pair<std::string, double>("mm", 1e3)));
    EXPECT_EQ(readable_unit("counts", 512), (std::pair<std::string, double>("counts", 1)));
    EXPECT_EQ(readable_unit("counts", 5e7).first, "10⁶ counts");
    EXPECT_EQ(readable_unit("", 2e-5).first, "10⁻⁶");
    EXPECT_EQ(readable_unit("counts", 0), (std::pair<std::string, double>("counts", 1)));
}

TEST(Figure, every_letter_has_a_shape_of_its_own) {
    std::string all = "µσ°×·–⁰¹²³⁴⁵⁶⁷⁸⁹⁻";
    for (char c = '!'; c <= '~'; ++c)
        if (c != 'O') all += c;  // as 0
    const auto glyphs = glyphs_of(all);
    EXPECT_EQ(glyphs.size(), 17U + 93U);
    const auto shape = [](const Glyph& glyph) {
        std::string dots;
        for (int row = 0; row < Glyph::rows; ++row)
            for (int column = 0; column < Glyph::columns; ++column) dots += glyph.dot(row, column) ? '#' : '.';
        return dots;
    };
    const std::string box = shape(glyphs_of("\u4e2d").front());
    for (std::size_t a = 0; a < glyphs.size(); ++a) {
        EXPECT_NE(shape(glyphs[a]), box);
        EXPECT_NE(shape(glyphs[a]).find('#'), std::string::npos);
        for (std::size_t b = 0; b < a; ++b) EXPECT_NE(shape(glyphs[a]), shape(glyphs[b])) << a << " " << b;
    }
    EXPECT_EQ(shape(glyphs_of("\xe2\x81").front()), box);  // cut in the middle of a letter
    EXPECT_EQ(shape(glyphs_of(" ").front()).find('#'), std::string::npos);
}

struct Example {
    std::vector<std::uint8_t> rgb;
    Figure figure;
    Example(std::int64_t rows, std::int64_t columns) : rgb(static_cast<std::size_t>(3 * rows * columns)) {
        for (std::size_t i = 0; i < rgb.size(); ++i) rgb[i] = static_cast<std::uint8_t>(i * 37 % 251);
        figure.rgb = rgb.data();
        figure.rows = rows;
        figure.columns = columns;
        figure.title = "a scan: ballistic";
        figure.caption = "window 1 % to 99.5 %";
        figure.quantity = "ballistic";
        figure.unit = "counts";
        figure.high = 100;
        figure.bar = {{{0, 0, 0}}, {{1, 0, 0}}};
        figure.pixel_width_m = figure.pixel_height_m = 1e-4;
    }
};

TEST(Figure, every_pixel_is_a_block_of_its_colour) {
    for (const auto& [rows, columns] : {std::pair{1, 1}, std::pair{64, 64}, std::pair{31, 257}, std::pair{3, 600}}) {
        const Example example(rows, columns);
        const Drawing d = draw_figure(example.figure);
        EXPECT_GE(d.block_columns * columns, 512);
        for (std::int64_t y = 0; y < rows; ++y)
            for (std::int64_t x = 0; x < columns; ++x)
                for (const auto& [v, u] :
                     {std::pair<std::int64_t, std::int64_t>{0, 0}, {d.block_rows - 1, d.block_columns - 1}}) {
                    const auto at =
                        3 * ((d.image_y + y * d.block_rows + v) * d.columns + d.image_x + x * d.block_columns + u);
                    const auto from = static_cast<std::size_t>(3 * (y * columns + x));
                    for (std::size_t k = 0; k < 3; ++k)
                        ASSERT_EQ(d.rgb[static_cast<std::size_t>(at) + k], example.rgb[from + k] * 257);
                }
    }
}

// Whatever is written, a white margin stays all around: nothing is clipped.
TEST(Figure, nothing_touches_the_edge) {
    for (const auto& [rows, columns] : {std::pair{1, 1}, std::pair{64, 64}, std::pair{300, 20}, std::pair{3, 600}}) {
        Example example(rows, columns);
        example.figure.title = "a very long title that says everything there is to say about this one scan of a target";
        example.figure.caption = std::string(300, 'W') + " and\na second line";
        example.figure.quantity = "a long name of what the colours mean";
        example.figure.no_value = {{0.7, 0.8, 0.9}};
        const Drawing d = draw_figure(example.figure);
        ASSERT_EQ(d.rgb.size(), static_cast<std::size_t>(3 * d.rows * d.columns));
        for (std::int64_t y = 0; y < d.rows; ++y)
            for (std::int64_t x = 0; x < d.columns; ++x)
                if (y < 8 || x < 8 || y >= d.rows - 8 || x >= d.columns - 8) {
                    ASSERT_EQ(d.rgb[static_cast<std::size_t>(3 * (y * d.columns + x))], 65535) << x << " " << y;
                }
    }
}

TEST(Figure, oblong_pixels_become_oblong_blocks) {
    Example example(32, 128);
    example.figure.pixel_height_m = 3e-4;
    EXPECT_EQ(draw_figure(example.figure).block_rows, 3 * draw_figure(example.figure).block_columns);
    example.figure.pixel_height_m = 0.5e-4;
    EXPECT_EQ(2 * draw_figure(example.figure).block_rows, draw_figure(example.figure).block_columns);
}

TEST(Figure, every_part_shows) {
    const auto drawn = [](auto change) {
        Example example(32, 32);
        change(example.figure);
        return draw_figure(example.figure).rgb;
    };
    const auto plain = drawn([](Figure&) {});
    EXPECT_NE(plain, drawn([](Figure& f) { f.title = "another"; }));
    EXPECT_NE(plain, drawn([](Figure& f) { f.caption = "another"; }));
    EXPECT_NE(plain, drawn([](Figure& f) { f.unit = "s"; }));
    EXPECT_NE(plain, drawn([](Figure& f) { f.high = 90; }));
    EXPECT_NE(plain, drawn([](Figure& f) { f.low = 1, f.log = true; }));
    EXPECT_NE(plain, drawn([](Figure& f) { f.bar.clear(); }));
    EXPECT_NE(plain, drawn([](Figure& f) { f.no_value = {{0, 0, 1}}; }));
    EXPECT_NE(plain, drawn([](Figure& f) { f.pixel_width_m = 0; }));
    EXPECT_THROW(drawn([](Figure& f) { f.rows = 0; }), Error);
}

}  // namespace
}  // namespace firstlight
