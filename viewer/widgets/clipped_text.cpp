#include "viewer/widgets/clipped_text.hpp"

#include <imgui_internal.h>

#include "viewer/window/theme.hpp"

namespace firstlight::viewer {

void clipped_text(const std::string& text, float width, ImU32 colour, bool framed) {
    if (width <= 0) width = ImGui::GetContentRegionAvail().x + width;
    if (width < 1) width = 1;
    const float height = framed ? ImGui::GetFrameHeight() : ImGui::GetTextLineHeight();
    const ImVec2 at = ImGui::GetCursorScreenPos(), size = ImGui::CalcTextSize(text.c_str());
    ImGui::Dummy(ImVec2(width, height));
    if (!ImGui::IsItemVisible()) return;
    const ImVec2 from(at.x, at.y + (height - size.y) / 2), to(at.x + width, at.y + height);
    ImGui::PushStyleColor(ImGuiCol_Text, as_vec4(colour));
    ImGui::RenderTextEllipsis(ImGui::GetWindowDrawList(), from, to, to.x, to.x, text.c_str(), nullptr, &size);
    ImGui::PopStyleColor();
    if (size.x > width) tooltip(text);
}

void tooltip(const std::string& text) {
    if (text.empty() || !ImGui::IsItemHovered(ImGuiHoveredFlags_AllowWhenDisabled) || ImGui::IsMouseDown(0)) return;
    ImGui::BeginTooltip();
    ImGui::PushTextWrapPos(scaled(380));
    ImGui::TextUnformatted(text.c_str());
    ImGui::PopTextWrapPos();
    ImGui::EndTooltip();
}

void wrapped_text(const std::string& text, ImU32 colour) {
    ImGui::PushStyleColor(ImGuiCol_Text, as_vec4(colour));
    ImGui::PushTextWrapPos(0);
    ImGui::TextUnformatted(text.c_str());
    ImGui::PopTextWrapPos();
    ImGui::PopStyleColor();
}

void fact_row(const std::string& name, const std::string& value, const std::string& about) {
    ImGui::TableNextRow();
    ImGui::TableNextColumn();
    clipped_text(name, 0, palette().muted, false);
    tooltip(about);
    ImGui::TableNextColumn();
    wrapped_text(value, palette().text);
}

}  // namespace firstlight::viewer
