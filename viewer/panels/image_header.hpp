// The line over the image: which layer, which view, which tool, how large.
#pragma once

#include "viewer/desk/desk.hpp"

namespace firstlight::viewer {

void draw_image_header(Desk& desk, Document& document);

}  // namespace firstlight::viewer
