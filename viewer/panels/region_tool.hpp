// Regions on the image: how they look, and what the mouse and keys do with them. Every change is one step of undo.
#pragma once

#include <imgui.h>

#include "viewer/desk/desk.hpp"

namespace firstlight::viewer {

void draw_regions(ImDrawList* list, const Desk& desk, const Document& document, const ImageGeometry& geometry);

// The left button went down at a position of the screen: true when regions take it (a handle, a body, a new region).
bool begin_region_gesture(Desk& desk, Document& document, const ImageGeometry& geometry, Place screen);
// While it is down.
void continue_region_gesture(Desk& desk, Document& document, const ImageGeometry& geometry, Place screen);
// It was released.
void end_region_gesture(Desk& desk, Document& document);
void cancel_region_gesture(Desk& desk, Document& document);
// The cursor over a handle or a body.
void show_region_cursor(const Desk& desk, const Document& document, const ImageGeometry& geometry, Place screen);
bool remove_region(Desk& desk, Document& document, int number);

[[nodiscard]] std::optional<RegionShape> shape_of(Tool tool);

}  // namespace firstlight::viewer
