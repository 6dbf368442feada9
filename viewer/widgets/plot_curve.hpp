// A curve as points on the screen: with gaps, clipped to the plot, and no more points than the screen can show.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include <imgui.h>

#include "viewer/widgets/plot_samples.hpp"
#include "viewer/widgets/plot_view.hpp"

namespace firstlight::viewer {

// The part of rising x that can be seen, with one point more on each side: [first, last).
std::pair<std::size_t, std::size_t> visible_part(const Samples& x, std::size_t count, double x_low, double x_high);

using Polyline = std::vector<ImVec2>;

// Lines through the points. Where several points fall into one column of pixels: its first, least, greatest and last.
std::vector<Polyline> curve_lines(const PlotMapping& map, const Samples& x, const Samples& y);
// Outline of a histogram: `edges` has one value more than `values`.
std::vector<Polyline> step_lines(const PlotMapping& map, const Samples& edges, const Samples& values);
// Points with the lower and the upper line of a band at the same x; several in one column of pixels are joined.
struct BandPoint {
    float x, low, high;
};
std::vector<std::vector<BandPoint>> band_points(const PlotMapping& map, const Samples& x, const Samples& low,
                                                const Samples& high);

void draw_lines(ImDrawList* list, const std::vector<Polyline>& lines, ImU32 colour, float thickness);
// Between the lines and the height `base` of the screen.
void fill_under(ImDrawList* list, const std::vector<Polyline>& lines, float base, ImU32 colour);

}  // namespace firstlight::viewer
