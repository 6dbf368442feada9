#include "host/io/figure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "host/io/bitmap_font.hpp"
#include "host/io/images.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

using Ink = std::array<std::uint16_t, 3>;
constexpr Ink black{0x2222, 0x2222, 0x2222}, pale{0x6b6b, 0x6b6b, 0x6b6b};

Ink ink_of(const std::array<double, 3>& rgb) {
    Ink ink{};
    for (std::size_t k = 0; k < 3; ++k)
        ink[k] = static_cast<std::uint16_t>(std::lround(std::clamp(rgb[k], 0.0, 1.0) * 65535));
    return ink;
}

void fill(Drawing& d, std::int64_t x, std::int64_t y, std::int64_t columns, std::int64_t rows, const Ink& ink) {
    for (std::int64_t v = std::max<std::int64_t>(y, 0); v < std::min(y + rows, d.rows); ++v)
        for (std::int64_t u = std::max<std::int64_t>(x, 0); u < std::min(x + columns, d.columns); ++u)
            std::copy(ink.begin(), ink.end(), d.rgb.begin() + 3 * (v * d.columns + u));
}

void frame(Drawing& d, std::int64_t x, std::int64_t y, std::int64_t columns, std::int64_t rows) {
    fill(d, x - 1, y - 1, columns + 2, 1, pale);
    fill(d, x - 1, y + rows, columns + 2, 1, pale);
    fill(d, x - 1, y - 1, 1, rows + 2, pale);
    fill(d, x + columns, y - 1, 1, rows + 2, pale);
}

std::int64_t text_width(const std::string& text, std::int64_t size) {
    const auto n = static_cast<std::int64_t>(glyphs_of(text).size());
    return n == 0 ? 0 : (n * Glyph::advance - 1) * size;
}

void write_text(Drawing& d, std::int64_t x, std::int64_t y, const std::string& text, std::int64_t size, const Ink& ink,
                std::int64_t bolder = 0) {
    for (const Glyph& glyph : glyphs_of(text)) {
        for (int row = 0; row < Glyph::rows; ++row)
            for (int column = 0; column < Glyph::columns; ++column)
                if (glyph.dot(row, column)) fill(d, x + column * size, y + row * size, size + bolder, size, ink);
        x += Glyph::advance * size;
    }
}

// Lines of at most `width`, broken at spaces where there are some.
std::vector<std::string> wrapped(const std::string& text, std::int64_t size, std::int64_t width) {
    const auto most = static_cast<std::size_t>(std::max<std::int64_t>(8, (width / size + 1) / Glyph::advance));
    std::vector<std::string> lines;
    std::string line;
    std::size_t characters = 0, space = std::string::npos;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool begins = (static_cast<std::uint8_t>(text[i]) & 0xc0U) != 0x80U;
        if (text[i] == '\n' || (begins && characters == most)) {
            std::string rest;
            if (text[i] != '\n' && text[i] != ' ' && space != std::string::npos) {
                rest = line.substr(space + 1);
                line.resize(space);
            }
            lines.push_back(line);
            line = rest;
            characters = glyphs_of(rest).size();
            space = std::string::npos;
            if (text[i] == '\n' || text[i] == ' ') continue;
        }
        if (text[i] == ' ') space = line.size();
        line += text[i];
        if (begins) ++characters;
    }
    if (!line.empty()) lines.push_back(line);
    return lines;
}

struct ScaleBar {
    std::int64_t columns = 0;
    std::string label;
};

// The roundest length near a quarter of the image.
ScaleBar scale_bar(double metres_per_column, std::int64_t columns) {
    const double wanted = metres_per_column * static_cast<double>(columns) / 4;
    const double decade = std::pow(10.0, std::floor(std::log10(wanted)));
    double length = decade;
    for (const double nice : {2.0, 5.0})
        if (nice * decade <= wanted * 1.2) length = nice * decade;
    return {std::max<std::int64_t>(1, std::llround(length / metres_per_column)),
            length >= 1e-4 ? fmt::format("{:g} mm", length * 1e3) : fmt::format("{:g} µm", length * 1e6)};
}

// Ticks of an axis that is drawn over `length` pixels, as many as have room for `needed` pixels each.
std::vector<Tick> axis_ticks(const FigureAxis& axis, std::int64_t length,
                             const std::function<std::int64_t(const Tick&)>& needed) {
    const std::vector<Tick> all = ticks(std::min(axis.first, axis.last), std::max(axis.first, axis.last), false);
    std::int64_t widest = 1;
    for (const Tick& tick : all) widest = std::max(widest, needed(tick));
    const auto room = static_cast<std::size_t>(std::max<std::int64_t>(1, length / widest));
    const std::size_t every = (all.size() + room - 1) / room;
    std::vector<Tick> kept;
    for (std::size_t k = 0; k < all.size(); k += std::max<std::size_t>(1, every)) kept.push_back(all[k]);
    return kept;
}

