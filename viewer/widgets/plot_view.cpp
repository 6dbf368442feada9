#include "viewer/widgets/plot_view.hpp"

#include <algorithm>
#include <cmath>

namespace firstlight::viewer {

void PlotExtent::add_x(double x) {
    if (!std::isfinite(x)) return;
    x_low = std::min(x_low, x);
    x_high = std::max(x_high, x);
}

void PlotExtent::add_y(double y) {
    if (!std::isfinite(y)) return;
    y_low = std::min(y_low, y);
    y_high = std::max(y_high, y);
}

double PlotMapping::scale_y(double y) const { return log_y ? std::log10(std::max(y, log_floor)) : y; }
double PlotMapping::unscale_y(double v) const { return log_y ? std::pow(10.0, v) : v; }

PlotMapping mapping_of(const PlotRange& range, const PlotRectangle& area, double log_floor) {
    PlotMapping map{area, range.x_low, range.x_high, range.y_low, range.y_high, range.log_y, log_floor};
    if (!(map.x_high > map.x_low)) map.x_high = map.x_low + 1;
    map.y_low = map.scale_y(range.y_low);
    map.y_high = map.scale_y(range.y_high);
    if (!(map.y_high > map.y_low)) map.y_high = map.y_low + 1;
    return map;
}

namespace {

// [low, high] about `fixed`, which stays where it is; not shorter than `least`.
void stretch(double& low, double& high, double fixed, double factor, double least) {
    const double span = high - low;
    const double wanted = std::max({span * factor, least, (std::abs(low) + std::abs(high)) * 1e-12, 1e-300});
    const double share = (fixed - low) / span;
    low = fixed - share * wanted;
    high = low + wanted;
}

}  // namespace

void zoom(PlotRange& range, const PlotMapping& map, double px, double py, double factor_x, double factor_y,
          double least_x_span) {
    if (factor_x != 1) {
        double low = map.x_low, high = map.x_high;
        stretch(low, high, map.data_x(px), factor_x, least_x_span);
        range.x_low = low, range.x_high = high;
        range.follow_x = false;
    }
    if (factor_y != 1) {
        double low = map.y_low, high = map.y_high;
        stretch(low, high, map.scale_y(map.data_y(py)), factor_y, 0);
        range.y_low = map.unscale_y(low), range.y_high = map.unscale_y(high);
        range.follow_y = false;
    }
}

void zoom_to_box(PlotRange& range, const PlotMapping& map, ImVec2 a, ImVec2 b, double least_x_span) {
    double low = map.data_x(std::min(a.x, b.x)), high = map.data_x(std::max(a.x, b.x));
    if (high - low < least_x_span) {
        const double centre = (low + high) / 2;
        low = centre - least_x_span / 2, high = centre + least_x_span / 2;
    }
    range.x_low = low, range.x_high = high;
    range.y_low = map.data_y(std::max(a.y, b.y)), range.y_high = map.data_y(std::min(a.y, b.y));
    range.follow_x = range.follow_y = false;
}

void pan(PlotRange& range, const PlotMapping& map, ImVec2 by) {
    const PlotRange::Gesture& from = range.gesture;
    if (by.x != 0 || !range.follow_x) {
        const double step = (from.x_high - from.x_low) / static_cast<double>(map.area.width()) * by.x;
        range.x_low = from.x_low - step, range.x_high = from.x_high - step;
        range.follow_x = false;
    }
    if (by.y != 0 || !range.follow_y) {
        const double low = map.scale_y(from.y_low), high = map.scale_y(from.y_high);
        const double step = (high - low) / static_cast<double>(map.area.height()) * by.y;
        range.y_low = map.unscale_y(low + step), range.y_high = map.unscale_y(high + step);
        range.follow_y = false;
    }
}

void follow(PlotRange& range, const PlotExtent& extent, bool zero_y, double log_floor) {
    if (extent.empty()) return;
    if (range.follow_x) {
        range.x_low = extent.x_low, range.x_high = extent.x_high;
        if (!(range.x_high > range.x_low)) range.x_low -= 0.5, range.x_high += 0.5;
    }
    if (!range.follow_y) return;
    if (range.log_y) {
        range.y_low = extent.y_low > 2 * log_floor ? extent.y_low / 1.5 : log_floor;
        range.y_high = std::max(extent.y_high * 2, 10 * log_floor);
        return;
    }
    double span = extent.y_high - extent.y_low;
    if (!(span > 0)) span = extent.y_high != 0 ? std::abs(extent.y_high) : 1;
    range.y_low = zero_y && extent.y_low >= 0 ? 0 : extent.y_low - 0.06 * span;
    range.y_high = extent.y_high + 0.1 * span;  // labels of lines are at the top
}

}  // namespace firstlight::viewer
