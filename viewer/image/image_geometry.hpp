// Where an image is on the screen and back, and what the mouse finds on it. Numbers only, in double precision: an image
// of any size at any zoom.
//
// Image positions are in pixels: pixel (y, x) covers [x, x + 1) x [y, y + 1). Pixels that are wider than high on the
// sample are drawn wider than high: the narrower side is `zoom` screen pixels long.
//
//   ImageGeometry g = geometry_of(look, {rows, columns, pitch_x_m, pitch_y_m}, {left, top, width, height});
//   g.to_screen({0, 0});                       // the image's corner
//   if (auto pixel = g.pixel_at(mouse)) ...    // nothing beside the image
//   zoom_about(look, g, mouse, 1.25);          // what is under the mouse stays there
#pragma once

#include <cstdint>
#include <optional>

#include "viewer/session/looks.hpp"

namespace firstlight::viewer {

struct Place {
    double x = 0, y = 0;
    bool operator==(const Place&) const = default;
};

struct Canvas {  // of the screen
    double left = 0, top = 0, width = 1, height = 1;
    [[nodiscard]] Place middle() const { return {left + width / 2, top + height / 2}; }
    [[nodiscard]] bool contains(Place p) const {
        return p.x >= left && p.x < left + width && p.y >= top && p.y < top + height;
    }
};

struct ImageExtent {
    std::int64_t rows = 0, columns = 0;
    double pitch_x = 0, pitch_y = 0;  // of pixels, in one unit; 0: not known, drawn as squares
};

// Pixels of the image: [first, last) of rows and columns.
struct PixelPart {
    std::int64_t y0 = 0, x0 = 0, y1 = 0, x1 = 0;
};

struct ImageGeometry {
    ImageExtent extent;
    Canvas canvas;
    double origin_x = 0, origin_y = 0;  // the image's upper left corner on the screen
    double step_x = 1, step_y = 1;      // screen pixels per image pixel

    [[nodiscard]] Place to_screen(Place image) const {
        return {origin_x + image.x * step_x, origin_y + image.y * step_y};
    }
    [[nodiscard]] Place to_image(Place screen) const {
        return {(screen.x - origin_x) / step_x, (screen.y - origin_y) / step_y};
    }
    [[nodiscard]] Place end() const {
        return to_screen({static_cast<double>(extent.columns), static_cast<double>(extent.rows)});
    }
    [[nodiscard]] double zoom() const { return step_x < step_y ? step_x : step_y; }
    // The pixel at a position of the screen within the canvas; none beside the image.
    [[nodiscard]] std::optional<PixelAt> pixel_at(Place screen) const;
    [[nodiscard]] PixelPart visible() const;
};

constexpr double most_zoom = 400;  // screen pixels per image pixel

// Errors: none; an empty image is taken as one pixel.
[[nodiscard]] ImageGeometry geometry_of(const ImageLook& look, const ImageExtent& extent, const Canvas& canvas);
// The zoom at which the whole image is seen.
[[nodiscard]] double fitting_zoom(const ImageExtent& extent, const Canvas& canvas);

// The image position under `screen` stays there.
void zoom_about(ImageLook& look, const ImageGeometry& geometry, Place screen, double factor);
// To this zoom, with the middle of the canvas kept.
void zoom_to(ImageLook& look, const ImageGeometry& geometry, double zoom);
// By so many screen pixels; some of the image always stays in sight.
void pan_by(ImageLook& look, const ImageGeometry& geometry, double dx, double dy);
inline void fit(ImageLook& look) { look.zoom = 0; }
// Moves the view as little as needed for the pixel to be seen.
void bring_into_view(ImageLook& look, const ImageGeometry& geometry, PixelAt pixel);

// A scale bar of a round length near `wanted` screen pixels.
struct ScaleBar {
    double length_m = 0, length_screen = 0;
};
[[nodiscard]] std::optional<ScaleBar> scale_bar_of(double pitch_x_m, double step_x, double wanted);

}  // namespace firstlight::viewer
