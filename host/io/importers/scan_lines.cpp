#include "host/io/importers/scan_lines.hpp"

#include <cmath>

namespace firstlight {

std::vector<std::uint16_t> sine_pixels(double percent, std::int64_t line_time, std::int64_t columns) {
    std::vector<std::uint16_t> pixels(static_cast<std::size_t>(line_time));
    const double first = std::asin(-percent / 100), step = -2 * first / static_cast<double>(line_time);
    const double scale = -0.5 * static_cast<double>(columns) / std::sin(first);
    const double begin = std::sin(first) * scale;
    for (std::size_t i = 0; i < pixels.size(); ++i)
        pixels[i] = static_cast<std::uint16_t>(std::sin(static_cast<double>(i) * step + first) * scale - begin);
    return pixels;
}

}  // namespace firstlight
