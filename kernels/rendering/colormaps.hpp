// Colormaps: a position 0..1 as a colour, red, green, blue 0..1 (sRGB-encoded, ready for a screen).
//
// Each map is held as 25 control points joined by Catmull-Rom splines, fitted by least squares to the published
// 256-colour tables; nowhere more than 1/255 away from them. As splines they are smooth at 16 bits too.
// Sources: viridis, magma, inferno: S. van der Walt and N. Smith, matplotlib (CC0). turbo: A. Mikhailov, Google
// (Apache-2.0). gray is the identity.
//
//   const Rgb c = colormap(Colormap::viridis, 0.5);   // {0.128, 0.565, 0.551}
#pragma once

#include <cstdint>

namespace firstlight {

enum class Colormap : std::uint8_t { viridis, magma, inferno, gray, turbo };

struct Rgb {
    double red = 0;
    double green = 0;
    double blue = 0;
};

// `position` outside 0..1 (or NaN) is taken as the nearer end (0).
[[nodiscard]] Rgb colormap(Colormap map, double position);

// For pixels that have no value: a pale blue at least 25/255 away, in some channel, from every colour of every map.
constexpr Rgb no_value_colour{180.0 / 255, 210.0 / 255, 236.0 / 255};

}  // namespace firstlight
