#include "viewer/widgets/plot_axes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "host/io/figure.hpp"
#include "viewer/widgets/plot.hpp"
#include "viewer/window/fonts.hpp"
#include "viewer/window/theme.hpp"
#include "viewer/window/window_fill.hpp"

namespace firstlight::viewer {
namespace {

float letter_height() { return fonts().small->FontSize * ImGui::GetIO().FontGlobalScale; }

void write(ImDrawList* list, ImVec2 at, ImU32 colour, const char* text) {
    list->AddText(fonts().small, letter_height(), {std::round(at.x), std::round(at.y)}, colour, text);
}

bool has_labels(const PlotRectangle& frame) { return frame.width() >= scaled(100) && frame.height() >= scaled(60); }
bool has_titles(const PlotRectangle& frame) { return frame.width() >= scaled(200) && frame.height() >= scaled(110); }

std::vector<Tick> y_ticks(const PlotMapping& map) {
    return map.log_y ? ticks(map.unscale_y(map.y_low), map.unscale_y(map.y_high), true)
                     : ticks(map.y_low, map.y_high, false);
}

void draw_x_ticks(ImDrawList* list, const PlotRectangle& frame, const PlotMapping& map, const PlotOptions& options) {
    const Palette& colours = palette();
    float free_from = frame.low.x;
    for (const Tick& tick : ticks(map.x_low, map.x_high, false)) {
        const auto x = std::round(static_cast<float>(map.screen_x(tick.value)));
        if (x < map.area.low.x - 1 || x > map.area.high.x + 1) continue;
        if (options.grid) list->AddLine({x, map.area.low.y}, {x, map.area.high.y}, colours.grid);
        list->AddLine({x, map.area.high.y}, {x, map.area.high.y + scaled(3)}, colours.axis);
        if (!has_labels(frame)) continue;
        const float width = label_size(tick.label.c_str()).x;
        const float left = std::clamp(x - width / 2, frame.low.x, std::max(frame.low.x, frame.high.x - width));
        if (left < free_from) continue;
        write(list, {left, map.area.high.y + scaled(4)}, colours.muted, tick.label.c_str());
        free_from = left + width + scaled(8);
    }
}

void draw_y_ticks(ImDrawList* list, const PlotRectangle& frame, const PlotMapping& map, const PlotOptions& options) {
    const Palette& colours = palette();
    float free_below = frame.high.y + scaled(100);
    for (const Tick& tick : y_ticks(map)) {
        const auto y = std::round(static_cast<float>(map.screen_y(tick.value)));
        if (y < map.area.low.y - 1 || y > map.area.high.y + 1) continue;
        if (options.grid) list->AddLine({map.area.low.x, y}, {map.area.high.x, y}, colours.grid);
        list->AddLine({map.area.low.x - scaled(3), y}, {map.area.low.x, y}, colours.axis);
        if (!has_labels(frame)) continue;
        const ImVec2 size = label_size(tick.label.c_str());
        const float top = std::clamp(y - size.y / 2, frame.low.y, frame.high.y - size.y);
        if (top + size.y > free_below) continue;
        write(list, {map.area.low.x - scaled(5) - size.x, top}, colours.muted, tick.label.c_str());
        free_below = top;
    }
}

// ImGui has no turned text: the letters are written level and their corners turned about the start.
void write_upwards(ImDrawList* list, ImVec2 at, ImU32 colour, const char* text) {
    const int first = list->VtxBuffer.Size;
    const ImVec2 pivot{std::round(at.x), std::round(at.y)};
    // Not clipped as long as it lies level; the list's own clip rectangle holds for the turned text.
    fonts().small->RenderText(list, letter_height(), pivot, colour, {-1e6F, -1e6F, 1e6F, 1e6F}, text,
                              text + std::strlen(text));
    for (int i = first; i < list->VtxBuffer.Size; ++i) {
        ImVec2& p = list->VtxBuffer[i].pos;
        p = {pivot.x + (p.y - pivot.y), pivot.y - (p.x - pivot.x)};
    }
}

}  // namespace

ImVec2 label_size(const char* text) { return fonts().small->CalcTextSizeA(letter_height(), 1e6F, 0, text); }

PlotRectangle data_area(const PlotRectangle& frame, const PlotRange& range, const PlotOptions& options) {
    PlotRectangle area = frame;
    if (!has_labels(frame)) return area;
    const float line = letter_height();
    const bool titles = has_titles(frame);
    area.low.y += std::round(line / 2);
    area.high.y -= std::round(line + scaled(5));
    if (titles && *options.x_title != '\0') area.high.y -= std::round(line + scaled(2));
    float widest = 0;
    for (const Tick& tick : y_ticks(mapping_of(range, area, options.log_floor)))
        widest = std::max(widest, label_size(tick.label.c_str()).x);
    area.low.x += std::round(std::max(widest, scaled(24)) + scaled(7));
    if (titles && *options.y_title != '\0') area.low.x += std::round(line + scaled(3));
    area.low.x = std::max(area.low.x, frame.low.x + options.least_left);
    area.high.x -= scaled(8);
    return area;
}

void draw_axes(ImDrawList* list, const PlotRectangle& frame, const PlotMapping& map, const PlotOptions& options) {
    const Palette& colours = palette();
    fill_plainly(list, map.area.low, map.area.high, colours.plot_background);
    draw_x_ticks(list, frame, map, options);
    draw_y_ticks(list, frame, map, options);
    list->AddRect(map.area.low, map.area.high, colours.axis);
    if (!has_titles(frame)) return;
    const float line = letter_height();
    if (*options.x_title != '\0')
        write(list,
              {(map.area.low.x + map.area.high.x - label_size(options.x_title).x) / 2, frame.high.y - line - scaled(1)},
              colours.text, options.x_title);
    if (*options.y_title != '\0')
        write_upwards(list, {frame.low.x, (map.area.low.y + map.area.high.y + label_size(options.y_title).x) / 2},
                      colours.text, options.y_title);
}

void draw_label(ImDrawList* list, ImVec2 at, ImU32 colour, const char* text, ImU32 ground) {
    const ImVec2 size = label_size(text);
    const float edge = scaled(2);
    if ((ground & IM_COL32_A_MASK) != 0)
        list->AddRectFilled({at.x - edge, at.y - edge / 2}, {at.x + size.x + edge, at.y + size.y + edge / 2}, ground,
                            edge);
    write(list, at, colour, text);
}

std::string readable_number(double value, double span) {
    if (!std::isfinite(value)) return "–";
    const double size = std::max(std::abs(value), std::abs(span));
    if (size >= 1e7 || (size > 0 && size < 1e-4)) return fmt::format("{:.4g}", value);
    const int decimals = span > 0 ? std::clamp(static_cast<int>(3 - std::floor(std::log10(span))), 0, 6) : 2;
    return fmt::format("{:.{}f}", value, decimals);
}

}  // namespace firstlight::viewer
