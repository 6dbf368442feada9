// The list of all keys, and what this program is.
#include <algorithm>

#include "host/pipeline/build_facts.hpp"
#include "viewer/actions/actions.hpp"
#include "viewer/panels/panels.hpp"
#include "viewer/widgets/fitted_text.hpp"

namespace firstlight::viewer {
namespace {

// Opens it where it is not open; false: a click beside it has closed it.
bool begin(const char* id, const char* title, ImVec2 size) {
    const std::string label = std::string(title) + id;
    if (!ImGui::IsPopupOpen(id)) ImGui::OpenPopup(id);
    const ImVec2 screen = ImGui::GetIO().DisplaySize;
    ImGui::SetNextWindowPos(ImVec2(screen.x / 2, screen.y / 2), ImGuiCond_Always, ImVec2(0.5F, 0.5F));
    ImGui::SetNextWindowSize(ImVec2(std::min(size.x, screen.x - scaled(40)), std::min(size.y, screen.y - scaled(40))));
    return ImGui::BeginPopupModal(
        label.c_str(), nullptr, ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoResize | ImGuiWindowFlags_NoSavedSettings);
}

bool end() {
    const bool leaves =
        ImGui::Button("Close", ImVec2(scaled(110), 0)) ||
        (!ImGui::IsWindowAppearing() && (pressed(Key::escape) || pressed(Key::enter) || pressed(Key::f1)));
    if (leaves) ImGui::CloseCurrentPopup();
    ImGui::EndPopup();
    return leaves;
}

void draw_rows(Desk& desk) {
    if (!ImGui::BeginTable("keys", 3, ImGuiTableFlags_RowBg | ImGuiTableFlags_SizingFixedFit)) return;
    ImGui::TableSetupColumn("Key", ImGuiTableColumnFlags_WidthFixed, scaled(190));
    ImGui::TableSetupColumn("Action", ImGuiTableColumnFlags_WidthFixed, scaled(230));
    ImGui::TableSetupColumn("", ImGuiTableColumnFlags_WidthStretch);
    for (const Action& action : actions()) {
        if (action.keys.empty()) continue;
        ImGui::TableNextRow();
        ImGui::TableNextColumn();
        ImGui::TextColored(as_vec4(palette().accent), "%s", all_keys_text(action).c_str());
        ImGui::TableNextColumn();
        draw_fitted_text(name_of(desk, action), palette().text);
        ImGui::TableNextColumn();
        ImGui::PushStyleColor(ImGuiCol_Text, palette().muted);
        ImGui::TextWrapped("%s", action.about.c_str());
        ImGui::PopStyleColor();
    }
    ImGui::EndTable();
}

void draw_keys(Desk& desk) {
    if (!begin("###keys", "Keys", ImVec2(scaled(820), scaled(600)))) return;
    ImGui::TextDisabled("Everything else is found with %s.", key_text(*find_action("find.palette")).c_str());
    ImGui::BeginChild("rows", ImVec2(0, -ImGui::GetFrameHeightWithSpacing()));
    if (pressed(Key::page_down, {}, true)) ImGui::SetScrollY(ImGui::GetScrollY() + ImGui::GetWindowHeight() * 0.9F);
    if (pressed(Key::page_up, {}, true)) ImGui::SetScrollY(ImGui::GetScrollY() - ImGui::GetWindowHeight() * 0.9F);
    if (pressed(Key::down, {}, true)) ImGui::SetScrollY(ImGui::GetScrollY() + ImGui::GetTextLineHeight());
    if (pressed(Key::up, {}, true)) ImGui::SetScrollY(ImGui::GetScrollY() - ImGui::GetTextLineHeight());
    draw_rows(desk);
    ImGui::EndChild();
    if (end()) desk.keys_open = false;
}

void draw_about(Desk& desk) {
    if (!begin("###about", "About firstlight", ImVec2(scaled(480), scaled(240)))) return;
    const BuildFacts build = build_facts();
    ImGui::PushTextWrapPos(0);
    ImGui::TextUnformatted("Ballistic images from time-resolved photon counts.");
    ImGui::TextDisabled("firstlight %s (%s), %s", build.version.c_str(), build.commit.c_str(), build.compiler.c_str());
    ImGui::TextDisabled("Drawn by %s", desk.window.graphics().c_str());
    ImGui::TextDisabled("Dear ImGui %s", ImGui::GetVersion());
    ImGui::PopTextWrapPos();
    ImGui::Dummy(ImVec2(0, std::max(0.0F, ImGui::GetContentRegionAvail().y - ImGui::GetFrameHeightWithSpacing())));
    if (end()) desk.about_open = false;
}

}  // namespace

void draw_key_help(Desk& desk) {
    if (!desk.questions.empty()) return;
    if (desk.keys_open) draw_keys(desk);
    if (desk.about_open) draw_about(desk);
}

}  // namespace firstlight::viewer
