#include "viewer/widgets/value_field.hpp"

#include <imgui_internal.h>

#include <algorithm>
#include <cstring>

#include "viewer/window/fonts.hpp"
#include "viewer/window/theme.hpp"

namespace firstlight::viewer {
namespace {

void begin_typing(Typing& typing, ImGuiID id, const std::string& text) {
    if (typing.id != 0 && typing.id != id && typing.before != typing.text.data()) {  // Tab went on from there
        typing.left = typing.id;
        typing.left_frame = typing.frame;
        typing.left_text = typing.text.data();
    }
    typing.id = id;
    typing.frame = ImGui::GetFrameCount();
    typing.before = text;
    const std::size_t size = std::min(text.size(), typing.text.size() - 1);
    std::copy_n(text.begin(), size, typing.text.begin());
    typing.text[size] = 0;
}

ValueEdit take_left(Typing& typing) {
    typing.left = 0;
    if (typing.left_frame < ImGui::GetFrameCount() - 2) return {};
    return {ValueEdit::typed, 0, typing.left_text};
}

// The field has lost the keyboard: what was typed, if it is anything new.
ValueEdit end_typing(Typing& typing) {
    const bool seen = typing.frame >= ImGui::GetFrameCount() - 1;
    ValueEdit edit;
    if (seen && typing.before != typing.text.data()) edit = {ValueEdit::typed, 0, typing.text.data()};
    typing.id = 0;
    return edit;
}

// Draws the text field in place of the value. True while it is typed into.
bool type_on(Typing& typing, ImGuiID id, const char* label, const ImRect& box) {
    ImGui::TempInputText(box, id, label, typing.text.data(), static_cast<int>(typing.text.size()),
                         ImGuiInputTextFlags_AutoSelectAll);
    typing.frame = ImGui::GetFrameCount();
    return ImGui::TempInputIsActive(id);
}

void draw_frame(const ImRect& box, ImGuiID id, bool hovered, const FieldValue& value) {
    const ImGuiContext& g = *ImGui::GetCurrentContext();
    const ImGuiCol colour = g.ActiveId == id ? ImGuiCol_FrameBgActive
                            : hovered        ? ImGuiCol_FrameBgHovered
                                             : ImGuiCol_FrameBg;
    ImGui::RenderNavHighlight(box, id);
    ImGui::RenderFrame(box.Min, box.Max, ImGui::GetColorU32(colour), true, g.Style.FrameRounding);
    ImGui::PushFont(fonts().numbers);
    if (value.muted) ImGui::PushStyleColor(ImGuiCol_Text, as_vec4(palette().muted));
    const float inner = g.Style.FramePadding.x;
    ImGui::RenderTextClipped({box.Min.x + inner, box.Min.y}, {box.Max.x - inner, box.Max.y}, value.shown.c_str(),
                             nullptr, nullptr, {1, 0.5F});
    if (value.muted) ImGui::PopStyleColor();
    ImGui::PopFont();
}

}  // namespace

ValueEdit number_field(const char* label, const FieldValue& value, double step, double least, double most, float width,
                       Typing& typing) {
    ImGuiWindow* window = ImGui::GetCurrentWindow();
    ImGuiContext& g = *ImGui::GetCurrentContext();
    const ImGuiID id = window->GetID(label);
    const ImVec2 at = window->DC.CursorPos;
    const ImRect box(at, {at.x + width, at.y + ImGui::GetFrameHeight()});
    ValueEdit edit;
    ImGui::ItemSize(box, g.Style.FramePadding.y);
    if (typing.id == id && !ImGui::TempInputIsActive(id)) edit = end_typing(typing);
    if (typing.left == id) edit = take_left(typing);
    if (!ImGui::ItemAdd(box, id, &box, ImGuiItemFlags_Inputable)) return edit;
    const bool hovered = ImGui::ItemHoverable(box, id);
    bool types = ImGui::TempInputIsActive(id);
    if (!types) {
        const bool by_tab = (g.LastItemData.StatusFlags & ImGuiItemStatusFlags_FocusedByTabbing) != 0;
        const bool clicked = hovered && g.IO.MouseClicked[0], twice = hovered && g.IO.MouseClickedCount[0] == 2;
        if (by_tab || clicked || twice || g.NavActivateId == id || g.NavActivateInputId == id) {
            ImGui::SetActiveID(id, window);
            ImGui::SetFocusID(id, window);
            ImGui::FocusWindow(window);
            g.ActiveIdUsingNavDirMask = (1U << ImGuiDir_Left) | (1U << ImGuiDir_Right);
            types = by_tab || twice || (clicked && g.IO.KeyCtrl) || g.NavActivateInputId == id;
        }
        const bool let_go = g.ActiveId == id && hovered && g.IO.MouseReleased[0];
        if (let_go && !types && !ImGui::IsMouseDragPastThreshold(0, g.IO.MouseDragThreshold * 0.5F)) {
            g.NavActivateId = g.NavActivateInputId = id;  // as ImGui's drags do
            g.NavActivateFlags = ImGuiActivateFlags_PreferInput;
            types = true;
        }
        if (types) begin_typing(typing, id, value.typed);
    }
    if (types) {
        if (!type_on(typing, id, label, box)) edit = end_typing(typing);
        return edit;
    }
    draw_frame(box, id, hovered, value);
    if (hovered) ImGui::SetMouseCursor(ImGuiMouseCursor_ResizeEW);
    double number = value.number;
    if (ImGui::DragBehavior(id, ImGuiDataType_Double, &number, static_cast<float>(step), &least, &most,
                            value.whole ? "%.0f" : "%.4g", 0)) {
        ImGui::MarkItemEdited(id);
        return {ValueEdit::dragged, number, ""};
    }
    // A field that Tab or another field took the keyboard from was edited, too, but by typing.
    if (edit.kind == ValueEdit::none && ImGui::IsItemDeactivatedAfterEdit()) edit.kind = ValueEdit::drag_ended;
    return edit;
}

ValueEdit text_field(const char* label, const std::string& value, const char* hint, float width, Typing& typing) {
    const ImGuiID id = ImGui::GetID(label);
    std::array<char, 1024> idle{};
    if (typing.id != id) std::copy_n(value.begin(), std::min(value.size(), idle.size() - 1), idle.begin());
    std::array<char, 1024>& text = typing.id == id ? typing.text : idle;
    ImGui::SetNextItemWidth(width);
    ImGui::InputTextWithHint(label, hint, text.data(), text.size(), ImGuiInputTextFlags_AutoSelectAll);
    if (ImGui::IsItemActive()) {
        if (typing.id != id) {
            begin_typing(typing, id, text.data());
            typing.before = value;
        }
        typing.frame = ImGui::GetFrameCount();
        return {};
    }
    if (typing.left == id) return take_left(typing);
    return typing.id == id ? end_typing(typing) : ValueEdit{};
}

}  // namespace firstlight::viewer
