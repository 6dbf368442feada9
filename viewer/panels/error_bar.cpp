// The last error, in the words of the command line, until somebody has seen it. It stops nobody and moves nothing: it
// lies over the foot of image and trace.
#include <algorithm>

#include "viewer/panels/panels.hpp"
#include "viewer/session/folder_listing.hpp"

namespace firstlight::viewer {

void draw_error_bar(Desk& desk) {
    if (desk.session.messages().unread_error().empty()) return;
    const std::string text = readable_name(desk.session.messages().unread_error());
    const ImVec2 screen = ImGui::GetIO().DisplaySize, padding = ImGui::GetStyle().WindowPadding;
    const bool has_side = desk.session.current() != nullptr && desk.side_shown;
    const float share = has_side ? 1 - static_cast<float>(desk.side_share) : 1.0F;
    const float width = std::max(scaled(380), screen.x * share - 2 * padding.x);
    const float buttons = scaled(190), wrap = std::max(scaled(120), width - buttons - scaled(24));
    const float lines = ImGui::CalcTextSize(text.c_str(), nullptr, false, wrap).y;
    const float most = 6 * ImGui::GetTextLineHeight();
    const float height = std::max(ImGui::GetFrameHeight(), std::min(lines, most) + scaled(4)) + scaled(8);
    const float status = ImGui::GetFrameHeightWithSpacing() + padding.y;
    ImGui::SetNextWindowPos(ImVec2(padding.x, screen.y - status - height));
    ImGui::SetNextWindowSize(ImVec2(width, height));
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(0, 0));
    ImGui::PushStyleVar(ImGuiStyleVar_WindowMinSize, ImVec2(1, 1));
    ImGui::Begin("error", nullptr,
                 ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings |
                     ImGuiWindowFlags_NoFocusOnAppearing | ImGuiWindowFlags_NoNav);
    ImGui::PopStyleVar(2);
    const ImVec2 corner = ImGui::GetWindowPos();
    ImGui::GetWindowDrawList()->AddRectFilled(corner, ImVec2(corner.x + width, corner.y + height),
                                              with_alpha(palette().error, 0.22F));
    ImGui::GetWindowDrawList()->AddRectFilled(corner, ImVec2(corner.x + scaled(4), corner.y + height), palette().error);
    ImGui::SetCursorPos(ImVec2(scaled(12), scaled(4)));
    ImGui::BeginChild("text", ImVec2(wrap + scaled(4), height - scaled(6)), false, ImGuiWindowFlags_NoBackground);
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
    desk.places.note("dismiss");
    ImGui::End();
}

}  // namespace firstlight::viewer
