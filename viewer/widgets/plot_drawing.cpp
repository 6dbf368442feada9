// What Plot draws into its frame: curves, marks, crosshair and legend.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "viewer/widgets/plot.hpp"
#include "viewer/widgets/plot_axes.hpp"
#include "viewer/widgets/plot_curve.hpp"
#include "viewer/window/fonts.hpp"
#include "viewer/window/theme.hpp"

namespace firstlight::viewer {
namespace {

const char* end_of_name(const char* name) {
    const char* mark = std::strstr(name, "##");
    return mark != nullptr ? mark : name + std::strlen(name);
}

bool is_hidden(const PlotRange& range, const std::string& name) {
    return std::find(range.hidden.begin(), range.hidden.end(), name) != range.hidden.end();
}

// The sample at or nearest to `at`; count where there is none.
std::size_t sample_at(const Samples& x, std::size_t count, double at, bool steps) {
    if (count == 0 || !std::isfinite(at)) return count;
    std::size_t low = 0, high = count;  // the first x above `at`
    while (low < high) {
        const std::size_t middle = low + (high - low) / 2;
        if (x[middle] > at) high = middle;
        else low = middle + 1;
    }
    if (steps) return low > 0 && (low < count || at < x[count]) ? low - 1 : count;
    if (low == 0) return at < x[0] ? count : 0;
    if (low == count) return at > x[count - 1] ? count : count - 1;
    return at - x[low - 1] < x[low] - at ? low - 1 : low;
}

}  // namespace

bool Plot::begin_curve(const char* name, ImU32 colour) {
    const std::string shown_name(name, end_of_name(name));
    const bool hidden = !shown_name.empty() && is_hidden(range_, shown_name);
    if (!shown_name.empty()) {
        const auto known =
            std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.name == shown_name; });
        if (known == entries_.end()) {
            Entry& entry = entries_.emplace_back();
            entry.name = shown_name, entry.colour = colour, entry.shown = !hidden;
        }
    }
    return !hidden && visible_;
}

void Plot::end_curve() { list_->PopClipRect(); }

// Before the first measurement nobody knows where the curve belongs: it would flash in a wrong place.
bool Plot::begin_drawing() {
    if (!range_.measured && (range_.follow_x || range_.follow_y)) return false;
    list_->PushClipRect(area_.low, area_.high, true);
    return true;
}

void Plot::measure(const Samples& x, std::size_t count, const Samples& y, std::size_t x_count) {
    if (!range_.follow_x && !range_.follow_y) return;
    const auto [first, last] = range_.follow_x ? std::pair<std::size_t, std::size_t>(0, count)
                                               : visible_part(x, count, range_.x_low, range_.x_high);
    for (std::size_t i = first; i < last; ++i) extent_.add_y(y[i]);
    if (x_count > 0) extent_.add_x(x[0]), extent_.add_x(x[x_count - 1]);
}

void Plot::line(const char* name, const Samples& x, const Samples& y, ImU32 colour, float thickness) {
    if (!begin_curve(name, colour)) return;
    const std::size_t count = std::min(x.size(), y.size());
    measure(x, count, y, count);
    read_out(name, x, count, y, false);
    if (!begin_drawing()) return;
    draw_lines(list_, curve_lines(map_, x, y), colour, scaled(thickness));
    end_curve();
}

void Plot::steps(const char* name, const Samples& edges, const Samples& values, ImU32 colour, float thickness,
                 float fill_alpha) {
    if (!begin_curve(name, colour) || edges.size() < 2) return;
    const std::size_t count = std::min(edges.size() - 1, values.size());
    measure(edges, count, values, count + 1);
    read_out(name, edges, count, values, true);
    if (!begin_drawing()) return;
    const auto lines = step_lines(map_, edges, values);
    const double base = map_.log_y ? area_.high.y : std::clamp<double>(map_.screen_y(0), area_.low.y, area_.high.y);
    if (fill_alpha > 0) fill_under(list_, lines, static_cast<float>(base), with_alpha(colour, fill_alpha));
    draw_lines(list_, lines, colour, scaled(thickness));
    end_curve();
}

