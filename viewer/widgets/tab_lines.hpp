// Names to choose one of, drawn as tabs in as many lines as they need: none is cut and none is out of sight.
//
//   chosen = tab_lines({"Parameters", "Layers", "Log"}, chosen, desk.places);   // notes "tab Layers"
#pragma once

#include <cstddef>
#include <vector>

#include "viewer/widgets/places.hpp"

namespace firstlight::viewer {

// As wide as the free space. The one that is chosen now.
[[nodiscard]] std::size_t tab_lines(const std::vector<const char*>& names, std::size_t chosen, Places& places);

}  // namespace firstlight::viewer
