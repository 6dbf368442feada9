#include "host/simulation/patterns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "host/io/images.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

constexpr double most_cells = 1 << 26;
constexpr double pi = 3.14159265358979323846;
constexpr double mm = 1e-3, um = 1e-6;

void require_positive(const char* what, double value) {
    if (!(value > 0) || !std::isfinite(value))
        throw Error(ExitCode::bad_input, fmt::format("scene: {} of a pattern is {:g}", what, value),
                    "expected more than 0");
}

Pattern empty_pattern(double width_m, double height_m, double pitch_m) {
    require_positive("the width", width_m);
    require_positive("the height", height_m);
    require_positive("the cell size", pitch_m);
    const double columns = std::ceil(width_m / pitch_m - 1e-6);
    const double rows = std::ceil(height_m / pitch_m - 1e-6);
    if (columns * rows > most_cells)
        throw Error(ExitCode::bad_input, fmt::format("scene: a pattern would have {:g} x {:g} cells", rows, columns),
                    "at most 2^26 are allowed", "give the target a larger cell_um");
    Pattern p;
    p.rows = static_cast<std::int64_t>(rows);
    p.columns = static_cast<std::int64_t>(columns);
    p.pitch_m = pitch_m;
    p.values.assign(static_cast<std::size_t>(p.rows * p.columns), 0.0F);
    p.outside = 0;
    return p;
}

// Fills the cells whose centre, from the grid's lower left corner, fulfils `inside`.
template <class Inside>
void fill(Pattern& p, const Inside& inside) {
    for (std::int64_t i = 0; i < p.rows; ++i)
        for (std::int64_t j = 0; j < p.columns; ++j)
            if (inside((static_cast<double>(j) + 0.5) * p.pitch_m, (static_cast<double>(i) + 0.5) * p.pitch_m))
                p.values[static_cast<std::size_t>(i * p.columns + j)] = 1.0F;
}

}  // namespace

Pattern bar_groups(const std::vector<double>& bar_widths_m, double pitch_m) {
    if (bar_widths_m.empty())
        throw Error(ExitCode::bad_input, "scene: bar groups without bar widths", "", "give bar_widths_um = [400, 200]");
    double width = 0;
    double widest = 0;
    for (const double w : bar_widths_m) {
        require_positive("a bar width", w);
        width += 7 * w;  // five of bars and a bar's width on each side
        widest = std::max(widest, w);
    }
    Pattern p = empty_pattern(width, 13 * widest, pitch_m);
    fill(p, [&](double x, double y) {
        double left = 0;
        for (const double w : bar_widths_m) {
            const double u = (x - left) / w - 1;      // 0..5 across the group
            const double v = (y - 6.5 * widest) / w;  // 0 in the middle
            const bool across = u >= 0 && u < 5;
            const bool on_bar_x = across && static_cast<int>(u) % 2 == 0;
            const double from_middle = std::abs(v) - 0.5;  // 0..5 in each half
            const bool in_half = from_middle >= 0 && from_middle < 5;
            if (across && in_half && (v < 0 ? on_bar_x : static_cast<int>(from_middle) % 2 == 0)) return true;
            left += 7 * w;
        }
        return false;
    });
    return p;
}

Pattern siemens_star(std::int64_t wedges, double radius_m, double inner_radius_m, double pitch_m) {
    require_positive("the number of wedges", static_cast<double>(wedges));
    Pattern p = empty_pattern(2 * radius_m, 2 * radius_m, pitch_m);
    const double middle = 0.5 * static_cast<double>(p.columns) * pitch_m;
    fill(p, [&](double x, double y) {
        const double r = std::hypot(x - middle, y - middle);
        const double turn = std::atan2(y - middle, x - middle) / (2 * pi) + 1;
        const double wedge = turn * static_cast<double>(wedges);
        return r >= inner_radius_m && r < radius_m && wedge - std::floor(wedge) < 0.5;
    });
    return p;
}

Pattern rectangle(double width_m, double height_m, double pitch_m) {
    Pattern p = empty_pattern(width_m, height_m, pitch_m);
    fill(p, [](double, double) { return true; });
    return p;
}

Pattern disk(double radius_m, double pitch_m) {
    Pattern p = empty_pattern(2 * radius_m, 2 * radius_m, pitch_m);
    const double middle = 0.5 * static_cast<double>(p.columns) * pitch_m;
    fill(p, [&](double x, double y) { return std::hypot(x - middle, y - middle) < radius_m; });
    return p;
}

Pattern png_mask(const std::filesystem::path& path, double width_m) {
    require_positive("the width", width_m);
    GrayImage image = read_png_gray(path);
    Pattern p;
    p.rows = image.rows;
    p.columns = image.columns;
    p.pitch_m = width_m / static_cast<double>(image.columns);
    p.values = std::move(image.values);
    p.outside = 0;
    return p;
}

Pattern read_pattern(TomlTable& t, double pixel_m, const std::filesystem::path& folder) {
    const std::string kind = t.one_of("pattern", {"bars", "star", "rectangle", "disk", "png"}, "");
    const auto cell = [&] { return t.number("cell_um", 0.25 * pixel_m / um) * um; };
    Pattern p;
    if (kind == "bars") {
        std::vector<double> widths = t.numbers("bar_widths_um");
        for (double& w : widths) w *= um;
        p = bar_groups(widths, cell());
    } else if (kind == "star") {
        p = siemens_star(t.whole("wedges"), t.number("radius_mm") * mm, t.number("inner_radius_mm", 0) * mm, cell());
    } else if (kind == "rectangle") {
        p = rectangle(t.number("width_mm") * mm, t.number("height_mm") * mm, cell());
    } else if (kind == "disk") {
        p = disk(t.number("radius_mm") * mm, cell());
    } else {
        p = png_mask(folder / t.text("file"), t.number("width_mm") * mm);
    }
    p.centre_x_m = t.number("x_mm", 0) * mm;
    p.centre_y_m = t.number("y_mm", 0) * mm;
    return p;
}

}  // namespace firstlight