void Plot::points(const char* name, const Samples& x, const Samples& y, ImU32 colour, float radius) {
    if (!begin_curve(name, colour)) return;
    const std::size_t count = std::min(x.size(), y.size());
    if (range_.follow_x || range_.follow_y)
        for (std::size_t i = 0; i < count; ++i) extent_.add_x(x[i]), extent_.add_y(y[i]);
    if (!begin_drawing()) return;
    for (std::size_t i = 0; i < count; ++i) {
        const ImVec2 at = to_screen(x[i], y[i]);
        if (area_.contains(at)) list_->AddCircleFilled(at, scaled(radius), colour, 12);
    }
    end_curve();
}

void Plot::band(const char* name, const Samples& x, const Samples& low, const Samples& high, ImU32 colour,
                float alpha) {
    if (!begin_curve(name, colour)) return;
    const std::size_t count = std::min({x.size(), low.size(), high.size()});
    read_out(name, x, count, low, false);
    if (const double at = crosshair_x(); !std::isnan(at))
        if (const std::size_t k = sample_at(x, count, at, false); k < count && !entries_.empty())
            entries_.back().high = high[k];
    measure(x, count, low, count);
    measure(x, count, high, count);
    if (!begin_drawing()) return;
    const ImU32 shade = with_alpha(colour, alpha);
    const ImVec2 uv = ImGui::GetFontTexUvWhitePixel();
    for (const auto& part : band_points(map_, x, low, high))
        for (std::size_t i = 0; i + 1 < part.size(); ++i) {
            list_->PrimReserve(6, 4);
            list_->PrimQuadUV({part[i].x, part[i].high}, {part[i + 1].x, part[i + 1].high},
                              {part[i + 1].x, part[i + 1].low}, {part[i].x, part[i].low}, uv, uv, uv, uv, shade);
        }
    end_curve();
}

void Plot::mark_label(float at, ImU32 colour, const char* label) {
    if (*label == '\0' || area_.height() < scaled(50)) return;
    const ImVec2 size = label_size(label);
    const float left = at + scaled(6) + size.x < area_.high.x ? at + scaled(6) : at - scaled(6) - size.x;
    PlotRectangle place{{left, area_.low.y + scaled(3)}, {left + size.x, area_.low.y + scaled(3) + size.y}};
    for (const PlotRectangle& taken : labels_)  // they are in order of height where they are in each other's way
        if (taken.low.x < place.high.x && place.low.x < taken.high.x && taken.low.y < place.high.y &&
            place.low.y < taken.high.y)
            place = {{left, taken.high.y + 1}, {place.high.x, taken.high.y + 1 + size.y}};
    labels_.push_back(place);
    draw_label(list_, place.low, colour, label, with_alpha(palette().plot_background, 0.6F));
}

void Plot::fill(double x_low, double x_high, ImU32 colour, const char* label, float alpha) {
    const auto inside = [&](double x) {
        return static_cast<float>(std::clamp<double>(map_.screen_x(x), area_.low.x, area_.high.x));
    };
    const float left = inside(std::min(x_low, x_high)), right = inside(std::max(x_low, x_high));
    if (!visible_ || !(left < right)) return;
    list_->AddRectFilled({left, area_.low.y}, {right, area_.high.y}, with_alpha(colour, alpha));
    if (*label != '\0' && label_size(label).x + scaled(4) < right - left)
        draw_label(list_, {(left + right - label_size(label).x) / 2, area_.low.y + scaled(3)}, colour, label, 0);
}

void Plot::line_x(double x, ImU32 colour, const char* label) {
    const double px = map_.screen_x(x);
    if (!visible_ || !(px >= area_.low.x && px <= area_.high.x)) return;
    const auto at = static_cast<float>(std::round(px));
    list_->AddLine({at, area_.low.y}, {at, area_.high.y}, colour, scaled(1));
    mark_label(at, colour, label);
}

void Plot::line_y(double y, ImU32 colour, const char* label) {
    const double py = map_.screen_y(y);
    if (!visible_ || !(py >= area_.low.y && py <= area_.high.y)) return;
    const auto at = static_cast<float>(std::round(py));
    list_->AddLine({area_.low.x, at}, {area_.high.x, at}, colour, scaled(1));
    if (*label == '\0') return;
    const ImVec2 size = label_size(label);
    const float top = at - size.y - scaled(2) > area_.low.y ? at - size.y - scaled(2) : at + scaled(2);
    draw_label(list_, {area_.low.x + scaled(5), top}, colour, label, with_alpha(palette().plot_background, 0.8F));
}

void Plot::text(double x, double y, const char* text, ImU32 colour) {
    const ImVec2 at = to_screen(x, y);
    if (visible_ && area_.contains(at)) draw_label(list_, at, colour, text, 0);
}

