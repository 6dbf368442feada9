#include "viewer/window/theme.hpp"

#include <algorithm>

namespace firstlight::viewer {
namespace {

constexpr ImU32 rgb(unsigned hex) { return IM_COL32((hex >> 16) & 255U, (hex >> 8) & 255U, hex & 255U, 255U); }

Palette dark_palette() {
    Palette p;
    p.text = rgb(0xDCDEE1), p.muted = rgb(0x969BA3), p.background = rgb(0x1B1D20), p.panel = rgb(0x232629);
    p.accent = rgb(0x4FA3E0);
    p.plot_background = rgb(0x17191B), p.grid = rgb(0x2C3034), p.axis = rgb(0x6B7178), p.crosshair = rgb(0x9AA0A8);
    p.curves = {rgb(0x56B4E9), rgb(0xE69F00), rgb(0x2FC79A), rgb(0xF0E442),
                rgb(0xCC79A7), rgb(0xE8743B), rgb(0xB9C0C8)};
    p.regions = {rgb(0xE69F00), rgb(0x56B4E9), rgb(0x2FC79A), rgb(0xCC79A7), rgb(0xF0E442), rgb(0xE8743B)};
    p.measured = rgb(0x56B4E9), p.corrected = rgb(0xE69F00), p.expected = rgb(0xCC79A7);
    p.gate = rgb(0x2FC79A), p.arrival = rgb(0xF0E442), p.no_value = rgb(0x50555B);
    p.good = rgb(0x2FC79A), p.warning = rgb(0xE6B400), p.error = rgb(0xF0804A);
    return p;
}

Palette light_palette() {
    Palette p;
    p.text = rgb(0x23272B), p.muted = rgb(0x646B73), p.background = rgb(0xE9EBED), p.panel = rgb(0xF6F7F8);
    p.accent = rgb(0x1F6FB2);
    p.plot_background = rgb(0xFFFFFF), p.grid = rgb(0xE3E6E9), p.axis = rgb(0x80878E), p.crosshair = rgb(0x5A6169);
    p.curves = {rgb(0x0072B2), rgb(0xC07800), rgb(0x007F5F), rgb(0x8A7D00),
                rgb(0xA8487F), rgb(0xC44E00), rgb(0x4A5057)};
    p.regions = {rgb(0xC07800), rgb(0x0072B2), rgb(0x007F5F), rgb(0xA8487F), rgb(0x8A7D00), rgb(0xC44E00)};
    p.measured = rgb(0x0072B2), p.corrected = rgb(0xC07800), p.expected = rgb(0xA8487F);
    p.gate = rgb(0x007F5F), p.arrival = rgb(0x8A7D00), p.no_value = rgb(0xB4B9BF);
    p.good = rgb(0x007F5F), p.warning = rgb(0x9A6A00), p.error = rgb(0xC44E00);
    return p;
}

struct Theme {
    Look look = Look::dark;
    float scale = 1;
    Palette palette = dark_palette();
};
Theme current;

void set_spacing(ImGuiStyle& style) {
    style.WindowPadding = {10, 8};
    style.FramePadding = {7, 4};
    style.CellPadding = {6, 3};
    style.ItemSpacing = {8, 6};
    style.ItemInnerSpacing = {6, 4};
    style.IndentSpacing = 16;
    style.ScrollbarSize = 12;
    style.GrabMinSize = 11;
    style.WindowRounding = 0;
    style.ChildRounding = style.FrameRounding = style.PopupRounding = style.GrabRounding = style.TabRounding = 3;
    style.ScrollbarRounding = 6;
    style.WindowBorderSize = style.ChildBorderSize = style.PopupBorderSize = 1;
    style.FrameBorderSize = 0;
    style.WindowTitleAlign = {0, 0.5F};
}

void set_colours(ImGuiStyle& style, const Palette& p, bool dark) {
    const auto set = [&](ImGuiCol index, ImU32 colour) { style.Colors[index] = as_vec4(colour); };
    const ImU32 raised = dark ? rgb(0x32363B) : rgb(0xE1E4E7), hover = dark ? rgb(0x3D4248) : rgb(0xD3D8DC),
                press = dark ? rgb(0x484E55) : rgb(0xC4CACF), sunk = dark ? rgb(0x191B1D) : rgb(0xFFFFFF),
                edge = dark ? rgb(0x3A3F44) : rgb(0xC9CED3);
    if (dark) ImGui::StyleColorsDark(&style);
    else ImGui::StyleColorsLight(&style);
    set(ImGuiCol_Text, p.text), set(ImGuiCol_TextDisabled, p.muted);
    set(ImGuiCol_WindowBg, p.panel), set(ImGuiCol_ChildBg, 0),
        set(ImGuiCol_PopupBg, dark ? rgb(0x2A2D31) : rgb(0xFBFBFC));
    set(ImGuiCol_MenuBarBg, p.background), set(ImGuiCol_Border, edge), set(ImGuiCol_BorderShadow, 0);
    set(ImGuiCol_FrameBg, dark ? sunk : raised), set(ImGuiCol_FrameBgHovered, hover),
        set(ImGuiCol_FrameBgActive, press);
    set(ImGuiCol_TitleBg, p.background), set(ImGuiCol_TitleBgActive, p.background),
        set(ImGuiCol_TitleBgCollapsed, p.background);
    set(ImGuiCol_ScrollbarBg, 0), set(ImGuiCol_ScrollbarGrab, hover), set(ImGuiCol_ScrollbarGrabHovered, press);
    set(ImGuiCol_ScrollbarGrabActive, p.accent);
    set(ImGuiCol_CheckMark, p.accent), set(ImGuiCol_SliderGrab, with_alpha(p.accent, 0.55F)),
        set(ImGuiCol_SliderGrabActive, p.accent);
    set(ImGuiCol_Button, raised), set(ImGuiCol_ButtonHovered, hover), set(ImGuiCol_ButtonActive, press);
    set(ImGuiCol_Header, with_alpha(p.accent, 0.28F)), set(ImGuiCol_HeaderHovered, with_alpha(p.accent, 0.38F));
    set(ImGuiCol_HeaderActive, with_alpha(p.accent, 0.5F));
    set(ImGuiCol_Separator, edge), set(ImGuiCol_SeparatorHovered, p.accent), set(ImGuiCol_SeparatorActive, p.accent);
    set(ImGuiCol_ResizeGrip, 0), set(ImGuiCol_ResizeGripHovered, p.accent), set(ImGuiCol_ResizeGripActive, p.accent);
    set(ImGuiCol_Tab, p.background), set(ImGuiCol_TabHovered, hover), set(ImGuiCol_TabActive, raised);
    set(ImGuiCol_TabUnfocused, p.background), set(ImGuiCol_TabUnfocusedActive, raised);
    set(ImGuiCol_PlotLines, p.curves[0]), set(ImGuiCol_PlotHistogram, p.accent);
    set(ImGuiCol_TableHeaderBg, raised), set(ImGuiCol_TableBorderStrong, edge), set(ImGuiCol_TableBorderLight, edge);
    set(ImGuiCol_TableRowBg, 0), set(ImGuiCol_TableRowBgAlt, with_alpha(p.text, 0.03F));
    set(ImGuiCol_TextSelectedBg, with_alpha(p.accent, 0.4F)), set(ImGuiCol_DragDropTarget, p.accent);
    set(ImGuiCol_NavHighlight, p.accent), set(ImGuiCol_ModalWindowDimBg, IM_COL32(0, 0, 0, 110));
}

}  // namespace

void apply_theme(Look look, float scale) {
    current = {look, scale, look == Look::dark ? dark_palette() : light_palette()};
    ImGuiStyle style;
    set_spacing(style);
    set_colours(style, current.palette, look == Look::dark);
    style.ScaleAllSizes(scale);
    style.WindowBorderSize = style.ChildBorderSize = style.PopupBorderSize = std::max(1.0F, scale);
    ImGui::GetStyle() = style;
}

const Palette& palette() { return current.palette; }
Look look() { return current.look; }
float scaled(float points) { return points * current.scale; }

ImU32 with_alpha(ImU32 colour, float alpha) {
    const float own = static_cast<float>(colour >> IM_COL32_A_SHIFT & 255U);
    const auto a = static_cast<ImU32>(std::clamp(own * alpha + 0.5F, 0.0F, 255.0F));
    return (colour & ~static_cast<ImU32>(IM_COL32_A_MASK)) | a << IM_COL32_A_SHIFT;
}

ImVec4 as_vec4(ImU32 colour) { return ImGui::ColorConvertU32ToFloat4(colour); }

}  // namespace firstlight::viewer
