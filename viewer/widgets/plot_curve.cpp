#include "viewer/widgets/plot_curve.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>

namespace firstlight::viewer {
namespace {

constexpr double margin = 64;  // how far outside of the plot lines may end, pixels

struct Point {
    double x, y;
};

bool finite(double x, double y) { return std::isfinite(x) && std::isfinite(y); }

// Collects points into polylines that lie within the plot and its margin (Liang and Barsky, 1984).
class Clipper {
  public:
    explicit Clipper(const PlotRectangle& area)
        : low_{area.low.x - margin, area.low.y - margin}, high_{area.high.x + margin, area.high.y + margin} {}

    void gap() { last_.reset(); }
    void add(Point p) {
        if (last_) segment(*last_, p);
        else if (inside(p)) lines_.push_back({as_vec(p)});
        last_ = p;
    }
    std::vector<Polyline> take() { return std::move(lines_); }

  private:
    static ImVec2 as_vec(Point p) { return {static_cast<float>(p.x), static_cast<float>(p.y)}; }
    [[nodiscard]] bool inside(Point p) const {
        return p.x >= low_.x && p.x <= high_.x && p.y >= low_.y && p.y <= high_.y;
    }

    void segment(Point a, Point b) {
        double from = 0, to = 1;
        const auto cut = [&](double direction, double distance) {  // keeps t with direction * t <= distance
            if (direction == 0) return distance >= 0;
            const double t = distance / direction;
            if (direction < 0) from = std::max(from, t);
            else to = std::min(to, t);
            return from <= to;
        };
        const double dx = b.x - a.x, dy = b.y - a.y;
        if (!cut(-dx, a.x - low_.x) || !cut(dx, high_.x - a.x) || !cut(-dy, a.y - low_.y) || !cut(dy, high_.y - a.y))
            return;
        if (from > 0 || lines_.empty() || !inside(a)) lines_.push_back({as_vec({a.x + from * dx, a.y + from * dy})});
        const Point end = to < 1 ? Point{a.x + to * dx, a.y + to * dy} : b;
        if (as_vec(end).x != lines_.back().back().x || as_vec(end).y != lines_.back().back().y)
            lines_.back().push_back(as_vec(end));
    }

    Point low_, high_;
    std::optional<Point> last_;
    std::vector<Polyline> lines_;
};

// The points of one column of pixels, reduced to four.
class Column {
  public:
    void add(Point p, Clipper& to) {
        const double column = std::floor(p.x);
        if (count_ == 0 || column != column_) {
            flush(to);
            column_ = column;
            first_ = low_ = high_ = p;
            low_at_ = high_at_ = 0;
        }
        if (p.y < low_.y) low_ = p, low_at_ = count_;
        if (p.y > high_.y) high_ = p, high_at_ = count_;
        last_ = p;
        ++count_;
    }
    void flush(Clipper& to) {
        if (count_ > 0) to.add(first_);
        if (count_ > 1) {
            const bool low_first = low_at_ < high_at_;
            to.add(low_first ? low_ : high_);
            to.add(low_first ? high_ : low_);
            to.add(last_);
        }
        count_ = 0;
    }

