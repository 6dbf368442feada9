// A colour bar beside an image: colours of the tone map from low to high, ticks and the unit.
#pragma once

#include <string>

#include <imgui.h>

#include "kernels/rendering/tone_map.hpp"
#include "viewer/image/image_words.hpp"

namespace firstlight::viewer {

struct ColourBar {
    ToneMap::Params tone;
    ToneWindow window;
    ShownUnit unit;
    std::string name;  // "optical depth"
};

// Room that it takes beside the image.
[[nodiscard]] float colour_bar_width(const ColourBar& bar);
// Into the rectangle; small ones have fewer labels.
void draw_colour_bar(ImDrawList* list, const ColourBar& bar, ImVec2 top_left, ImVec2 bottom_right);

// The colours alone, from left to right, as a strip; for choosers.
void draw_colour_strip(ImDrawList* list, const ToneMap::Params& tone, ImVec2 top_left, ImVec2 bottom_right);
[[nodiscard]] ImU32 as_colour(const Rgb& rgb);

}  // namespace firstlight::viewer
