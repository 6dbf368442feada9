// Whose trace is looked at: the pixel under the mouse, the picked one, a region's, or all pixels'.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "viewer/session/document.hpp"

namespace firstlight::viewer {

struct TraceTarget {
    enum class What : std::uint8_t { pixel, region, all };
    What what = What::all;
    std::int64_t view = 0;
    std::vector<std::int64_t> pixels;       // y * columns + x, ascending; empty: all
    bool aligned = false;                   // each trace moved by its arrival before they are added up
    std::string name;                       // "pixel (x 12, y 34)", "region A, 120 pixels", "all 9216 pixels"
    [[nodiscard]] std::string key() const;  // the same for the same traces
};

// As looks.trace says; a hovered pixel outside the scan is none. Without a scan: nobody's.
[[nodiscard]] TraceTarget trace_target(const Document& document, const std::optional<PixelAt>& hovered);

// Pixels of a region of an image of this size; of a line those that it crosses.
[[nodiscard]] std::vector<std::int64_t> pixels_of(const Region& region, std::int64_t rows, std::int64_t columns);

}  // namespace firstlight::viewer
