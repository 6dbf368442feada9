// Parts of the regions panel.
#pragma once

#include <functional>
#include <string>

#include "viewer/desk/desk.hpp"
#include "viewer/image/image_words.hpp"

namespace firstlight::viewer {

void draw_region_statistics(Desk& desk, Document& document);  // with buttons that copy and export them
void draw_region_contrast(Desk& desk, Document& document);    // of the selected region and another
void draw_line_profiles(Desk& desk, Document& document);
// Copies the table to the clipboard, or asks where it goes as CSV.
void draw_table_buttons(Desk& desk, const char* id, const std::string& file_name, const std::function<Table()>& table);

}  // namespace firstlight::viewer
