// What the command palette finds: actions, layers, recipes, parameters and recent files, best first.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "viewer/actions/actions.hpp"

namespace firstlight::viewer {

struct PaletteEntry {
    std::string name;   // "Save result…", "layer depth", "time_gate.open_ps"
    std::string about;  // a sentence, or a value
    std::string keys;
    std::string why_not;  // it cannot be done now
    // Does it. Returns the text that the palette is to go on with; "" closes it.
    std::function<std::string(Desk&)> run;
};

// For the text that was typed, at most `most`. "time_gate.open_ps -40" finds the parameter and sets it.
[[nodiscard]] std::vector<PaletteEntry> palette_entries(Desk& desk, const std::string& typed, std::size_t most);

}  // namespace firstlight::viewer
