// What is there while no file is open: how to open one.
#include <algorithm>

#include "viewer/actions/actions.hpp"
#include "viewer/panels/panels.hpp"
#include "viewer/session/folder_listing.hpp"
#include "viewer/widgets/fitted_text.hpp"
#include "viewer/window/fonts.hpp"

namespace firstlight::viewer {
namespace {

void draw_recent(Desk& desk, float width) {
    const std::vector<std::filesystem::path> files = desk.session.recent_files();
    if (files.empty()) return;
    ImGui::Dummy(ImVec2(0, scaled(14)));
    ImGui::PushFont(fonts().bold);
    ImGui::TextUnformatted("Opened before");
    ImGui::PopFont();
    for (const std::filesystem::path& file : files) {
        ImGui::PushID(file.c_str());
        if (ImGui::Selectable("##open", false, ImGuiSelectableFlags_AllowItemOverlap, ImVec2(width, 0)))
            desk.session.open(file);
        tooltip(readable_name(file.string()));
        ImGui::SameLine(0, 0);
        const std::string name = readable_name(file.filename().string());
        ImGui::TextUnformatted(fitted_text(name, width * 0.45F).c_str());
        ImGui::SameLine(width * 0.5F);
        ImGui::TextDisabled("%s", fitted_path(readable_name(file.parent_path().string()), width * 0.48F).c_str());
        ImGui::PopID();
    }
}

void draw_keys(Desk& desk) {
    ImGui::Dummy(ImVec2(0, scaled(14)));
    for (const char* id : {"file.open", "find.palette", "find.keys", "file.quit"}) {
        const Action& action = *find_action(id);
        ImGui::PushFont(fonts().numbers);
        ImGui::TextDisabled("%-8s", key_text(action).c_str());
        ImGui::PopFont();
        ImGui::SameLine();
        ImGui::TextDisabled("%s", name_of(desk, action).c_str());
    }
}

}  // namespace

void draw_start_page(Desk& desk) {
    const float status = ImGui::GetFrameHeightWithSpacing();
    ImGui::BeginChild("start", ImVec2(0, -status));
    const ImVec2 room = ImGui::GetContentRegionAvail();
    const float width = std::min(scaled(560), room.x - scaled(40));
    const auto files = static_cast<float>(desk.session.recent_files().size());
    const float height = scaled(210) + (files > 0 ? scaled(34) + files * ImGui::GetTextLineHeightWithSpacing() : 0);
    ImGui::SetCursorPos(ImVec2((room.x - width) / 2, std::max(scaled(16), (room.y - height) * 0.4F)));
    ImGui::BeginGroup();
    ImGui::PushFont(fonts().bold);
    ImGui::TextUnformatted("firstlight");
    ImGui::PopFont();
    ImGui::PushTextWrapPos(ImGui::GetCursorPosX() + width);
    ImGui::TextDisabled("Drop a scan or a result here, or open one.");
    ImGui::PopTextWrapPos();
    ImGui::Dummy(ImVec2(0, scaled(6)));
    if (ImGui::Button("Open…", ImVec2(scaled(130), scaled(34)))) run_action(desk, "file.open");
    ImGui::SameLine();
    if (ImGui::Button("Open session…", ImVec2(scaled(150), scaled(34)))) run_action(desk, "file.open_session");
    draw_recent(desk, width);
    draw_keys(desk);
    ImGui::EndGroup();
    ImGui::EndChild();
}

}  // namespace firstlight::viewer
