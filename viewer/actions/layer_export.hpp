// Asks where layers are to be written, and once whether files that exist may be replaced; then writes them.
#pragma once

#include <string>
#include <vector>

#include "viewer/desk/desk.hpp"

namespace firstlight::viewer {

// The view on the screen. `format` of layer_formats(); "": the ending of the chosen name says it.
void export_layer(Desk& desk, Document& document, const std::string& layer, const std::string& format);
// All views of every layer and of the mask, into a folder.
void export_all_layers(Desk& desk, Document& document, const std::vector<std::string>& formats);

}  // namespace firstlight::viewer
