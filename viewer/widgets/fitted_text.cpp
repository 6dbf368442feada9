#include "viewer/widgets/fitted_text.hpp"

#include <algorithm>

#include "viewer/window/theme.hpp"

namespace firstlight::viewer {
namespace {

constexpr const char* dots = "…";

bool begins_letter(char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }
float width_of(const std::string& text) { return ImGui::CalcTextSize(text.c_str(), text.c_str() + text.size()).x; }

}  // namespace

void tooltip(const std::string& text) {
    if (text.empty() || !ImGui::IsItemHovered(ImGuiHoveredFlags_AllowWhenDisabled) || ImGui::IsMouseDown(0)) return;
    ImGui::BeginTooltip();
    ImGui::PushTextWrapPos(scaled(380));
    ImGui::TextUnformatted(text.c_str(), text.c_str() + text.size());
    ImGui::PopTextWrapPos();
    ImGui::EndTooltip();
}

std::string fitted_text(const std::string& text, float width) {
    if (width_of(text) <= width) return text;
    std::size_t low = 0, high = text.size();  // bytes that fit, that do not
    while (low + 1 < high) {
        const std::size_t middle = (low + high) / 2;
        (width_of(text.substr(0, middle) + dots) <= width ? low : high) = middle;
    }
    while (low > 0 && !begins_letter(text[low])) --low;
    return text.substr(0, low) + dots;
}

std::string fitted_path(const std::string& text, float width) {
    if (width_of(text) <= width) return text;
    std::size_t low = 0, high = text.size();  // bytes to leave out: too few, enough
    while (low + 1 < high) {
        const std::size_t middle = (low + high) / 2;
        (width_of(dots + text.substr(middle)) <= width ? high : low) = middle;
    }
    while (high < text.size() && !begins_letter(text[high])) ++high;
    return dots + text.substr(high);
}

void draw_fitted_text(const std::string& text, float width, ImU32 colour) {
    const std::string shown = fitted_text(text, width);
    ImGui::PushStyleColor(ImGuiCol_Text, colour);
    ImGui::TextUnformatted(shown.c_str(), shown.c_str() + shown.size());
    ImGui::PopStyleColor();
    if (shown != text) tooltip(text);
}

void draw_fitted_text(const std::string& text, ImU32 colour) {
    draw_fitted_text(text, ImGui::GetContentRegionAvail().x, colour);
}

void clipped_text(const std::string& text, float width, ImU32 colour, bool framed) {
    if (width <= 0) width += ImGui::GetContentRegionAvail().x;
    width = std::max(1.0F, width);
    const float height = framed ? ImGui::GetFrameHeight() : ImGui::GetTextLineHeight();
    const ImVec2 at = ImGui::GetCursorScreenPos();
    ImGui::Dummy(ImVec2(width, height));
    if (!ImGui::IsItemVisible()) return;
    const std::string shown = fitted_text(text, width);
    const ImVec2 from(at.x, at.y + (height - ImGui::GetTextLineHeight()) / 2);
    ImGui::GetWindowDrawList()->AddText(from, colour, shown.c_str(), shown.c_str() + shown.size());
    if (shown != text) tooltip(text);
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
