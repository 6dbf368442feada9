// A comparison in place of the image: one of the two, both beside a divider, or their difference.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "viewer/image/image_words.hpp"
#include "viewer/panels/panels.hpp"
#include "viewer/widgets/plot_axes.hpp"
#include "viewer/window/theme.hpp"

namespace firstlight::viewer {
namespace {

using How = Comparison::How;

constexpr std::array<const char*, 3> pictures{"compare first", "compare second", "compare difference"};

const ImageTexture& texture_of(Desk& desk, std::size_t which) {
    Picture& picture = desk.picture(pictures[which]);
    const ComparisonView& compared = desk.compared;
    if (const std::string made_of = fmt::format("{}", compared.number()); picture.made_of != made_of) {
        picture.texture.set(compared.colours(which).data(), compared.both().rows, compared.both().columns);
        picture.made_of = made_of;
    }
    return picture.texture;
}

// The part of the screen that shows the image.
struct Part {
    ImVec2 low, high;
};
Part shown_part(const ImageGeometry& geometry) {
    const Place end = geometry.end();
    const Canvas& canvas = geometry.canvas;
    return {{static_cast<float>(std::max(canvas.left, geometry.origin_x)),
             static_cast<float>(std::max(canvas.top, geometry.origin_y))},
            {static_cast<float>(std::min(canvas.left + canvas.width, end.x)),
             static_cast<float>(std::min(canvas.top + canvas.height, end.y))}};
}

float divider_of(const Comparison& asked, const Part& part) {
    return part.low.x + static_cast<float>(asked.split) * (part.high.x - part.low.x);
}

void draw_texture(Desk& desk, const ImageGeometry& geometry, std::size_t which, ImVec2 low, ImVec2 high) {
    const Place end = geometry.end();
    texture_of(desk, which)
        .draw(ImGui::GetWindowDrawList(),
              ImVec2(static_cast<float>(geometry.origin_x), static_cast<float>(geometry.origin_y)),
              ImVec2(static_cast<float>(end.x), static_cast<float>(end.y)), low, high);
}

// At a corner of what is shown, on a dark ground.
void draw_name(ImVec2 at, const std::string& text, bool from_right) {
    const ImVec2 size = label_size(text.c_str());
    draw_label(ImGui::GetWindowDrawList(), ImVec2(from_right ? at.x - size.x - scaled(6) : at.x + scaled(6), at.y),
               IM_COL32_WHITE, text.c_str(), IM_COL32(0, 0, 0, 150));
}

void draw_split(Desk& desk, const ImageGeometry& geometry, const Part& part) {
    const float x = divider_of(desk.session.comparison(), part);
    draw_texture(desk, geometry, 0, part.low, ImVec2(x, part.high.y));
    draw_texture(desk, geometry, 1, ImVec2(x, part.low.y), part.high);
    ImDrawList* list = ImGui::GetWindowDrawList();
    const ImU32 colour = desk.divider_held ? palette().accent : IM_COL32_WHITE;
    list->AddLine(ImVec2(x, part.low.y), ImVec2(x, part.high.y), IM_COL32(0, 0, 0, 160), scaled(4));
    list->AddLine(ImVec2(x, part.low.y), ImVec2(x, part.high.y), colour, scaled(2));
    const float middle = (part.low.y + part.high.y) / 2;
    list->AddRectFilled(ImVec2(x - scaled(4), middle - scaled(14)), ImVec2(x + scaled(4), middle + scaled(14)), colour,
                        scaled(3));
    draw_name(ImVec2(x, part.low.y + scaled(6)), "A  " + desk.compared.first_name(), true);
    draw_name(ImVec2(x, part.low.y + scaled(6)), "B  " + desk.compared.second_name(), false);
}

// What both have at the pixel under the mouse.
void draw_values(const Desk& desk, const Part& part) {
    const ComparedLayer& both = desk.compared.both();
    if (!desk.hovered_pixel) return;
    const PixelAt at = *desk.hovered_pixel;
    if (at.y < 0 || at.x < 0 || at.y >= both.rows || at.x >= both.columns) return;
    const std::int64_t pixel = at.y * both.columns + at.x;
    const ShownUnit unit = shown_unit(both.unit, desk.compared.window());
    const auto number = [&](double value) { return number_text(value * unit.factor); };
    const auto a = static_cast<double>(both.first[pixel]), b = static_cast<double>(both.second[pixel]);
    std::string text = fmt::format("A {}   B {}", number(a), number(b));
    if (both.takes_part(pixel)) {
        text += fmt::format("   A − B {}", number(a - b));
        if (b != 0) text += fmt::format(" ({:+.3g} %)", 100 * (a - b) / b);
    } else {
        text += "   not compared";
    }
    if (!unit.unit.empty()) text += "   " + unit.unit;
    draw_name(ImVec2(part.low.x, part.high.y - label_size(text.c_str()).y - scaled(6)), text, false);
}

}  // namespace

bool take_divider(Desk& desk, const ImageGeometry& geometry) {
    Comparison& asked = desk.session.comparison();
    if (!ImGui::IsItemActive()) desk.divider_held = false;
    if (!desk.compared.is_on() || !desk.compared.why_not().empty() || asked.how != How::split) return false;
    const Part part = shown_part(geometry);
    const ImVec2 mouse = ImGui::GetIO().MousePos;
    const bool near = ImGui::IsItemHovered() && std::abs(mouse.x - divider_of(asked, part)) < scaled(7);
    if (near || desk.divider_held) ImGui::SetMouseCursor(ImGuiMouseCursor_ResizeEW);
    if (ImGui::IsItemActivated() && near && ImGui::IsMouseClicked(ImGuiMouseButton_Left)) desk.divider_held = true;
    if (!desk.divider_held) return false;
    asked.split =
        std::clamp(static_cast<double>((mouse.x - part.low.x) / std::max(1.0F, part.high.x - part.low.x)), 0.0, 1.0);
    return true;
}

bool draw_compare_image(Desk& desk, const ImageGeometry& geometry) {
    ComparisonView& compared = desk.compared;
    compared.update(desk.session);
    if (!compared.is_on() || !compared.why_not().empty()) return false;
    if (desk.session.current() != compared_document(desk.session)) return false;  // another file is looked at
    if (geometry.extent.rows != compared.both().rows || geometry.extent.columns != compared.both().columns)
        return false;
    Comparison& asked = desk.session.comparison();
    if (pressed(Key::b)) {  // from anything else it goes to flipping first
        asked.second_is_shown = asked.how == How::flip && !asked.second_is_shown;
        asked.how = How::flip;
    }
    const Part part = shown_part(geometry);
    const ImVec2 corner(part.low.x, part.low.y + scaled(6));
    if (asked.how == How::split) {
        draw_split(desk, geometry, part);
    } else if (asked.how == How::flip) {
        draw_texture(desk, geometry, asked.second_is_shown ? 1 : 0, part.low, part.high);
        draw_name(corner, asked.second_is_shown ? "B  " + compared.second_name() : "A  " + compared.first_name(),
                  false);
    } else {
        draw_texture(desk, geometry, 2, part.low, part.high);
        draw_name(corner, asked.relative ? "(A − B) / B" : "A − B", false);
    }
    draw_values(desk, part);
    return true;
}

}  // namespace firstlight::viewer
