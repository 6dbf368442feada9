// The panels: each draws itself into the ImGui window or child that is open, at the size that is left in it.
#pragma once

#include "viewer/desk/desk.hpp"
#include "viewer/image/image_geometry.hpp"

namespace firstlight::viewer {

// The middle
void draw_image_panel(Desk& desk, Document& document);  // the layer, the light or a comparison
// Both files of a comparison, in place of the image, at its place on the screen; false: they cannot be shown so.
bool draw_compare_image(Desk& desk, const ImageGeometry& geometry);
// The divider of a split comparison, of the image's canvas, which was the last item; true: the mouse holds it.
bool take_divider(Desk& desk, const ImageGeometry& geometry);
void draw_light_bar(Desk& desk, Document& document);  // under the image: time, play, width
void draw_trace_panel(Desk& desk, Document& document);
void draw_large_volume(Desk& desk, Document& document);  // in place of image and trace, when asked for
void draw_large_points(Desk& desk, Document& document);

// At the side
void draw_parameters_panel(Desk& desk, Document& document);
void draw_layers_panel(Desk& desk, Document& document);
void draw_display_panel(Desk& desk, Document& document);  // window and level, histogram, colormap
void draw_regions_panel(Desk& desk, Document& document);
void draw_volume_panel(Desk& desk, Document& document);
void draw_points_panel(Desk& desk, Document& document);
void draw_compare_panel(Desk& desk);
void draw_provenance_panel(Desk& desk, Document& document);
void draw_log_panel(Desk& desk);

// Around them
void draw_menu_bar(Desk& desk);
void draw_error_bar(Desk& desk);  // the last error, until it was seen
void draw_document_tabs(Desk& desk);
void draw_status_bar(Desk& desk);
void draw_start_page(Desk& desk);  // while no file is open

// Over them
void draw_file_dialog(Desk& desk);
void draw_command_palette(Desk& desk);
void draw_key_help(Desk& desk);  // and "about"
void draw_questions(Desk& desk);

}  // namespace firstlight::viewer
