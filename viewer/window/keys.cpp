#include "viewer/window/keys.hpp"

#include <imgui.h>

namespace firstlight::viewer {

Modifiers modifiers_held() {
    const ImGuiIO& io = ImGui::GetIO();
    return {io.KeyCtrl, io.KeyShift, io.KeyAlt};
}

namespace {

// Goes from widget to widget, or presses one, where a panel has the keyboard.
bool walks(Key key) {
    switch (key) {
        case Key::left:
        case Key::right:
        case Key::up:
        case Key::down:
        case Key::page_up:
        case Key::page_down:
        case Key::home:
        case Key::end:
        case Key::tab:
        case Key::space:
        case Key::enter:
        case Key::escape: return true;
        default: return false;
    }
}

}  // namespace

bool held(Key key) { return ImGui::IsKeyDown(static_cast<int>(key)); }

bool pressed(Key key, Modifiers modifiers, bool repeat) {
    const bool function_key = key >= Key::f1 && key <= Key::f12;
    if (ImGui::GetIO().WantTextInput && !modifiers.ctrl && !function_key) return false;
    if (ImGui::GetIO().NavActive && !modifiers.ctrl && !modifiers.alt && walks(key)) return false;
    return modifiers_held() == modifiers && ImGui::IsKeyPressed(static_cast<int>(key), repeat);
}

}  // namespace firstlight::viewer
