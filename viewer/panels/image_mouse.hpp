// What mouse and keys do on the image: zoom, move, pick a pixel, draw and change regions.
//
//   wheel             zoom about the cursor
//   middle button, or left with space held: move     arrow keys      the picked pixel (Shift: by ten)
//   left click        pick a pixel                   Delete          the selected region
//   left drag         what the tool in hand draws    Escape          let go: the drag, the tool, the region
//   double click      fit
//
// Keys that work everywhere in the window (zoom, tools, views) are actions.
#pragma once

#include "viewer/desk/desk.hpp"

namespace firstlight::viewer {

// After the canvas's InvisibleButton was made for all three buttons. `focused`: keys are for the image.
void take_image_mouse(Desk& desk, Document& document, const ImageGeometry& geometry);
void take_image_keys(Desk& desk, Document& document, const ImageGeometry& geometry, bool focused);

}  // namespace firstlight::viewer
