#include "viewer/widgets/tab_lines.hpp"

#include <algorithm>
#include <string>

#include "viewer/window/theme.hpp"

namespace firstlight::viewer {
namespace {

// The first tab of each line, and their end, where lines are at most `room` wide.
std::vector<std::size_t> lines_in(const std::vector<float>& widths, float gap, float room) {
    std::vector<std::size_t> firsts{0};
    float used = 0;
    for (std::size_t i = 0; i < widths.size(); ++i) {
        if (i > firsts.back() && used + widths[i] > room) {
            firsts.push_back(i);
            used = 0;
        }
        used += widths[i] + gap;
    }
    firsts.push_back(widths.size());
    return firsts;
}

// As few lines as `room` allows, each about as long as the others.
std::vector<std::size_t> even_lines(const std::vector<float>& widths, float gap, float room) {
    const std::size_t lines = lines_in(widths, gap, room).size();
    float low = 0, high = room;
    for (int halving = 0; halving < 12; ++halving) {
        const float middle = (low + high) / 2;
        (lines_in(widths, gap, middle).size() <= lines ? high : low) = middle;
    }
    return lines_in(widths, gap, high);
}

bool draw_tab(const char* name, bool chosen, float width) {
    const ImGuiStyle& style = ImGui::GetStyle();
    ImGui::PushStyleColor(ImGuiCol_Button, style.Colors[chosen ? ImGuiCol_TabActive : ImGuiCol_Tab]);
    ImGui::PushStyleColor(ImGuiCol_ButtonHovered, style.Colors[ImGuiCol_TabHovered]);
    ImGui::PushStyleColor(ImGuiCol_ButtonActive, style.Colors[ImGuiCol_TabActive]);
    const bool clicked = ImGui::Button(name, ImVec2(width, 0));
    ImGui::PopStyleColor(3);
    const ImVec2 low = ImGui::GetItemRectMin(), high = ImGui::GetItemRectMax();
    if (chosen)
        ImGui::GetWindowDrawList()->AddRectFilled({low.x, high.y - scaled(2)}, high, palette().accent, scaled(1));
    return clicked;
}

}  // namespace

std::size_t tab_lines(const std::vector<const char*>& names, std::size_t chosen, Places& places) {
    const float gap = scaled(2), room = ImGui::GetContentRegionAvail().x;
    std::vector<float> widths;
    for (const char* name : names) widths.push_back(ImGui::CalcTextSize(name).x + 2 * ImGui::GetStyle().FramePadding.x);
    const std::vector<std::size_t> firsts = even_lines(widths, gap, room);
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2(gap, gap));
    for (std::size_t line = 0; line + 1 < firsts.size(); ++line) {
        const std::size_t first = firsts[line], end = firsts[line + 1];
        float free = room + gap;
        for (std::size_t i = first; i < end; ++i) free -= widths[i] + gap;
        // Several lines fill the width, so that their ends are in line.
        const float more = firsts.size() > 2 ? std::max(0.0F, free / static_cast<float>(end - first)) : 0;
        for (std::size_t i = first; i < end; ++i) {
            if (i > first) ImGui::SameLine();
            if (draw_tab(names[i], i == chosen, widths[i] + more)) chosen = i;
            places.note(std::string("tab ") + names[i]);
        }
    }
    ImGui::PopStyleVar();
    ImGui::Dummy({0, 0});
    return chosen;
}

}  // namespace firstlight::viewer