void Plot::read_out(const char* name, const Samples& x, std::size_t count, const Samples& y, bool steps) {
    const double at = crosshair_x();
    if (std::isnan(at)) return;
    const std::string shown_name(name, end_of_name(name));
    const std::size_t i = sample_at(x, count, at, steps);
    for (Entry& entry : entries_)
        if (entry.name == shown_name && i < count) entry.value = y[i];
}

double Plot::crosshair_x() const { return hovered_ && !active_ ? mouse_x() : range_.hover_x; }

void Plot::draw_crosshair() {
    const double x = crosshair_x();
    if (!options_.read_out || std::isnan(x) || nearest_line_ != 0) return;
    const double px = map_.screen_x(x);
    if (!(px >= area_.low.x && px < area_.high.x)) return;
    const auto at = static_cast<float>(std::round(px));
    list_->AddLine({at, area_.low.y}, {at, area_.high.y}, with_alpha(palette().crosshair, 0.6F));
}

void Plot::draw_legend() {
    range_.gesture.legend = {};
    const double at = crosshair_x();
    const bool values = options_.read_out && !std::isnan(at);
    if (!options_.legend || (entries_.empty() && !values)) return;
    const auto with_unit = [](const std::string& number, const char* unit) {
        return *unit == '\0' ? number : number + " " + unit;
    };
    std::vector<std::pair<std::string, std::string>> rows;
    for (const Entry& entry : entries_) {
        std::string value;
        const double span = range_.y_high - range_.y_low;
        if (values && entry.shown && !std::isnan(entry.value)) {
            value = readable_number(entry.value, span);
            if (!std::isnan(entry.high)) value += " … " + readable_number(entry.high, span);
            value = with_unit(value, options_.y_unit);
        }
        rows.emplace_back(entry.name, value);
    }
    const std::string head =
        values ? with_unit(readable_number(at, range_.x_high - range_.x_low), options_.x_unit) : "";
    const float line = label_size("X").y + scaled(3), pad = scaled(5), key = scaled(16);
    float names = 0, numbers = label_size(head.c_str()).x;
    for (const auto& [name, value] : rows) {
        names = std::max(names, label_size(name.c_str()).x);
        numbers = std::max(numbers, label_size(value.c_str()).x);
    }
    const float gap = values ? scaled(10) : 0;
    const float width = 2 * pad + key + names + gap + numbers;
    const float height = 2 * pad - scaled(3) + line * static_cast<float>(rows.size() + (values ? 1 : 0));
    if (width > 0.8F * area_.width() || height > 0.9F * area_.height()) return;  // the data matter more
    const ImVec2 corner{area_.high.x - width - scaled(5), area_.low.y + scaled(5)};
    range_.gesture.legend = {corner, {corner.x + width, corner.y + height}};
    const Palette& colours = palette();
    list_->AddRectFilled(corner, range_.gesture.legend.high, with_alpha(colours.plot_background, 0.85F), scaled(3));
    list_->AddRect(corner, range_.gesture.legend.high, with_alpha(colours.axis, 0.5F), scaled(3));
    float y = corner.y + pad - scaled(1);
    const auto right_aligned = [&](const std::string& text, ImU32 colour) {
        draw_label(list_, {range_.gesture.legend.high.x - pad - label_size(text.c_str()).x, y}, colour, text.c_str(),
                   0);
    };
    for (std::size_t i = 0; i < rows.size(); ++i, y += line) {
        const Entry& entry = entries_[i];
        const ImU32 ink = entry.shown ? colours.text : with_alpha(colours.muted, 0.6F);
        list_->AddRectFilled({corner.x + pad, y + line / 2 - scaled(3)}, {corner.x + pad + scaled(11), y + line / 2},
                             with_alpha(entry.colour, entry.shown ? 1 : 0.3F));
        draw_label(list_, {corner.x + pad + key, y}, ink, entry.name.c_str(), 0);
        right_aligned(rows[i].second, ink);
        const float pointed = range_.gesture.start.y - y;
        if (!legend_clicked_ || pointed < 0 || pointed >= line) continue;
        if (entry.shown) range_.hidden.push_back(entry.name);
        else std::erase(range_.hidden, entry.name);
    }
    if (values) right_aligned(head, colours.text);  // below the names, which stay where they are
}

}  // namespace firstlight::viewer
