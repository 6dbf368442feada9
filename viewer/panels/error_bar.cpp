// The last error, in the words of the command line, until somebody has seen it. It stops nobody.
#include <algorithm>

#include "viewer/panels/panels.hpp"
#include "viewer/session/folder_listing.hpp"

namespace firstlight::viewer {

void draw_error_bar(Desk& desk) {
    if (desk.session.messages().unread_error().empty()) return;
    const std::string text = readable_name(desk.session.messages().unread_error());
    const float buttons = scaled(190),
                wrap = std::max(scaled(120), ImGui::GetContentRegionAvail().x - buttons - scaled(24));
    const float lines = ImGui::CalcTextSize(text.c_str(), nullptr, false, wrap).y;
    const float most = 6 * ImGui::GetTextLineHeight();
    const float height = std::max(ImGui::GetFrameHeight(), std::min(lines, most) + scaled(4)) + scaled(8);
    ImGui::PushStyleColor(ImGuiCol_ChildBg, as_vec4(with_alpha(palette().error, 0.16F)));
    ImGui::BeginChild("error", ImVec2(0, height), false, ImGuiWindowFlags_NoScrollbar);
    ImGui::PopStyleColor();
    const ImVec2 corner = ImGui::GetWindowPos();
    ImGui::GetWindowDrawList()->AddRectFilled(corner, ImVec2(corner.x + scaled(4), corner.y + height), palette().error);
    ImGui::SetCursorPos(ImVec2(scaled(12), scaled(4)));
    ImGui::BeginChild("text", ImVec2(wrap + scaled(4), height - scaled(6)));
    ImGui::PushTextWrapPos(wrap);
    ImGui::AlignTextToFramePadding();
    ImGui::TextUnformatted(text.c_str());
    ImGui::PopTextWrapPos();
    ImGui::EndChild();
    ImGui::SetCursorPos(ImVec2(ImGui::GetWindowWidth() - buttons, scaled(4)));
    if (ImGui::Button("Copy")) desk.window.set_clipboard(text);
    ImGui::SameLine();
    if (ImGui::Button("Log")) desk.show_side(SidePanel::log);
    ImGui::SameLine();
    if (ImGui::Button("Dismiss")) desk.session.messages().read_error();
    ImGui::EndChild();
}

}  // namespace firstlight::viewer
