// The view of a plot: which values it shows, and where they are on the screen.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include <imgui.h>

namespace firstlight::viewer {

struct PlotRectangle {
    ImVec2 low, high;  // top left, bottom right
    [[nodiscard]] float width() const { return high.x - low.x; }
    [[nodiscard]] float height() const { return high.y - low.y; }
    [[nodiscard]] bool contains(ImVec2 p) const { return p.x >= low.x && p.x < high.x && p.y >= low.y && p.y < high.y; }
};

// Least and greatest finite values; empty where low > high.
struct PlotExtent {
    double x_low = std::numeric_limits<double>::infinity(), x_high = -x_low, y_low = x_low, y_high = -x_low;
    void add_x(double x);
    void add_y(double y);
    [[nodiscard]] bool empty() const { return !(x_low <= x_high) || !(y_low <= y_high); }
};

// Owned by the caller, one for each plot. Set x_low .. y_high with follow_x and follow_y off to show something exactly.
struct PlotRange {
    double x_low = 0, x_high = 1, y_low = 0, y_high = 1;
    bool log_y = false;
    bool follow_x = true, follow_y = true;  // the axis shows all of the data; zooming and moving end it
    std::vector<std::string> hidden;        // curves that are switched off in the legend
    double hover_x = std::numeric_limits<double>::quiet_NaN();  // set it to show a crosshair without the mouse
    void fit() { follow_x = follow_y = true; }

    // What the mouse is doing; Plot's own.
    struct Gesture {
        enum class Kind { none, line, pan, box } kind = Kind::none;
        int button = 0;
        ImGuiID line = 0;
        ImVec2 start;
        double line_x = 0;
        double x_low = 0, x_high = 0, y_low = 0, y_high = 0;
        bool moved = false;
        ImGuiID near_line = 0;  // within reach of the mouse in the last frame
        PlotRectangle legend;   // where it was in the last frame
    } gesture;
    bool measured = false;  // the data was looked at once; before, a followed plot shows only its frame
};

// Data to screen and back, in double precision until the last step.
struct PlotMapping {
    PlotRectangle area;
    double x_low = 0, x_high = 1, y_low = 0, y_high = 1;  // y in log10 where log_y
    bool log_y = false;
    double log_floor = 0.5;

    [[nodiscard]] double scale_y(double y) const;    // y or its logarithm, at least the floor's
    [[nodiscard]] double unscale_y(double v) const;  // back
    [[nodiscard]] double screen_x(double x) const {
        return area.low.x + (x - x_low) / (x_high - x_low) * static_cast<double>(area.width());
    }
    [[nodiscard]] double screen_y(double y) const {
        return area.high.y - (scale_y(y) - y_low) / (y_high - y_low) * static_cast<double>(area.height());
    }
    [[nodiscard]] double data_x(double px) const {
        return x_low + (px - area.low.x) / static_cast<double>(area.width()) * (x_high - x_low);
    }
    [[nodiscard]] double data_y(double py) const {
        return unscale_y(y_low + (area.high.y - py) / static_cast<double>(area.height()) * (y_high - y_low));
    }
};
PlotMapping mapping_of(const PlotRange& range, const PlotRectangle& area, double log_floor);

// The range with the point (px, py) kept where it is and its sides `factor` times as long. Not below least_x_span.
void zoom(PlotRange& range, const PlotMapping& map, double px, double py, double factor_x, double factor_y,
          double least_x_span);
// The range that shows the box between two points of the screen.
void zoom_to_box(PlotRange& range, const PlotMapping& map, ImVec2 a, ImVec2 b, double least_x_span);
// The range of the gesture's start moved with the mouse.
void pan(PlotRange& range, const PlotMapping& map, ImVec2 by);
// Followed axes take what was measured.
void follow(PlotRange& range, const PlotExtent& extent, bool zero_y, double log_floor);

}  // namespace firstlight::viewer
