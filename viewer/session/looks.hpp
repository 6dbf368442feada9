// How things are looked at: plain values that panels read and change, one set per opened file. They change no number
// of a result and are kept in sessions.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kernels/rendering/projection.hpp"
#include "kernels/rendering/tone_map.hpp"

namespace firstlight::viewer {

struct PixelAt {
    std::int64_t y = 0, x = 0;
    bool operator==(const PixelAt&) const = default;
};

// A region drawn on the image, in pixels: pixel (y, x) covers [x, x + 1) x [y, y + 1). Its corners, or the line's ends,
// in any order.
enum class RegionShape : std::uint8_t { rectangle, ellipse, line };
struct Region {
    RegionShape shape = RegionShape::rectangle;
    double x0 = 0, y0 = 0, x1 = 0, y1 = 0;
    std::string name;  // "A", "B", …
    bool operator==(const Region&) const = default;
};

struct ImageLook {
    double zoom = 0;                    // screen pixels per image pixel (at its narrower side); 0: fit the panel
    double centre_x = 0, centre_y = 0;  // image position in the middle of the panel; unused while it fits
    bool grid = true, values = true;    // when close
    bool flags = true;                  // colour masked and doubtful pixels
    bool scale_bar = true, colour_bar = true;
    bool operator==(const ImageLook&) const = default;
};

struct TraceLook {
    bool log = false;
    bool of_region = false;  // the sum over the selected region, else a pixel
    bool follow = true;      // the pixel under the mouse, where there is one, else the picked one
    bool aligned = true;     // sums: each trace moved by its arrival, where the recipe says when that is
    bool relative = false;   // times after the arrival
    bool response = true, components = true, residuals = true;
    bool operator==(const TraceLook&) const = default;
};

// The movie of the light: counts between two times, step by step.
struct LightLook {
    bool shown = false;  // the image panel shows the light, not a layer
    bool playing = false;
    bool aligned = true;       // times after each pixel's arrival
    bool log = false;          // colours
    double at_ps = 0;          // middle of what is shown, on the time axis or after the arrival
    double width_ps = 0;       // 0: one bin
    double ps_per_second = 0;  // speed; 0: 30 bins per second
    bool operator==(const LightLook&) const = default;
};

struct VolumeLook {
    std::int64_t z = -1, y = -1, x = -1;  // linked slices; -1: those that hold the most
    bool projections = false;             // instead of slices
    Projection::What what = Projection::What::maximum;
    bool operator==(const VolumeLook&) const = default;
};

struct PointsLook {                   // a depth map as a cloud of points
    double turn = 0.5, tilt = 0.35;   // rad
    double shift_x = 0, shift_y = 0;  // share of the panel's shorter side
    double zoom = 1;
    double stretch = 1;       // of depth
    double point_size = 0;    // screen pixels; 0: as the zoom says
    bool perspective = true;  // else orthographic
    std::string colour;       // layer; empty: depth
    double pixel_mm = 0;      // where the scan does not say how far apart its pixels are; 0: not known
    bool operator==(const PointsLook&) const = default;
};

struct Looks {
    std::string layer;  // shown; empty: the images' signal
    std::int64_t view = 0;
    std::optional<PixelAt> pixel;  // picked
    int region = -1;               // selected; -1: none
    int second_region = -1;        // the other of a pair, for contrast
    ImageLook image;
    TraceLook trace;
    LightLook light;
    VolumeLook volume;
    PointsLook points;
    bool operator==(const Looks&) const = default;
};

}  // namespace firstlight::viewer
