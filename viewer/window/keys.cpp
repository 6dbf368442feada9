#include "viewer/window/keys.hpp"

#include <imgui.h>

namespace firstlight::viewer {

Modifiers modifiers_held() {
    const ImGuiIO& io = ImGui::GetIO();
    return {io.KeyCtrl, io.KeyShift, io.KeyAlt};
}

bool held(Key key) { return ImGui::IsKeyDown(static_cast<int>(key)); }

bool pressed(Key key, Modifiers modifiers, bool repeat) {
    const bool function_key = key >= Key::f1 && key <= Key::f12;
    if (ImGui::GetIO().WantTextInput && !modifiers.ctrl && !function_key) return false;
    return modifiers_held() == modifiers && ImGui::IsKeyPressed(static_cast<int>(key), repeat);
}

}  // namespace firstlight::viewer