  private:
    double column_ = 0;
    std::int64_t count_ = 0, low_at_ = 0, high_at_ = 0;
    Point first_{}, low_{}, high_{}, last_{};
};

}  // namespace

std::pair<std::size_t, std::size_t> visible_part(const Samples& x, std::size_t count, double x_low, double x_high) {
    const auto first_where = [&](auto beyond) {
        std::size_t low = 0, high = count;
        while (low < high) {
            const std::size_t middle = low + (high - low) / 2;
            if (beyond(x[middle])) high = middle;
            else low = middle + 1;
        }
        return low;
    };
    const std::size_t first = first_where([&](double v) { return v >= x_low; });
    const std::size_t last = first_where([&](double v) { return v > x_high; });
    return {first > 0 ? first - 1 : 0, std::min(count, last + 1)};
}

std::vector<Polyline> curve_lines(const PlotMapping& map, const Samples& x, const Samples& y) {
    const auto [first, last] = visible_part(x, std::min(x.size(), y.size()), map.x_low, map.x_high);
    Clipper clipper(map.area);
    Column column;
    for (std::size_t i = first; i < last; ++i) {
        const double value = y[i];
        if (!finite(x[i], value)) {
            column.flush(clipper);
            clipper.gap();
            continue;
        }
        column.add({map.screen_x(x[i]), map.screen_y(value)}, clipper);
    }
    column.flush(clipper);
    return clipper.take();
}

std::vector<Polyline> step_lines(const PlotMapping& map, const Samples& edges, const Samples& values) {
    if (edges.size() < 2) return {};
    const std::size_t bins = std::min(edges.size() - 1, values.size());
    const auto [first, last] = visible_part(edges, bins, map.x_low, map.x_high);
    Clipper clipper(map.area);
    Column column;
    for (std::size_t i = first; i < last; ++i) {
        const double value = values[i];
        if (!finite(edges[i], value) || !std::isfinite(edges[i + 1])) {
            column.flush(clipper);
            clipper.gap();
            continue;
        }
        const double y = map.screen_y(value);
        column.add({map.screen_x(edges[i]), y}, clipper);
        column.add({map.screen_x(edges[i + 1]), y}, clipper);
    }
    column.flush(clipper);
    return clipper.take();
}

std::vector<std::vector<BandPoint>> band_points(const PlotMapping& map, const Samples& x, const Samples& low,
                                                const Samples& high) {
    const auto [first, last] = visible_part(x, std::min({x.size(), low.size(), high.size()}), map.x_low, map.x_high);
    const double top = map.area.low.y - margin, bottom = map.area.high.y + margin;
    std::vector<std::vector<BandPoint>> parts;
    bool gap = true;
    for (std::size_t i = first; i < last; ++i) {
        if (!finite(low[i], high[i]) || !std::isfinite(x[i])) {
            gap = true;
            continue;
        }
        const double px = std::clamp(map.screen_x(x[i]), -1e6, 1e6);
        const BandPoint point{static_cast<float>(px), static_cast<float>(std::clamp(map.screen_y(low[i]), top, bottom)),
                              static_cast<float>(std::clamp(map.screen_y(high[i]), top, bottom))};
        if (gap) parts.emplace_back();
        gap = false;
        auto& part = parts.back();
        if (!part.empty() && std::floor(part.back().x) == std::floor(point.x)) {
            part.back().low = std::max(part.back().low, point.low);  // the screen's y points down
            part.back().high = std::min(part.back().high, point.high);
        } else part.push_back(point);
    }
    return parts;
}

void draw_lines(ImDrawList* list, const std::vector<Polyline>& lines, ImU32 colour, float thickness) {
    constexpr std::size_t most = 8000;  // points of one call: ImGui's indices have 16 bits
    for (const Polyline& line : lines) {
        if (line.size() == 1) list->AddCircleFilled(line[0], thickness, colour, 8);
        for (std::size_t from = 0; from + 1 < line.size(); from += most - 1) {
            const std::size_t count = std::min(most, line.size() - from);
            list->AddPolyline(line.data() + from, static_cast<int>(count), colour, 0, thickness);
        }
    }
}

void fill_under(ImDrawList* list, const std::vector<Polyline>& lines, float base, ImU32 colour) {
    const ImVec2 uv = ImGui::GetFontTexUvWhitePixel();
    for (const Polyline& line : lines)
        for (std::size_t i = 0; i + 1 < line.size(); ++i) {
            const ImVec2 a = line[i], b = line[i + 1];
            if (a.x == b.x) continue;
            list->PrimReserve(6, 4);
            list->PrimQuadUV(a, b, {b.x, base}, {a.x, base}, uv, uv, uv, uv, colour);
        }
}

}  // namespace firstlight::viewer
