#include "viewer/panels/image_overlays.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "viewer/widgets/fitted_text.hpp"
#include "viewer/widgets/plot_axes.hpp"
#include "viewer/window/fonts.hpp"
#include "viewer/window/theme.hpp"

namespace firstlight::viewer {
namespace {

constexpr float margin = 10;

ImVec2 point(Place p) { return {static_cast<float>(p.x), static_cast<float>(p.y)}; }
Place corner(std::int64_t y, std::int64_t x) { return {static_cast<double>(x), static_cast<double>(y)}; }

float letter_height(const ImFont* font) { return font->FontSize * ImGui::GetIO().FontGlobalScale; }

template <class Draw>
void for_visible_pixels(const ImageGeometry& geometry, Draw draw) {
    const PixelPart part = geometry.visible();
    for (std::int64_t y = part.y0; y < part.y1; ++y)
        for (std::int64_t x = part.x0; x < part.x1; ++x) draw(PixelAt{y, x});
}

}  // namespace

std::array<FlagOverlay::Colour, mask_flags.size()> flag_colours() {
    // Masked pixels strongly, doubtful ones faintly; hues that no colormap's middle has much of.
    return {{{232, 74, 60, 210},
             {150, 150, 158, 210},
             {214, 120, 200, 210},
             {255, 160, 60, 210},
             {120, 190, 255, 80},
             {255, 120, 220, 90}}};
}

void draw_pixel_grid(ImDrawList* list, const ImageGeometry& geometry) {
    if (geometry.zoom() < static_cast<double>(scaled(static_cast<float>(grid_from)))) return;
    const PixelPart part = geometry.visible();
    const auto strength = static_cast<float>(std::clamp(geometry.zoom() / 60, 0.12, 0.35));
    const ImU32 colour = with_alpha(IM_COL32(128, 128, 128, 255), strength);
    for (std::int64_t x = part.x0; x <= part.x1; ++x)
        list->AddLine(point(geometry.to_screen(corner(part.y0, x))), point(geometry.to_screen(corner(part.y1, x))),
                      colour);
    for (std::int64_t y = part.y0; y <= part.y1; ++y)
        list->AddLine(point(geometry.to_screen(corner(y, part.x0))), point(geometry.to_screen(corner(y, part.x1))),
                      colour);
}

void draw_pixel_values(ImDrawList* list, const ImageGeometry& geometry, const ShownImage& image,
                       const ColouredImage& colours, const ShownUnit& unit) {
    if (geometry.zoom() < static_cast<double>(scaled(static_cast<float>(values_from)))) return;
    const ImFont* font = fonts().small;
    const float height = letter_height(font);
    const float room = static_cast<float>(geometry.step_x) - scaled(4);
    for_visible_pixels(geometry, [&](PixelAt at) {
        const double value = image.value(at) * unit.factor;
        std::string text;
        ImVec2 size;
        for (int digits = 4; digits >= 2; --digits) {
            text = number_text(value, digits);
            size = font->CalcTextSizeA(height, 1e6F, 0, text.c_str());
            if (size.x <= room) break;
        }
        if (size.x > room) return;
        const auto rgb = colours.at(at.y * image.columns + at.x);
        const double light = 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
        const Place middle = geometry.to_screen({static_cast<double>(at.x) + 0.5, static_cast<double>(at.y) + 0.5});
        list->AddText(font, height,
                      {std::round(static_cast<float>(middle.x) - size.x / 2),
                       std::round(static_cast<float>(middle.y) - size.y / 2)},
                      light > 128 ? IM_COL32(0, 0, 0, 235) : IM_COL32(255, 255, 255, 235), text.c_str());
    });
}

void draw_mask_hatching(ImDrawList* list, const ImageGeometry& geometry, const ShownImage& image) {
    if (image.flags == nullptr || geometry.zoom() < static_cast<double>(scaled(static_cast<float>(grid_from)))) return;
    for_visible_pixels(geometry, [&](PixelAt at) {
        if ((image.flag(at) & masked_flags) == 0) return;
        const ImVec2 low = point(geometry.to_screen(corner(at.y, at.x))),
                     high = point(geometry.to_screen(corner(at.y + 1, at.x + 1)));
        for (int k = 1; k < 6; ++k) {  // from the left or lower side to the upper or right one
            const float t = static_cast<float>(k) / 3;
            const float width = high.x - low.x, depth = high.y - low.y;
            const ImVec2 from{low.x + width * std::max(0.0F, t - 1), low.y + depth * std::min(1.0F, t)};
            const ImVec2 to{low.x + width * std::min(1.0F, t), low.y + depth * std::max(0.0F, t - 1)};
            list->AddLine(from, to, IM_COL32(20, 20, 20, 150));
        }
    });
}

void draw_picked_pixel(ImDrawList* list, const ImageGeometry& geometry, PixelAt pixel, bool focused) {
    ImVec2 low = point(geometry.to_screen(corner(pixel.y, pixel.x)));
    ImVec2 high = point(geometry.to_screen(corner(pixel.y + 1, pixel.x + 1)));
    const float least = scaled(7);
    if (high.x - low.x < least || high.y - low.y < least) {  // a cross around a small pixel, which stays in sight
        const ImVec2 middle{std::floor((low.x + high.x) / 2) + 0.5F, std::floor((low.y + high.y) / 2) + 0.5F};
        const float inner = scaled(4), outer = scaled(10);
        const auto arms = [&](ImU32 colour, float thickness) {
            list->AddLine({middle.x - outer, middle.y}, {middle.x - inner, middle.y}, colour, thickness);
            list->AddLine({middle.x + inner, middle.y}, {middle.x + outer, middle.y}, colour, thickness);
            list->AddLine({middle.x, middle.y - outer}, {middle.x, middle.y - inner}, colour, thickness);
            list->AddLine({middle.x, middle.y + inner}, {middle.x, middle.y + outer}, colour, thickness);
        };
        arms(IM_COL32(0, 0, 0, 200), scaled(3));
        arms(focused ? palette().accent : IM_COL32_WHITE, scaled(1.5F));
        return;
    }
    list->AddRect({low.x - 1, low.y - 1}, {high.x + 1, high.y + 1}, IM_COL32(0, 0, 0, 200), 0, 0, scaled(3));
    list->AddRect({low.x - 1, low.y - 1}, {high.x + 1, high.y + 1}, focused ? palette().accent : IM_COL32_WHITE, 0, 0,
                  scaled(1.5F));
}

void draw_scale_bar(ImDrawList* list, const ImageGeometry& geometry) {
    const Canvas& canvas = geometry.canvas;
    const auto bar = scale_bar_of(geometry.extent.pitch_x, geometry.step_x,
                                  std::min(canvas.width / 4, static_cast<double>(scaled(140))));
    if (!bar) return;
    const std::string text = length_text(bar->length_m);
    const auto length = static_cast<float>(bar->length_screen);
    const ImVec2 size = label_size(text.c_str());
    const float bottom = std::round(static_cast<float>(canvas.top + canvas.height) - scaled(margin));
    const float left = std::round(static_cast<float>(canvas.left) + scaled(margin));
    const float pad = scaled(5), wide = std::max(length, size.x);
    list->AddRectFilled({left - pad, bottom - size.y - scaled(7) - pad}, {left + wide + pad, bottom + pad},
                        IM_COL32(0, 0, 0, 130), scaled(3));
    list->AddRectFilled({left, bottom - scaled(3)}, {left + length, bottom}, IM_COL32_WHITE);
    draw_label(list, {std::round(left + (wide - size.x) / 2), bottom - size.y - scaled(6)}, IM_COL32_WHITE,
               text.c_str(), 0);
}

void draw_flag_key(ImDrawList* list, const ImageGeometry& geometry, const FlagOverlay& flags) {
    if (!flags.any()) return;
    const Canvas& canvas = geometry.canvas;
    const float pad = scaled(5), side = label_size("0").y * 0.8F, row = label_size("0").y + scaled(3);
    std::vector<std::pair<std::size_t, std::string>> lines;
    float widest = 0;
    for (std::size_t k = 0; k < mask_flags.size(); ++k) {
        if (flags.counts()[k] == 0) continue;
        lines.emplace_back(k, fmt::format("{} {}", words_of(mask_flag_table[k].name), flags.counts()[k]));
        widest = std::max(widest, label_size(lines.back().second.c_str()).x);
    }
    const float bottom = std::round(static_cast<float>(canvas.top + canvas.height) - scaled(margin));
    const float left =
        std::round(static_cast<float>(canvas.left + canvas.width) - scaled(margin) - widest - side - pad);
    float top = bottom - row * static_cast<float>(lines.size());
    list->AddRectFilled({left - pad, top - pad}, {left + side + pad + widest + pad, bottom + pad},
                        IM_COL32(0, 0, 0, 130), scaled(3));
    const auto colours = flag_colours();
    for (const auto& [k, text] : lines) {
        const auto& c = colours[k];
        list->AddRectFilled({left, top + scaled(2)}, {left + side, top + scaled(2) + side},
                            IM_COL32(c[0], c[1], c[2], 255));
        draw_label(list, {left + side + pad, top}, IM_COL32_WHITE, text.c_str(), 0);
        const ImVec2 low(left - pad, top), high(left + side + 2 * pad + widest, top + row);
        if (ImGui::IsMouseHoveringRect(low, high)) tooltip(flag_explanation(mask_flag_table[k]));
        top += row;
    }
}

}  // namespace firstlight::viewer
