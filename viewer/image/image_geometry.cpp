#include "viewer/image/image_geometry.hpp"

#include <algorithm>
#include <cmath>

namespace firstlight::viewer {
namespace {

constexpr double least_zoom = 1e-3;

// How long each side of a pixel is, the narrower one being 1.
Place shape_of(const ImageExtent& extent) {
    const double ratio = extent.pitch_x / extent.pitch_y;
    if (!(extent.pitch_x > 0) || !(extent.pitch_y > 0) || !std::isfinite(ratio)) return {1, 1};
    return {std::max(1.0, ratio), std::max(1.0, 1 / ratio)};
}

double side(std::int64_t pixels) { return static_cast<double>(std::max<std::int64_t>(1, pixels)); }

void centre_on(ImageLook& look, const ImageGeometry& geometry, Place image, double zoom) {
    look.zoom = zoom;
    look.centre_x = std::clamp(image.x, 0.0, side(geometry.extent.columns));
    look.centre_y = std::clamp(image.y, 0.0, side(geometry.extent.rows));
}

double allowed(const ImageGeometry& geometry, double zoom) {
    const double least = std::min(1.0, std::max(least_zoom, fitting_zoom(geometry.extent, geometry.canvas) / 4));
    return std::clamp(zoom, least, most_zoom);
}

}  // namespace

std::optional<PixelAt> ImageGeometry::pixel_at(Place screen) const {
    if (!canvas.contains(screen)) return std::nullopt;
    const Place at = to_image(screen);
    const double x = std::floor(at.x), y = std::floor(at.y);
    if (x < 0 || y < 0 || x >= static_cast<double>(extent.columns) || y >= static_cast<double>(extent.rows))
        return std::nullopt;
    return PixelAt{static_cast<std::int64_t>(y), static_cast<std::int64_t>(x)};
}

PixelPart ImageGeometry::visible() const {
    const Place low = to_image({canvas.left, canvas.top});
    const Place high = to_image({canvas.left + canvas.width, canvas.top + canvas.height});
    const auto within = [](double at, std::int64_t most) {
        return static_cast<std::int64_t>(std::clamp(at, 0.0, static_cast<double>(most)));
    };
    return {within(std::floor(low.y), extent.rows), within(std::floor(low.x), extent.columns),
            within(std::ceil(high.y), extent.rows), within(std::ceil(high.x), extent.columns)};
}

double fitting_zoom(const ImageExtent& extent, const Canvas& canvas) {
    const Place shape = shape_of(extent);
    const double zoom =
        std::min(canvas.width / (side(extent.columns) * shape.x), canvas.height / (side(extent.rows) * shape.y));
    return std::clamp(zoom, least_zoom, most_zoom);
}

ImageGeometry geometry_of(const ImageLook& look, const ImageExtent& extent, const Canvas& canvas) {
    ImageGeometry geometry;
    geometry.extent = extent;
    geometry.canvas = canvas;
    const bool fits = !(look.zoom > 0);
    const double zoom = fits ? fitting_zoom(extent, canvas) : std::clamp(look.zoom, least_zoom, most_zoom);
    const Place shape = shape_of(extent);
    geometry.step_x = zoom * shape.x;
    geometry.step_y = zoom * shape.y;
    const Place middle = canvas.middle();
    // On whole screen pixels, so that pixels of the image keep their borders while the view moves.
    geometry.origin_x = std::round(middle.x - geometry.step_x * (fits ? side(extent.columns) / 2 : look.centre_x));
    geometry.origin_y = std::round(middle.y - geometry.step_y * (fits ? side(extent.rows) / 2 : look.centre_y));
    return geometry;
}

void zoom_about(ImageLook& look, const ImageGeometry& geometry, Place screen, double factor) {
    const double zoom = allowed(geometry, geometry.zoom() * factor);
    const double by = zoom / geometry.zoom();
    const Place held = geometry.to_image(screen), middle = geometry.canvas.middle();
    centre_on(look, geometry,
              {held.x + (middle.x - screen.x) / (geometry.step_x * by),
               held.y + (middle.y - screen.y) / (geometry.step_y * by)},
              zoom);
}

void zoom_to(ImageLook& look, const ImageGeometry& geometry, double zoom) {
    centre_on(look, geometry, geometry.to_image(geometry.canvas.middle()), allowed(geometry, zoom));
}

void pan_by(ImageLook& look, const ImageGeometry& geometry, double dx, double dy) {
    const Place middle = geometry.canvas.middle();
    centre_on(look, geometry, geometry.to_image({middle.x - dx, middle.y - dy}), geometry.zoom());
}

void bring_into_view(ImageLook& look, const ImageGeometry& geometry, PixelAt pixel) {
    const Canvas& canvas = geometry.canvas;
    const auto x = static_cast<double>(pixel.x), y = static_cast<double>(pixel.y);
    const Place low = geometry.to_screen({x, y}), high = geometry.to_screen({x + 1, y + 1});
    const auto needed = [](double from, double to, double begin, double end) {
        if (from < begin) return begin - from;
        return to > end ? end - to : 0.0;
    };
    const double dx = needed(low.x, high.x, canvas.left, canvas.left + canvas.width);
    const double dy = needed(low.y, high.y, canvas.top, canvas.top + canvas.height);
    if (dx != 0 || dy != 0) pan_by(look, geometry, dx, dy);
}

std::optional<ScaleBar> scale_bar_of(double pitch_x_m, double step_x, double wanted) {
    const double metres_per_screen = pitch_x_m / step_x;
    if (!(metres_per_screen > 0) || !std::isfinite(metres_per_screen)) return std::nullopt;
    const double length = metres_per_screen * wanted;
    const double decade = std::pow(10.0, std::floor(std::log10(length)));
    double round = decade;
    for (const double nice : {2.0, 5.0})
        if (nice * decade <= length * 1.05) round = nice * decade;
    return ScaleBar{round, round / metres_per_screen};
}

}  // namespace firstlight::viewer
