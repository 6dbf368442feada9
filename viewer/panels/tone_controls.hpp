// What panels with images of their own show of a tone: colormap, scale, window, and a colour bar with its numbers.
#pragma once

#include <string>

#include "kernels/rendering/tone_map.hpp"

namespace firstlight::viewer {

struct ToneEdit {
    bool changed = false;   // `tone` was, in this frame
    bool finished = false;  // a drag ended
    bool reset = false;     // back to the plain tone
};

// `window` is what the tone makes of the values now: where a window set by hand starts. `unit` "" for pure numbers.
ToneEdit draw_tone_controls(const char* id, ToneMap::Params& tone, const ToneWindow& window, const std::string& unit);

// As wide as what is left.
void draw_tone_bar(const ToneMap::Params& tone, const ToneWindow& window, const std::string& unit);

}  // namespace firstlight::viewer
