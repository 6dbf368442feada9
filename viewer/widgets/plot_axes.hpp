// The frame of a plot: where its data go, ticks, labels and titles.
#pragma once

#include <string>

#include <imgui.h>

#include "viewer/widgets/plot_view.hpp"

namespace firstlight::viewer {

struct PlotOptions;

// The rectangle for data within `frame`: what labels and titles leave. Small plots go without titles, then labels.
PlotRectangle data_area(const PlotRectangle& frame, const PlotRange& range, const PlotOptions& options);
// Ground, grid, ticks with labels, titles.
void draw_axes(ImDrawList* list, const PlotRectangle& frame, const PlotMapping& map, const PlotOptions& options);
// Small letters on a ground (none where it is transparent), their top left corner at `at`.
void draw_label(ImDrawList* list, ImVec2 at, ImU32 colour, const char* text, ImU32 ground);
ImVec2 label_size(const char* text);
// A number with as many digits as the span of an axis makes useful: "412.5".
std::string readable_number(double value, double span);

}  // namespace firstlight::viewer