// Where a value stands along an axis of `length` pixels.
std::int64_t place_on(const FigureAxis& axis, double value, std::int64_t length) {
    const double share = (value - axis.first) / (axis.last - axis.first);
    return std::clamp<std::int64_t>(std::llround(share * static_cast<double>(length)), 0, length - 1);
}

void copy_image(Drawing& d, const Figure& f) {
    const auto sample = [&](std::int64_t i) {
        return f.bits == 16 ? static_cast<const std::uint16_t*>(f.rgb)[i]
                            : static_cast<std::uint16_t>(static_cast<const std::uint8_t*>(f.rgb)[i] * 257);
    };
    for (std::int64_t y = 0; y < f.rows; ++y)
        for (std::int64_t x = 0; x < f.columns; ++x) {
            const std::int64_t i = 3 * (y * f.columns + x);
            fill(d, d.image_x + x * d.block_columns, d.image_y + y * d.block_rows, d.block_columns, d.block_rows,
                 {sample(i), sample(i + 1), sample(i + 2)});
        }
}

void choose_blocks(Drawing& d, const Figure& f) {
    constexpr std::int64_t wanted_columns = 512, most_rows = 2048;
    d.block_columns =
        std::max<std::int64_t>(1, std::min((wanted_columns + f.columns - 1) / f.columns, most_rows / f.rows));
    d.block_rows = d.block_columns;
    const double aspect = f.pixel_width_m > 0 && f.pixel_height_m > 0 ? f.pixel_height_m / f.pixel_width_m : 1;
    if (aspect >= 1) {
        const auto most = std::max<std::int64_t>(d.block_rows, 4 * most_rows / f.rows);
        d.block_rows = std::clamp<std::int64_t>(
            std::llround(static_cast<double>(d.block_columns) * std::min(aspect, 1e4)), d.block_rows, most);
    } else {
        d.block_rows = std::max<std::int64_t>(1, std::llround(static_cast<double>(d.block_columns) * aspect));
    }
}

}  // namespace

