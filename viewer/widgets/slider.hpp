// Sliders whose number stands beside them, where the handle cannot cover it. A click with Ctrl types into them.
//
//   index_slider("##z", z, last, "56: 542 mm", "112: 1084 mm", -1);
#pragma once

#include <cstdint>
#include <string>

namespace firstlight::viewer {

// From 0 to `last`. shown: the number in words; widest: the longest that it can be, so that the slider keeps its
// length. width: of both together; -1: all of the free space. True when it was moved.
bool index_slider(const char* id, std::int64_t& value, std::int64_t last, const std::string& shown,
                  const std::string& widest, float width);
// The same from low to high; with `logarithmic` a step is a factor.
bool number_slider(const char* id, double& value, double low, double high, const std::string& shown,
                   const std::string& widest, float width, bool logarithmic = false);

}  // namespace firstlight::viewer
