#include <fmt/format.h>

#include <cstring>

#include "viewer/panels/panels.hpp"
#include "viewer/panels/region_parts.hpp"
#include "viewer/panels/region_tool.hpp"
#include "viewer/widgets/fitted_text.hpp"
#include "viewer/widgets/number_field.hpp"

namespace firstlight::viewer {
namespace {

bool is_there(const Document& document, int number) {
    return number >= 0 && number < static_cast<int>(document.edits().regions.size());
}

void draw_name(Desk& desk, Document& document, std::size_t number) {
    const Region& region = document.edits().regions[number];
    std::array<char, 64> name{};
    std::strncpy(name.data(), region.name.c_str(), name.size() - 1);
    ImGui::SetNextItemWidth(-1);
    if (ImGui::InputText("##name", name.data(), name.size(), ImGuiInputTextFlags_AutoSelectAll))
        desk.session.edit(
            document, "name of a region", [&](Edits& edits) { edits.regions[number].name = name.data(); },
            fmt::format("name of region {}", number));
    if (ImGui::IsItemActivated()) document.looks.region = static_cast<int>(number);
    if (ImGui::IsItemDeactivated()) desk.session.end_drag(document);
}

std::string size_of(const Region& region, const PixelPitch& pitch) {
    const double width = std::abs(region.x1 - region.x0), height = std::abs(region.y1 - region.y0);
    const bool known = pitch.x > 0 && pitch.y > 0;
    if (region.shape == RegionShape::line)
        return known ? length_text(std::hypot(width * pitch.x, height * pitch.y))
                     : number_text(std::hypot(width, height)) + " px";
    return fmt::format("{} × {} px", number_text(width), number_text(height));
}

// All regions, a line each; the number of one that is to go, or -1.
int draw_list(Desk& desk, Document& document) {
    const std::vector<Region>& regions = document.edits().regions;
    const PixelPitch pitch = pitch_of(document);
    int removed = -1;
    if (!ImGui::BeginTable("regions", 4, ImGuiTableFlags_RowBg | ImGuiTableFlags_BordersInnerH)) return removed;
    ImGui::TableSetupColumn("", ImGuiTableColumnFlags_WidthFixed, scaled(24));
    ImGui::TableSetupColumn("name", ImGuiTableColumnFlags_WidthStretch, 1);
    ImGui::TableSetupColumn("size", ImGuiTableColumnFlags_WidthStretch, 2);
    ImGui::TableSetupColumn("", ImGuiTableColumnFlags_WidthFixed, ImGui::GetFrameHeight());
    for (std::size_t i = 0; i < regions.size(); ++i) {
        ImGui::PushID(static_cast<int>(i));
        ImGui::TableNextRow();
        ImGui::TableNextColumn();
        const bool selected = document.looks.region == static_cast<int>(i);
        if (selected) ImGui::TableSetBgColor(ImGuiTableBgTarget_RowBg0, with_alpha(palette().accent, 0.22F));
        const ImVec2 at = ImGui::GetCursorScreenPos();
        const float side = ImGui::GetFrameHeight();
        if (ImGui::InvisibleButton("select", {scaled(22), side})) document.looks.region = static_cast<int>(i);
        tooltip("select this region");
        ImGui::GetWindowDrawList()->AddRectFilled({at.x + scaled(4), at.y + side * 0.25F},
                                                  {at.x + scaled(4) + side * 0.5F, at.y + side * 0.75F},
                                                  region_colour(regions[i].name));
        ImGui::TableNextColumn();
        draw_name(desk, document, i);
        ImGui::TableNextColumn();
        ImGui::AlignTextToFramePadding();
        const std::string text = fmt::format("{}, {}", shape_name(regions[i].shape), size_of(regions[i], pitch));
        draw_fitted_text(text, palette().text);
        if (ImGui::IsItemClicked()) document.looks.region = static_cast<int>(i);
        ImGui::TableNextColumn();
        if (ImGui::Button("×", {side, side})) removed = static_cast<int>(i);
        tooltip("remove this region (Delete, on the image)");
        ImGui::PopID();
    }
    ImGui::EndTable();
    return removed;
}

// The corners of the selected region in px, and where they are in mm.
void draw_corners(Desk& desk, Document& document) {
    const auto number = static_cast<std::size_t>(document.looks.region);
    const Region before = document.edits().regions[number];
    Region region = before;
    const bool line = region.shape == RegionShape::line;
    const GatedImages* images = document.images();
    const auto row = [&](const char* name, double& x, double& y) {
        ImGui::PushID(name);
        begin_row(name);
        const float width = half_width();
        ImGui::SetNextItemWidth(width);
        number_field("##x", x, line ? 0.5 : 1, "px in x");
        bool released = ImGui::IsItemDeactivated();
        ImGui::SameLine(0, scaled(6));
        ImGui::SetNextItemWidth(width);
        number_field("##y", y, line ? 0.5 : 1, "px in y");
        released = released || ImGui::IsItemDeactivated();
        ImGui::PopID();
        return released;
    };
    bool released = row(line ? "start" : "upper left", region.x0, region.y0);
    released = row(line ? "end" : "lower right", region.x1, region.y1) || released;
    if (!(region == before) && is_worth_keeping(region))
        desk.session.edit(
            document, "region " + region.name, [&](Edits& edits) { edits.regions[number] = region; },
            fmt::format("corners of region {}", number));
    if (released) desk.session.end_drag(document);
    if (images == nullptr || step_m(images->x) == 0 || step_m(images->y) == 0) return;
    // Of corners, not of the centres of pixels that axes give.
    const auto place = [](const Axis& axis, double at) { return (axis.at(0) + (at - 0.5) * step_m(axis)) * 1e3; };
    begin_row("");
    draw_fitted_text(fmt::format("{:.3g}, {:.3g} mm to {:.3g}, {:.3g} mm", place(images->x, region.x0),
                                 place(images->y, region.y0), place(images->x, region.x1), place(images->y, region.y1)),
                     palette().muted);
}

}  // namespace

void draw_regions_panel(Desk& desk, Document& document) {
    const std::vector<Region>& regions = document.edits().regions;
    desk.region_figures.begin();
    if (regions.empty()) {
        ImGui::PushTextWrapPos();
        ImGui::TextDisabled(
            "No region yet: press R for a rectangle, E for an ellipse or L for a line, and drag on the "
            "image.");
        ImGui::PopTextWrapPos();
        return;
    }
    const int removed = draw_list(desk, document);
    if (is_there(document, document.looks.region)) draw_corners(desk, document);
    if (document.layer() != nullptr) {
        draw_region_statistics(desk, document);
        draw_region_contrast(desk, document);
        draw_line_profiles(desk, document);
    }
    if (removed >= 0) remove_region(desk, document, removed);
}

}  // namespace firstlight::viewer
