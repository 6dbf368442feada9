// One line to find everything by a few letters.
#include <imgui.h>
#include <imgui_stdlib.h>

#include <algorithm>

#include "viewer/actions/palette_entries.hpp"
#include "viewer/panels/panels.hpp"
#include "viewer/widgets/fitted_text.hpp"
#include "viewer/window/fonts.hpp"

namespace firstlight::viewer {
namespace {

constexpr std::size_t most_entries = 60;

// True when the row was clicked.
bool draw_entry(const PaletteEntry& entry, int row, bool marked, float width) {
    ImGui::PushID(row);
    const bool can = entry.why_not.empty();
    const float left = ImGui::GetCursorPosX(), line = ImGui::GetTextLineHeight();
    const bool clicked =
        ImGui::Selectable("##entry", marked, ImGuiSelectableFlags_AllowItemOverlap, ImVec2(0, 2 * line + scaled(4)));
    ImGui::PopID();
    const ImVec2 next = ImGui::GetCursorPos();
    const float top = ImGui::GetItemRectMin().y - ImGui::GetWindowPos().y + ImGui::GetScrollY() +
                      ImGui::GetStyle().ItemSpacing.y / 2 + scaled(2);
    const float keys = entry.keys.empty() ? 0 : ImGui::CalcTextSize(entry.keys.c_str()).x + scaled(12);
    ImGui::SetCursorPos(ImVec2(left + scaled(4), top));
    draw_fitted_text(entry.name, width - keys - scaled(8), can ? palette().text : palette().muted);
    if (keys > 0) {
        ImGui::SetCursorPos(ImVec2(width - keys, top));
        ImGui::TextColored(as_vec4(palette().muted), "%s", entry.keys.c_str());
    }
    ImGui::SetCursorPos(ImVec2(left + scaled(4), top + line));
    ImGui::PushFont(fonts().small);
    draw_fitted_text(can ? entry.about : "not now: " + entry.why_not, width - scaled(12),
                     can ? palette().muted : palette().warning);
    ImGui::PopFont();
    ImGui::SetCursorPos(next);
    return clicked;
}

void run_entry(Desk& desk, const PaletteEntry& entry) {
    if (!entry.why_not.empty()) return;
    desk.palette_open = false;
    desk.palette_text = entry.run(desk);
    desk.palette_row = 0;
    if (!desk.palette_text.empty()) desk.palette_open = desk.palette_focus = true;
}

}  // namespace

void draw_command_palette(Desk& desk) {
    if (!desk.palette_open || !desk.questions.empty()) return;
    if (!ImGui::IsPopupOpen("###palette")) ImGui::OpenPopup("###palette");
    const ImVec2 screen = ImGui::GetIO().DisplaySize;
    const float width = std::min(scaled(620), screen.x - scaled(40));
    ImGui::SetNextWindowPos(ImVec2(screen.x / 2, screen.y * 0.1F), ImGuiCond_Always, ImVec2(0.5F, 0));
    ImGui::SetNextWindowSize(ImVec2(width, std::min(scaled(460), screen.y * 0.8F)));
    if (!ImGui::BeginPopup("###palette",
                           ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoResize | ImGuiWindowFlags_NoSavedSettings)) {
        desk.palette_open = false;  // a click beside it closed it
        desk.palette_text.clear();
        return;
    }
    const bool appearing = ImGui::IsWindowAppearing();
    ImGui::SetNextItemWidth(-1);
    if (appearing || desk.palette_focus) ImGui::SetKeyboardFocusHere();
    desk.palette_focus = false;
    if (ImGui::InputTextWithHint("##find", "action, layer, recipe, parameter or recent file", &desk.palette_text))
        desk.palette_row = 0;
    const std::vector<PaletteEntry> entries = palette_entries(desk, desk.palette_text, most_entries);
    const int count = static_cast<int>(entries.size());
    const auto is_pressed = [](Key key) { return ImGui::IsKeyPressed(static_cast<int>(key), true); };
    const int before = desk.palette_row;
    if (is_pressed(Key::down)) ++desk.palette_row;
    if (is_pressed(Key::up)) --desk.palette_row;
    desk.palette_row = std::clamp(desk.palette_row, 0, std::max(0, count - 1));
    int taken = -1;
    ImGui::BeginChild("entries");
    if (entries.empty()) ImGui::TextDisabled("nothing is called so");
    const float room = ImGui::GetContentRegionAvail().x;
    for (int row = 0; row < count; ++row) {
        if (draw_entry(entries[static_cast<std::size_t>(row)], row, row == desk.palette_row, room)) taken = row;
        if (row == desk.palette_row && row != before) ImGui::SetScrollHereY(0.5F);
    }
    ImGui::EndChild();
    if (!appearing && ImGui::IsKeyPressed(static_cast<int>(Key::enter), false) && count > 0) taken = desk.palette_row;
    const bool leaves = !appearing && ImGui::IsKeyPressed(static_cast<int>(Key::escape), false);
    const bool ends = leaves || (taken >= 0 && entries[static_cast<std::size_t>(taken)].why_not.empty());
    if (ends) ImGui::CloseCurrentPopup();
    ImGui::EndPopup();
    if (taken >= 0) run_entry(desk, entries[static_cast<std::size_t>(taken)]);
    if (leaves) desk.palette_open = false;
    if (!desk.palette_open) desk.palette_text.clear();
}

}  // namespace firstlight::viewer
