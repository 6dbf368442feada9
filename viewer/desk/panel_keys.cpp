#include "viewer/desk/panel_keys.hpp"

#include <imgui_internal.h>

namespace firstlight::viewer {
namespace {

enum State : int { away, sent, there, in_popup };

// Kept by ImGui, as the focus is that it says more about.
int& state() {
    ImGuiWindow* main = ImGui::FindWindowByName("firstlight");
    static int none = away;  // before the first frame
    return main == nullptr ? (none = away) : *main->StateStorage.GetIntRef(ImHashStr("panel keys"), away);
}

}  // namespace

void send_keys_to_panel(bool there_now, bool focus_too) {
    state() = there_now ? sent : away;
    if (there_now || !focus_too) return;
    ImGui::ClearActiveID();
    ImGui::FocusWindow(ImGui::FindWindowByName("firstlight"));
}

bool panel_has_keys() { return state() != away; }

void take_panel_keys() {
    ImGuiContext& g = *ImGui::GetCurrentContext();
    if (state() == sent) {
        ImGui::ClearActiveID();
        ImGui::FocusWindow(g.CurrentWindow);
        ImGui::NavInitWindow(g.CurrentWindow, true);  // to its first widget
        g.NavDisableHighlight = false;
        g.NavDisableMouseHover = true;
        state() = there;
        return;
    }
    if (state() == away) return;
    const bool popup = ImGui::IsPopupOpen("", ImGuiPopupFlags_AnyPopup);
    // Escape first gives up what is typed, or closes a list.
    const bool leaves =
        ImGui::IsKeyPressedMap(ImGuiKey_Escape, false) && state() == there && !popup && g.ActiveIdPreviousFrame == 0;
    if (leaves || (!popup && !ImGui::IsWindowFocused(ImGuiFocusedFlags_ChildWindows)))
        send_keys_to_panel(false, leaves);
    else state() = popup ? in_popup : there;
}

void end_panel_keys(bool others) {
    ImGuiContext& g = *ImGui::GetCurrentContext();
    g.NavWindowingTarget = g.NavWindowingTargetAnim = nullptr;  // Ctrl+Tab is the viewer's
    const bool on = panel_has_keys() && !others && !g.IO.KeyCtrl && !g.IO.KeyAlt;
    if (on) g.IO.ConfigFlags |= ImGuiConfigFlags_NavEnableKeyboard;
    else g.IO.ConfigFlags &= ~ImGuiConfigFlags_NavEnableKeyboard;
}

}  // namespace firstlight::viewer
