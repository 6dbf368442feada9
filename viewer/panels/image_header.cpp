#include "viewer/panels/image_header.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "viewer/image/image_words.hpp"
#include "viewer/widgets/fitted_text.hpp"
#include "viewer/widgets/slider.hpp"

namespace firstlight::viewer {
namespace {

void draw_layer_choice(Document& document) {
    const GatedImages* images = document.images();
    const ImageLayer* layer = document.layer();
    const bool light = document.looks.light.shown;
    const std::string shown = light ? "light" : layer != nullptr ? words_of(layer->name) : "no layer";
    ImGui::SetNextItemWidth(scaled(170));
    if (!ImGui::BeginCombo("##layer", shown.c_str(), ImGuiComboFlags_HeightLarge)) {
        if (layer != nullptr && !layer->long_name.empty() && !light) tooltip(layer->long_name);
        return;
    }
    if (images != nullptr)
        for (const ImageLayer& each : images->layers) {
            const bool is = !light && layer != nullptr && each.name == layer->name;
            const std::string name = words_of(each.name);
            if (ImGui::Selectable(name.c_str(), is)) {
                document.looks.layer = each.name;
                document.looks.light.shown = false;
            }
            if (is) ImGui::SetItemDefaultFocus();
            if (!each.long_name.empty()) tooltip(each.long_name);
        }
    ImGui::EndCombo();
}

void draw_view_choice(Document& document) {
    const std::int64_t views = document.views();
    if (views < 2) return;
    ImGui::SameLine(0, scaled(8));
    if (ImGui::GetContentRegionAvail().x < scaled(210)) ImGui::NewLine();
    const std::string words = fmt::format("view {} (0 to {})", document.looks.view, views - 1),
                      widest = fmt::format("view {} (0 to {})", views - 1, views - 1);
    index_slider("##view", document.looks.view, views - 1, words, widest, scaled(210));
    tooltip("which view, counted from 0: drag, or Ctrl+click to type; comma and full stop go back and forth");
}

void draw_preview_mark(const Document& document) {
    if (!document.preview || document.images() != document.preview.get()) return;
    ImGui::SameLine(0, scaled(8));
    ImGui::AlignTextToFramePadding();
    ImGui::TextColored(as_vec4(palette().warning), "preview");
    tooltip("made at once from the traces in memory; the result of the whole recipe follows");
}

void draw_tool_icon(ImDrawList* list, Tool tool, ImVec2 low, ImVec2 high, ImU32 colour) {
    const float pad = (high.x - low.x) * 0.26F, thickness = scaled(1.5F);
    const ImVec2 a{low.x + pad, low.y + pad}, b{high.x - pad, high.y - pad};
    const ImVec2 middle{(a.x + b.x) / 2, (a.y + b.y) / 2};
    switch (tool) {
        case Tool::rectangle: list->AddRect(a, b, colour, 0, 0, thickness); break;
        case Tool::ellipse: list->AddCircle(middle, (b.x - a.x) / 2, colour, 0, thickness); break;
        case Tool::line: list->AddLine({a.x, b.y}, {b.x, a.y}, colour, thickness); break;
        case Tool::pick:
            list->AddLine({middle.x, a.y}, {middle.x, b.y}, colour, thickness);
            list->AddLine({a.x, middle.y}, {b.x, middle.y}, colour, thickness);
            break;
    }
}

void draw_tools(Desk& desk) {
    struct Entry {
        Tool tool;
        const char* about;
    };
    const Entry entries[] = {
        {Tool::pick, "pick a pixel (Escape): click"},
        {Tool::rectangle, "rectangle (R): drag on the image; Shift: a square, Alt: not on whole pixels"},
        {Tool::ellipse, "ellipse (E): drag on the image; Shift: a circle, Alt: not on whole pixels"},
        {Tool::line, "line (L), for a profile: drag on the image; Shift: level, upright or at 45°"}};
    const float side = ImGui::GetFrameHeight();
    for (const Entry& entry : entries) {
        if (&entry != entries) ImGui::SameLine(0, scaled(2));
        ImGui::PushID(static_cast<int>(entry.tool));
        const bool on = desk.tool == entry.tool;
        if (on) ImGui::PushStyleColor(ImGuiCol_Button, ImGui::GetStyle().Colors[ImGuiCol_HeaderActive]);
        if (ImGui::Button("##tool", {side, side})) desk.tool = entry.tool;
        if (on) ImGui::PopStyleColor();
        draw_tool_icon(ImGui::GetWindowDrawList(), entry.tool, ImGui::GetItemRectMin(), ImGui::GetItemRectMax(),
                       palette().text);
        tooltip(entry.about);
        ImGui::PopID();
    }
}

void draw_zoom(Desk& desk, Document& document) {
    ImageLook& look = document.looks.image;
    ImGui::SameLine(0, scaled(8));
    if (ImGui::Button("Fit")) fit(look);
    tooltip("show the whole image (F, or a double click)");
    ImGui::SameLine(0, scaled(2));
    if (ImGui::Button("1:1")) zoom_to(look, desk.image_geometry, 1);
    tooltip("one pixel of the image on one of the screen (1)");
    ImGui::SameLine(0, scaled(2));
    if (ImGui::Button("Show")) ImGui::OpenPopup("what is shown");
    tooltip("what lies over the image");
    if (!ImGui::BeginPopup("what is shown")) return;
    ImGui::Checkbox("colour bar", &look.colour_bar);
    ImGui::Checkbox("scale bar", &look.scale_bar);
    ImGui::Checkbox("flagged pixels", &look.flags);
    ImGui::Checkbox("pixel grid, when close", &look.grid);
    ImGui::Checkbox("values, when close", &look.values);
    ImGui::TextDisabled("zoom %s", number_text(desk.image_geometry.zoom(), 3).c_str());
    ImGui::EndPopup();
}

float button_width(const char* label) { return ImGui::CalcTextSize(label).x + 2 * ImGui::GetStyle().FramePadding.x; }

}  // namespace

void draw_image_header(Desk& desk, Document& document) {
    const float tools = 4 * ImGui::GetFrameHeight() + scaled(3 * 2 + 8 + 2 + 2 + 4) + button_width("Fit") +
                        button_width("1:1") + button_width("Show");
    const float whole = ImGui::GetContentRegionAvail().x;
    const float start = ImGui::GetCursorPosX();
    draw_layer_choice(document);
    draw_view_choice(document);
    draw_preview_mark(document);
    const float taken = ImGui::GetItemRectMax().x - ImGui::GetWindowPos().x - start;
    if (taken + tools + scaled(12) <= whole) ImGui::SameLine(start + whole - tools);
    draw_tools(desk);
    draw_zoom(desk, document);
    ImGui::Dummy({0, scaled(2)});
}

}  // namespace firstlight::viewer
