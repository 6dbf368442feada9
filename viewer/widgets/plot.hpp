// A plot drawn with ImGui's lines: axes with round ticks, curves, histograms, bands, gates and lines that can be
// dragged. It keeps nothing but the view, which the caller owns.
//
//   static PlotRange range;                                      // in the panel's owner
//   {
//       Plot plot("trace", ImVec2(-1, 200), range, {.x_title = "time (ps)", .y_title = "counts", .x_unit = "ps"});
//       plot.fill(gate_low_ps, gate_high_ps, palette().gate, "gate");
//       plot.steps("measured", Samples::regular(0, width_ps, bins + 1), Samples(counts), palette().measured);
//       if (plot.drag_line_x("gate low", gate_low_ps, palette().gate, "low", width_ps)) session.set_gate(...);
//   }                                                            // legend and read-out are drawn here
//
// Mouse: wheel zooms about the cursor (over an axis, or with Shift or Ctrl, only that axis: Shift x, Ctrl y), dragging
// with the left or middle button moves the view, with the right button zooms into a box, a double click fits the data.
// Until the user zooms or moves, an axis follows the data. Arrow keys move the line that was grabbed last by one step,
// with Shift by ten. NaN and infinite values are gaps. A log axis shows values below its floor at the floor.
//
// x of curves rises (equal neighbours are fine); curves with more points than pixels are drawn as the least and the
// greatest value of each column of pixels, so peaks stay. A plot is drawn at any size, sensibly from 120 x 80 points.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include <imgui.h>

#include "viewer/widgets/plot_samples.hpp"
#include "viewer/widgets/plot_view.hpp"

namespace firstlight::viewer {

struct PlotOptions {
    const char* x_title = "";  // with its unit: "time (ps)"
    const char* y_title = "";
    const char* x_unit = "";  // for read-outs
    const char* y_unit = "";
    bool scrolls = false;  // lies in something that scrolls: the wheel is not the plot's, unless Shift or Ctrl is held
    bool legend = true, read_out = true, grid = true;
    bool zero_y = true;       // a followed linear y axis starts at 0 where all values are >= 0
    double log_floor = 0.5;   // counts; the lowest value of a log axis
    double least_x_span = 0;  // zooming stops here, such as one bin
    float least_left = 0;     // room left of the data, at least, so that plots one above the other align
};

class Plot {
  public:
    // size as ImGui's: 0 or less is measured from the end of the free space.
    Plot(const char* id, ImVec2 size, PlotRange& range, const PlotOptions& options = {});
    ~Plot();
    Plot(const Plot&) = delete;
    Plot& operator=(const Plot&) = delete;

    // Names appear in the legend, where a click hides and shows them; "" and "##..." do not. Hidden: nothing is drawn.
    void line(const char* name, const Samples& x, const Samples& y, ImU32 colour, float thickness = 1.5F);
    void steps(const char* name, const Samples& edges, const Samples& values, ImU32 colour, float thickness = 1.2F,
               float fill_alpha = 0.15F);  // edges: one more than values
    void points(const char* name, const Samples& x, const Samples& y, ImU32 colour, float radius = 2.5F);
    void band(const char* name, const Samples& x, const Samples& low, const Samples& high, ImU32 colour,
              float alpha = 0.25F);

    // Marks do not widen a followed axis.
    void fill(double x_low, double x_high, ImU32 colour, const char* label = "", float alpha = 0.18F);
    void line_x(double x, ImU32 colour, const char* label = "");
    void line_y(double y, ImU32 colour, const char* label = "");
    void text(double x, double y, const char* text, ImU32 colour);
    // A line that the user moves: true in each frame in which x changed. step: what an arrow key moves it by; 0: one
    // pixel. `id` is unique within the plot.
    bool drag_line_x(const char* id, double& x, ImU32 colour, const char* label = "", double step = 0);

    [[nodiscard]] bool visible() const { return visible_; }
    [[nodiscard]] bool hovered() const { return hovered_; }  // the mouse is over the data
    [[nodiscard]] double mouse_x() const;                    // where it is, in data units
    [[nodiscard]] double mouse_y() const;
    [[nodiscard]] bool clicked() const { return clicked_; }              // left, without moving, on no line
    [[nodiscard]] bool right_clicked() const { return right_clicked_; }  // for a menu
    [[nodiscard]] bool dragging_line() const;
    [[nodiscard]] ImVec2 to_screen(double x, double y) const;
    [[nodiscard]] ImVec2 data_top_left() const { return area_.low; }  // of the rectangle that shows data
    [[nodiscard]] ImVec2 data_bottom_right() const { return area_.high; }
    [[nodiscard]] ImDrawList* list() const { return list_; }

  private:
    struct Entry {  // of the legend
        std::string name;
        ImU32 colour = 0;
        double value = std::numeric_limits<double>::quiet_NaN();  // under the crosshair
        double high = value;                                      // of a band
        bool shown = true;
    };
    bool begin_curve(const char* name, ImU32 colour);  // false: it is hidden
    bool begin_drawing();                              // clips until end_curve; false: not yet
    void end_curve();
    void measure(const Samples& x, std::size_t count, const Samples& y, std::size_t x_count);
    void read_out(const char* name, const Samples& x, std::size_t count, const Samples& y, bool steps);
    void mark_label(float at, ImU32 colour, const char* label);
    void take_gestures();
    [[nodiscard]] bool takes_wheel() const;
    void take_wheel();
    void start_gesture();
    void draw_crosshair();
    void draw_legend();
    [[nodiscard]] double crosshair_x() const;  // NaN: none

    PlotRange& range_;
    PlotOptions options_;
    ImGuiID id_ = 0;
    ImDrawList* list_ = nullptr;
    PlotRectangle frame_, area_;
    PlotMapping map_;
    bool visible_ = false, hovered_ = false, over_item_ = false, clicked_ = false, right_clicked_ = false;
    bool activated_ = false, active_ = false, legend_clicked_ = false;
    std::vector<Entry> entries_;
    std::vector<PlotRectangle> labels_;  // of vertical lines: where they are
    PlotExtent extent_;
    ImGuiID nearest_line_ = 0;  // among those within reach of the mouse
    float nearest_distance_ = std::numeric_limits<float>::max();
    double nearest_x_ = 0;
};

}  // namespace firstlight::viewer
