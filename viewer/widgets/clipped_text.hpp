// Words that never run out of their place: what does not fit ends with "…" and is whole in a tooltip.
#pragma once

#include <string>

#include <imgui.h>

namespace firstlight::viewer {

// One line, at most so wide (0 or less: to the end of the free space), as high as a frame when `framed`.
void clipped_text(const std::string& text, float width, ImU32 colour, bool framed = true);
// Of the item just drawn, when the mouse rests on it; wrapped. Says why of disabled items, too.
void tooltip(const std::string& text);
// A paragraph in a colour, wrapped at the end of the free space.
void wrapped_text(const std::string& text, ImU32 colour);
// "name   value" as a row of the two-column table that is open: the value wraps.
void fact_row(const std::string& name, const std::string& value, const std::string& about = {});

}  // namespace firstlight::viewer
