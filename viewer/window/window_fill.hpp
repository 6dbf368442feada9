// Rectangles of one opaque colour, for large grounds: of an image, of a plot.
//
// ImGui fills a rectangle with the white pixel of its letters' texture, blended over what is there. Where the CPU draws
// (no graphics card, remote screens) that takes ten times as long as only setting the pixels, and grounds are three
// quarters of all pixels that a window draws.
//
//   fill_plainly(ImGui::GetWindowDrawList(), low, high, palette().plot_background);
#pragma once

#include <imgui.h>

namespace firstlight::viewer {

// As ImDrawList::AddRectFilled, within the list's clip. The colour's alpha is taken as 255.
void fill_plainly(ImDrawList* list, ImVec2 top_left, ImVec2 bottom_right, ImU32 colour);

}  // namespace firstlight::viewer
