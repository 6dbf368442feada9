#include "viewer/widgets/fitted_text.hpp"

#include "viewer/window/theme.hpp"

namespace firstlight::viewer {
namespace {

constexpr const char* dots = "…";

bool begins_letter(char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }
float width_of(const std::string& text) { return ImGui::CalcTextSize(text.c_str(), text.c_str() + text.size()).x; }

}  // namespace

void tooltip(const char* text) {
    if (!ImGui::IsItemHovered(ImGuiHoveredFlags_AllowWhenDisabled)) return;
    ImGui::BeginTooltip();
    ImGui::PushTextWrapPos(scaled(320));
    ImGui::TextUnformatted(text);
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
    if (shown != text) tooltip(text.c_str());
}

void draw_fitted_text(const std::string& text, ImU32 colour) {
    draw_fitted_text(text, ImGui::GetContentRegionAvail().x, colour);
}

}  // namespace firstlight::viewer
