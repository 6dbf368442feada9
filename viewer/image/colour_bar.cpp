#include "viewer/image/colour_bar.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "host/io/figure.hpp"
#include "viewer/widgets/plot_axes.hpp"
#include "viewer/window/theme.hpp"

namespace firstlight::viewer {
namespace {

constexpr float strip_width = 14, tick_length = 4, gap = 4, edge = 6;

std::vector<Tick> ticks_of(const ColourBar& bar) {
    return ticks(bar.window.low * bar.unit.factor, bar.window.high * bar.unit.factor,
                 bar.tone.scale == ToneMap::Scale::log);
}

std::string title_of(const ColourBar& bar) {
    if (bar.unit.unit.empty()) return bar.name;
    return bar.name == bar.unit.unit ? bar.unit.unit : bar.name + " (" + bar.unit.unit + ")";
}

// Where a value stands from the bar's lower end to its upper, 0..1.
double share_of(const ColourBar& bar, double shown) {
    const double value = shown / bar.unit.factor, low = bar.window.low, high = bar.window.high;
    if (bar.tone.scale == ToneMap::Scale::log) return std::log(value / low) / std::log(high / low);
    return (value - low) / (high - low);
}

}  // namespace

ImU32 as_colour(const Rgb& rgb) {
    const auto byte = [](double share) { return static_cast<int>(std::lround(share * 255)); };
    return IM_COL32(byte(rgb.red), byte(rgb.green), byte(rgb.blue), 255);
}

float colour_bar_width(const ColourBar& bar) {
    float widest = label_size("0000").x;
    for (const Tick& tick : ticks_of(bar)) widest = std::max(widest, label_size(tick.label.c_str()).x);
    return std::ceil(widest + scaled(strip_width + tick_length + gap + 2 * edge));
}

void draw_colour_bar(ImDrawList* list, const ColourBar& bar, ImVec2 top_left, ImVec2 bottom_right) {
    const Palette& colours = palette();
    const float line = label_size("0").y;
    const float left = top_left.x + scaled(edge), right = left + scaled(strip_width);
    // The name stands over the bar, ending with it: names are wider than bars.
    const std::string title = title_of(bar);
    const ImVec2 title_size = label_size(title.c_str());
    draw_label(list, {std::round(bottom_right.x - scaled(edge) - title_size.x), top_left.y + scaled(3)}, colours.text,
               title.c_str(), with_alpha(colours.background, 0.7F));
    const float top = std::round(top_left.y + scaled(3) + 1.6F * line), bottom = bottom_right.y - line;
    const float height = bottom - top;
    if (height < 2 * line) return;
    const int bands = std::clamp(static_cast<int>(height), 1, 256);
    for (int i = 0; i < bands; ++i) {
        const auto y = [&](int k) { return bottom - height * static_cast<float>(k) / static_cast<float>(bands); };
        list->AddRectFilled({left, y(i + 1)}, {right, y(i)},
                            as_colour(ToneMap::colour(bar.tone, (i + 0.5) / static_cast<double>(bands))));
    }
    list->AddRect({left, top}, {right, bottom}, colours.axis);
    float free_below = bottom + line;
    for (const Tick& tick : ticks_of(bar)) {
        const double share = share_of(bar, tick.value);
        if (!(share > -0.01 && share < 1.01)) continue;
        const float y = std::round(bottom - height * static_cast<float>(std::clamp(share, 0.0, 1.0)));
        list->AddLine({right, y}, {right + scaled(tick_length), y}, colours.axis);
        if (y + line / 2 > free_below) continue;
        free_below = y - line / 2;
        draw_label(list, {right + scaled(tick_length + gap), std::round(y - line / 2)}, colours.muted,
                   tick.label.c_str(), 0);
    }
}

void draw_colour_strip(ImDrawList* list, const ToneMap::Params& tone, ImVec2 top_left, ImVec2 bottom_right) {
    constexpr int bands = 48;
    const float width = bottom_right.x - top_left.x;
    for (int i = 0; i < bands; ++i) {
        const auto x = [&](int k) { return top_left.x + width * static_cast<float>(k) / static_cast<float>(bands); };
        list->AddRectFilled({x(i), top_left.y}, {x(i + 1), bottom_right.y},
                            as_colour(ToneMap::colour(tone, (i + 0.5) / bands)));
    }
}

}  // namespace firstlight::viewer
