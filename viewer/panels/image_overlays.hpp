// What lies over an image: pixel grid, numbers in pixels, flags, the picked pixel, the scale bar, the key of flags.
#pragma once

#include <imgui.h>

#include "viewer/image/coloured_image.hpp"
#include "viewer/image/image_geometry.hpp"
#include "viewer/image/image_words.hpp"

namespace firstlight::viewer {

constexpr double grid_from = 8, values_from = 40;  // screen pixels per image pixel, at scale 1

void draw_pixel_grid(ImDrawList* list, const ImageGeometry& geometry);
// Dark or light letters, whichever stand out from the pixel.
void draw_pixel_values(ImDrawList* list, const ImageGeometry& geometry, const ShownImage& image,
                       const ColouredImage& colours, const ShownUnit& unit);
// Strokes across masked pixels, when they are large enough.
void draw_mask_hatching(ImDrawList* list, const ImageGeometry& geometry, const ShownImage& image);
void draw_picked_pixel(ImDrawList* list, const ImageGeometry& geometry, PixelAt pixel, bool focused);
void draw_scale_bar(ImDrawList* list, const ImageGeometry& geometry);
// "low counts 412", a line for each kind of flag that there is. What a flag means is under the mouse, where the item
// just drawn is the image's canvas.
void draw_flag_key(ImDrawList* list, const ImageGeometry& geometry, const FlagOverlay& flags);

// In the order of mask_flags, for FlagOverlay.
[[nodiscard]] std::array<FlagOverlay::Colour, mask_flags.size()> flag_colours();

}  // namespace firstlight::viewer
