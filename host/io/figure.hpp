// A figure: a tone-mapped image with title, colour bar, scale bar and caption, as PNG. It knows nothing of the tone
// map; whoever made the colours says what they mean.
//
//   Figure f;
//   f.rgb = rgb.data(); f.rows = 64; f.columns = 64; f.bits = 8;
//   f.title = "bars_od8.h5: ballistic";
//   f.quantity = "ballistic"; f.unit = "counts"; f.low = 0; f.high = 120; f.bar = colours_low_to_high;
//   f.pixel_width_m = f.pixel_height_m = 1e-4;
//   f.caption = "gate 460 to 520 ps, window 1 % to 99.5 %, gamma 1";
//   write_figure_png("ballistic.png", f, force);
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace firstlight {

// One side of the image: what its rows or columns stand for.
struct FigureAxis {
    std::string name;            // "z (mm)"
    double first = 0, last = 1;  // in the name's unit, at the outer edges of the first and last row or column
};

struct Figure {
    const void* rgb = nullptr;  // [rows][columns][3], 8 or 16 bits per channel
    std::int64_t rows = 0, columns = 0;
    int bits = 8;

    std::string title;
    std::string caption;  // wrapped to the figure's width

    // The colour bar. Its colours stand at equal distances in value, or in log value when `log`.
    std::string quantity, unit;
    double low = 0, high = 1;
    bool log = false;
    std::vector<std::array<double, 3>> bar;         // sRGB 0..1, at least 2; empty: no colour bar
    std::optional<std::array<double, 3>> no_value;  // set: a legend says that this colour means "no value"

    double pixel_width_m = 0, pixel_height_m = 0;  // 0: not known, no scale bar
    std::optional<FigureAxis> across, down;        // set: ticks below and left of the image, in place of a scale bar
};

// Small images are enlarged by whole numbers, nearest neighbour, to at least 512 columns (less where that would make
// more than 2,048 rows); oblong pixels become oblong blocks. Errors: as write_png.
void write_figure_png(const std::filesystem::path& path, const Figure& figure, bool force);

// The drawing itself.
struct Drawing {
    std::int64_t rows = 0, columns = 0;
    std::vector<std::uint16_t> rgb;                                            // [rows][columns][3], 0..65535
    std::int64_t image_x = 0, image_y = 0, block_columns = 1, block_rows = 1;  // where the image is, size of a pixel
};
Drawing draw_figure(const Figure& figure);

// Round numbers for the ticks of a colour bar from low to high, with their labels; 2 to 9 of them where low < high.
struct Tick {
    double value = 0;
    std::string label;
};
std::vector<Tick> ticks(double low, double high, bool log);

// A unit with the SI prefix that suits `largest`, and what to multiply values by: ("s", 3e-10) -> {"ps", 1e12}. Only s
// and m take prefixes; other units get a power of ten when numbers would be long: ("counts", 5e7) -> {"10⁶ counts",
// 1e-6}.
std::pair<std::string, double> readable_unit(const std::string& unit, double largest);

}  // namespace firstlight
