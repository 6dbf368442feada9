// Text that is cut where there is no room, and explanations under the mouse.
#pragma once

#include <string>

#include <imgui.h>

namespace firstlight::viewer {

// As much of the text as there is room for in the line, or in `width`; the whole in a tooltip where it is cut.
void draw_fitted_text(const std::string& text, ImU32 colour);
void draw_fitted_text(const std::string& text, float width, ImU32 colour);
// As much of `text` as fits into `width` in the letters that are set; where something is missing it ends in "…".
[[nodiscard]] std::string fitted_text(const std::string& text, float width);
// The same with the beginning missing: of paths, whose end says most.
[[nodiscard]] std::string fitted_path(const std::string& text, float width);
// Of the item before, also when it is disabled; wrapped.
void tooltip(const char* text);

}  // namespace firstlight::viewer
