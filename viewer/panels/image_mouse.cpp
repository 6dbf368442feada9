#include "viewer/panels/image_mouse.hpp"

#include <algorithm>
#include <cmath>

#include "viewer/panels/region_tool.hpp"

namespace firstlight::viewer {
namespace {

using Kind = ImageGesture::Kind;
constexpr double wheel_factor = 1.2;
constexpr float click_slack = 3;

Place mouse() {
    const ImVec2 at = ImGui::GetIO().MousePos;
    return {static_cast<double>(at.x), static_cast<double>(at.y)};
}

void begin_gesture(Desk& desk, Document& document, const ImageGeometry& geometry) {
    const bool left = ImGui::IsMouseClicked(ImGuiMouseButton_Left);
    const bool middle = ImGui::IsMouseClicked(ImGuiMouseButton_Middle);
    if (!left && !middle) return;
    if (left && !held(Key::space) && begin_region_gesture(desk, document, geometry, mouse())) return;
    ImageGesture& gesture = desk.image_gesture;
    gesture = {};
    gesture.button = left ? ImGuiMouseButton_Left : ImGuiMouseButton_Middle;
    gesture.kind = middle || held(Key::space) ? Kind::pan : Kind::press;
    gesture.on_screen = gesture.last = mouse();
}

void continue_gesture(Desk& desk, Document& document, const ImageGeometry& geometry) {
    ImageGesture& gesture = desk.image_gesture;
    if (gesture.kind == Kind::draw || gesture.kind == Kind::change) {
        continue_region_gesture(desk, document, geometry, mouse());
        return;
    }
    const Place now = mouse();
    if (std::hypot(now.x - gesture.on_screen.x, now.y - gesture.on_screen.y) > static_cast<double>(scaled(click_slack)))
        gesture.moved = true;
    if (gesture.kind != Kind::pan) return;
    ImGui::SetMouseCursor(ImGuiMouseCursor_ResizeAll);
    if (now == gesture.last) return;
    pan_by(document.looks.image, geometry, now.x - gesture.last.x, now.y - gesture.last.y);
    gesture.last = now;
}

void end_gesture(Desk& desk, Document& document, const ImageGeometry& geometry) {
    const ImageGesture gesture = desk.image_gesture;
    const bool of_region = gesture.kind == Kind::draw || gesture.kind == Kind::change;
    if (of_region) end_region_gesture(desk, document);
    // A click within a selected region picks the pixel there, too.
    if (!gesture.moved && desk.tool == Tool::pick && (gesture.kind == Kind::press || gesture.kind == Kind::change))
        if (const auto pixel = geometry.pixel_at(mouse())) document.looks.pixel = pixel;
    desk.image_gesture = {};
}

void move_pixel(Document& document, const ImageGeometry& geometry) {
    const std::pair<Key, PixelAt> steps[] = {
        {Key::left, {0, -1}}, {Key::right, {0, 1}}, {Key::up, {-1, 0}}, {Key::down, {1, 0}}};
    for (const auto& [key, by] : steps)
        for (const bool shift : {false, true}) {
            if (!pressed(key, {.shift = shift}, true)) continue;
            const std::int64_t far = shift ? 10 : 1;
            PixelAt at = document.looks.pixel.value_or(PixelAt{geometry.extent.rows / 2, geometry.extent.columns / 2});
            if (document.looks.pixel) at = {at.y + far * by.y, at.x + far * by.x};
            at.y = std::clamp<std::int64_t>(at.y, 0, geometry.extent.rows - 1);
            at.x = std::clamp<std::int64_t>(at.x, 0, geometry.extent.columns - 1);
            document.looks.pixel = at;
            bring_into_view(document.looks.image, geometry, at);
        }
}

}  // namespace

void take_image_mouse(Desk& desk, Document& document, const ImageGeometry& geometry) {
    const bool hovered = ImGui::IsItemHovered();
    ImageGesture& gesture = desk.image_gesture;
    if (ImGui::IsItemActivated()) begin_gesture(desk, document, geometry);
    else if (ImGui::IsItemActive() && gesture.kind != Kind::none) continue_gesture(desk, document, geometry);
    else if (!ImGui::IsItemActive() && gesture.kind != Kind::none) end_gesture(desk, document, geometry);
    desk.hovered_pixel = hovered ? geometry.pixel_at(mouse()) : std::nullopt;
    if (!hovered) return;
    if (const float wheel = ImGui::GetIO().MouseWheel; wheel != 0)
        zoom_about(document.looks.image, geometry, mouse(), std::pow(wheel_factor, static_cast<double>(wheel)));
    if (ImGui::IsMouseDoubleClicked(ImGuiMouseButton_Left)) fit(document.looks.image);
    if (gesture.kind == Kind::none || gesture.kind == Kind::change) {
        if (held(Key::space)) ImGui::SetMouseCursor(ImGuiMouseCursor_ResizeAll);
        else show_region_cursor(desk, document, geometry, mouse());
    }
}

void take_image_keys(Desk& desk, Document& document, const ImageGeometry& geometry, bool focused) {
    if (ImGui::IsPopupOpen("", ImGuiPopupFlags_AnyPopupId | ImGuiPopupFlags_AnyPopupLevel)) return;
    if (focused) move_pixel(document, geometry);
    if (!focused && !ImGui::IsItemHovered()) return;
    if (pressed(Key::remove) || pressed(Key::backspace)) remove_region(desk, document, document.looks.region);
    if (!pressed(Key::escape)) return;
    if (desk.image_gesture.kind != Kind::none) cancel_region_gesture(desk, document);
    else if (desk.tool != Tool::pick) desk.tool = Tool::pick;
    else document.looks.region = -1;
}

}  // namespace firstlight::viewer
