// Words that never run out of their place: what does not fit ends in "…" and is whole under the mouse. And what is
// explained under the mouse.
//
//   draw_fitted_text(path, width, palette().muted);   // takes the room that its letters need
//   clipped_text(name, width, palette().text);        // takes all of `width`: for columns and rows of frames
//   tooltip("copies all messages that are listed");   // of the item just drawn
#pragma once

#include <string>

#include <imgui.h>

namespace firstlight::viewer {

// As much of the text as there is room for in the line, or in `width`.
void draw_fitted_text(const std::string& text, ImU32 colour);
void draw_fitted_text(const std::string& text, float width, ImU32 colour);
// One line that takes up `width` (0: all of the free space; less: all but so much), as high as a frame when `framed`.
void clipped_text(const std::string& text, float width, ImU32 colour, bool framed = true);
// As much of `text` as fits into `width` in the letters that are set; where something is missing it ends in "…".
[[nodiscard]] std::string fitted_text(const std::string& text, float width);
// The same with the beginning missing: of paths, whose end says most.
[[nodiscard]] std::string fitted_path(const std::string& text, float width);

// Of the item just drawn, while the mouse rests on it, also when it is disabled; wrapped. "" says nothing.
void tooltip(const std::string& text);

// A paragraph in a colour, wrapped at the end of the free space.
void wrapped_text(const std::string& text, ImU32 colour);
// "name   value" as a row of the two-column table that is open: the value wraps.
void fact_row(const std::string& name, const std::string& value, const std::string& about = {});

}  // namespace firstlight::viewer