Drawing draw_figure(const Figure& f) {
    if (f.rows < 1 || f.columns < 1 || f.rgb == nullptr)
        throw Error(ExitCode::bad_input, "a figure cannot be drawn", "the image has no pixels");
    Drawing d;
    choose_blocks(d, f);
    const std::int64_t width = f.columns * d.block_columns, height = f.rows * d.block_rows;
    const std::int64_t size = std::max<std::int64_t>(2, width / 512), line = 12 * size, margin = 10 * size;
    const std::int64_t title_size = size + (size + 1) / 2, bar_gap = 8 * size, bar_width = 9 * size, tick = 4 * size;

    // What stands right of the image.
    const auto [unit, factor] = readable_unit(f.unit, std::max(std::abs(f.low), std::abs(f.high)));
    const bool has_bar = f.bar.size() >= 2;
    std::vector<Tick> marks;
    std::string bar_title;
    std::int64_t right = 0;
    if (has_bar) {
        marks = ticks(f.low * factor, f.high * factor, f.log);
        bar_title = f.quantity + (unit.empty() ? "" : f.quantity.empty() ? unit : " (" + unit + ")");
        std::int64_t labels = 0;
        for (const Tick& mark : marks) labels = std::max(labels, text_width(mark.label, size));
        right = bar_gap + bar_width + tick + 3 * size + labels;
    }
    // What stands left of it and below it.
    const auto of_row = [&](const Tick&) { return line; };
    const auto of_column = [&](const Tick& mark) { return text_width(mark.label, size) + 6 * size; };
    std::vector<Tick> rows, columns;
    std::int64_t left = 0, axis_room = 0;
    if (f.down) {
        rows = axis_ticks(*f.down, height, of_row);
        for (const Tick& mark : rows) left = std::max(left, text_width(mark.label, size));
        left += tick + 3 * size;
    }
    if (f.across) {
        columns = axis_ticks(*f.across, width, of_column);
        axis_room = tick + 3 * size + 2 * line;
    }
    // A wide image may be low: the bar keeps a height at which its labels do not touch.
    const std::int64_t bar_height = has_bar ? std::max<std::int64_t>(height, 8 * line) : height;
    const std::int64_t body = std::max(width, 24 * line) - width;  // room for the words under a narrow image

    const std::int64_t down_name = f.down ? text_width(f.down->name, size) + 6 * size : 0;
    const std::int64_t inner =
        std::max({left + width + right, left + width + body, down_name + text_width(bar_title, size)});
    d.columns = margin + inner + margin;
    const std::vector<std::string> title = wrapped(f.title, title_size, inner);
    const std::vector<std::string> caption = wrapped(f.caption, size, inner);
    const bool has_scale = f.pixel_width_m > 0 && !f.across, has_legend = f.no_value.has_value();

    std::int64_t y = margin;
    const std::int64_t title_y = y;
    y += static_cast<std::int64_t>(title.size()) * 12 * title_size;
    const std::int64_t bar_title_y = y;
    if (!bar_title.empty() || f.down) y += line + 2 * size;
    d.image_x = margin + left;
    d.image_y = y + size;
    y = d.image_y + std::max(bar_height, height + axis_room) + 6 * size;
    const std::int64_t below_y = y;
    if (has_scale || has_legend) y += line + 2 * size;
    const std::int64_t caption_y = y;
    d.rows = caption_y + static_cast<std::int64_t>(caption.size()) * line + margin - 2 * size;
    d.rgb.assign(static_cast<std::size_t>(3 * d.rows * d.columns), 65535);

    for (std::size_t k = 0; k < title.size(); ++k)
        write_text(d, margin, title_y + static_cast<std::int64_t>(k) * 12 * title_size, title[k], title_size, black, 1);
    frame(d, d.image_x, d.image_y, width, height);
    copy_image(d, f);

    if (f.down) {
        write_text(d, margin, bar_title_y, f.down->name, size, black);
        for (const Tick& mark : rows) {
            const std::int64_t at = d.image_y + place_on(*f.down, mark.value, height);
            fill(d, d.image_x - 1 - tick, at - size / 4, tick, std::max<std::int64_t>(1, size / 2), pale);
            write_text(d, d.image_x - tick - 3 * size - text_width(mark.label, size), at - 3 * size - size / 2,
                       mark.label, size, black);
        }
    }
    if (f.across) {
        for (const Tick& mark : columns) {
            const std::int64_t at = d.image_x + place_on(*f.across, mark.value, width);
            const std::int64_t label = text_width(mark.label, size);
            fill(d, at - size / 4, d.image_y + height + 1, std::max<std::int64_t>(1, size / 2), tick, pale);
            // The colour bar may reach below the image.
            const std::int64_t most = d.image_x + width + 3 * size - label;
            write_text(d, std::max(margin, std::min(at - label / 2, most)), d.image_y + height + tick + 3 * size,
                       mark.label, size, black);
        }
        write_text(d, std::max(margin, d.image_x + (width - text_width(f.across->name, size)) / 2),
                   d.image_y + height + tick + 3 * size + line, f.across->name, size, black);
    }
    if (has_bar) {
        const std::int64_t x = d.image_x + width + bar_gap;
        const std::int64_t title_x = std::min(x, d.columns - margin - text_width(bar_title, size));
        write_text(d, title_x, bar_title_y, bar_title, size, black);
        for (std::int64_t row = 0; row < bar_height; ++row) {
            const double share = 1 - (static_cast<double>(row) + 0.5) / static_cast<double>(bar_height);
            const auto k = static_cast<std::size_t>(share * static_cast<double>(f.bar.size()));
            fill(d, x, d.image_y + row, bar_width, 1, ink_of(f.bar[std::min(k, f.bar.size() - 1)]));
        }
        frame(d, x, d.image_y, bar_width, bar_height);
        for (const Tick& mark : marks) {
            const double low = f.low * factor, high = f.high * factor;
            const double share =
                f.log ? std::log(mark.value / low) / std::log(high / low) : (mark.value - low) / (high - low);
            const std::int64_t at =
                d.image_y + std::clamp<std::int64_t>(std::llround((1 - share) * static_cast<double>(bar_height)), 0,
                                                     bar_height - 1);
            fill(d, x + bar_width + 1, at - size / 4, tick, std::max<std::int64_t>(1, size / 2), pale);
            write_text(d, x + bar_width + tick + 3 * size, at - 3 * size - size / 2, mark.label, size, black);
        }
    }
    std::int64_t x = margin;
    if (has_scale) {
        const ScaleBar bar = scale_bar(f.pixel_width_m / static_cast<double>(d.block_columns), width);
        fill(d, x, below_y + 2 * size, bar.columns, 2 * size, black);
        x += bar.columns + 4 * size;
        write_text(d, x, below_y, bar.label, size, black);
        x += text_width(bar.label, size) + 16 * size;
    }
    if (has_legend) {
        fill(d, x, below_y - size, 9 * size, 9 * size, ink_of(*f.no_value));
        frame(d, x, below_y - size, 9 * size, 9 * size);
        write_text(d, x + 14 * size, below_y, "no value", size, black);
    }
    for (std::size_t k = 0; k < caption.size(); ++k)
        write_text(d, margin, caption_y + static_cast<std::int64_t>(k) * line, caption[k], size, pale);
    return d;
}

void write_figure_png(const std::filesystem::path& path, const Figure& figure, bool force) {
    const Drawing d = draw_figure(figure);
    if (figure.bits == 16) return write_png(path, d.rgb.data(), d.rows, d.columns, force);
    std::vector<std::uint8_t> bytes(d.rgb.size());
    std::transform(d.rgb.begin(), d.rgb.end(), bytes.begin(),
                   [](std::uint16_t v) { return static_cast<std::uint8_t>((v + 128U) / 257U); });
    write_png(path, bytes.data(), d.rows, d.columns, force);
}

}  // namespace firstlight
