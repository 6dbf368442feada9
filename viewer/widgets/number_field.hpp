// A number with its unit that is dragged, or typed after a double click; and lines of fields with their names.
#pragma once

#include <string>

namespace firstlight::viewer {

// True in each frame in which it changed. speed: by how much for a pixel of the screen.
bool number_field(const char* id, double& value, double speed, const std::string& unit, int digits = 5);
// Starts a line: its name, then room for fields.
void begin_row(const char* name);
// Of two fields side by side, with room for something `beside` them.
[[nodiscard]] float half_width(float beside = 0);

}  // namespace firstlight::viewer
