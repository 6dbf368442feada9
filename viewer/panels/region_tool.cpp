#include "viewer/panels/region_tool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "viewer/image/image_words.hpp"
#include "viewer/widgets/plot_axes.hpp"

namespace firstlight::viewer {
namespace {

using Kind = ImageGesture::Kind;
constexpr float reach = 7, click_slack = 3;

ImVec2 point(Place p) { return {static_cast<float>(p.x), static_cast<float>(p.y)}; }

// Alt lets corners lie anywhere.
bool to_whole_pixels() { return !modifiers_held().alt; }

void draw_outline(ImDrawList* list, const Region& region, const ImageGeometry& geometry, ImU32 colour,
                  float thickness) {
    const ImVec2 a = point(geometry.to_screen({region.x0, region.y0})),
                 b = point(geometry.to_screen({region.x1, region.y1}));
    if (region.shape == RegionShape::line) {
        list->AddLine(a, b, colour, thickness);
    } else if (region.shape == RegionShape::rectangle) {
        list->AddRect({std::min(a.x, b.x), std::min(a.y, b.y)}, {std::max(a.x, b.x), std::max(a.y, b.y)}, colour, 0, 0,
                      thickness);
    } else {
        constexpr int corners = 96;
        for (int i = 0; i < corners; ++i) {
            const float angle = 2 * 3.14159265F * static_cast<float>(i) / corners;
            list->PathLineTo({(a.x + b.x) / 2 + (b.x - a.x) / 2 * std::cos(angle),
                              (a.y + b.y) / 2 + (b.y - a.y) / 2 * std::sin(angle)});
        }
        list->PathStroke(colour, ImDrawFlags_Closed, thickness);
    }
}

void draw_handles(ImDrawList* list, const Region& region, const ImageGeometry& geometry, ImU32 colour) {
    const float half = scaled(3.5F);
    for (const auto& [part, place] : handles_of(region)) {
        const ImVec2 at = point(geometry.to_screen(place));
        list->AddRectFilled({at.x - half, at.y - half}, {at.x + half, at.y + half}, IM_COL32(20, 20, 20, 255));
        list->AddRectFilled({at.x - half + 1, at.y - half + 1}, {at.x + half - 1, at.y + half - 1}, colour);
    }
}

void draw_region(ImDrawList* list, const Region& region, const ImageGeometry& geometry, ImU32 colour, bool selected,
                 const std::string& label) {
    const float thickness = scaled(selected ? 2 : 1.5F);
    draw_outline(list, region, geometry, IM_COL32(0, 0, 0, 130), thickness + scaled(2));
    draw_outline(list, region, geometry, colour, thickness);
    if (selected) draw_handles(list, region, geometry, colour);
    const ImVec2 a = point(geometry.to_screen({region.x0, region.y0})),
                 b = point(geometry.to_screen({region.x1, region.y1}));
    const float height = label_size(label.c_str()).y;
    const ImVec2 at = region.shape == RegionShape::line
                          ? ImVec2{a.x + scaled(6), a.y - height - scaled(4)}
                          : ImVec2{std::min(a.x, b.x) + scaled(2), std::min(a.y, b.y) - height - scaled(5)};
    draw_label(list, at, colour, label.c_str(), IM_COL32(0, 0, 0, 150));
}

std::string size_text(const Region& region, const ImageGeometry& geometry) {
    const double width = std::abs(region.x1 - region.x0), height = std::abs(region.y1 - region.y0);
    const ImageExtent& extent = geometry.extent;
    const bool known = extent.pitch_x > 0 && extent.pitch_y > 0;
    if (region.shape == RegionShape::line)
        return known ? fmt::format("{} px, {}", number_text(std::hypot(width, height)),
                                   length_text(std::hypot(width * extent.pitch_x, height * extent.pitch_y)))
                     : fmt::format("{} px", number_text(std::hypot(width, height)));
    return fmt::format("{} × {} px", number_text(width), number_text(height));
}

// Half of the image beyond its border may be reached: regions may hang over, but not be lost.
Place near_image(Place at, const ImageExtent& extent) {
    const auto within = [](double x, std::int64_t size) {
        return std::clamp(x, -0.5 * static_cast<double>(size), 1.5 * static_cast<double>(size));
    };
    return {within(at.x, extent.columns), within(at.y, extent.rows)};
}

ImGuiMouseCursor cursor_of(RegionPart part, RegionShape shape) {
    if (shape == RegionShape::line || part == RegionPart::body) return ImGuiMouseCursor_ResizeAll;
    switch (part) {
        case RegionPart::side_x0:
        case RegionPart::side_x1: return ImGuiMouseCursor_ResizeEW;
        case RegionPart::side_y0:
        case RegionPart::side_y1: return ImGuiMouseCursor_ResizeNS;
        case RegionPart::corner_00:
        case RegionPart::corner_11: return ImGuiMouseCursor_ResizeNWSE;
        default: return ImGuiMouseCursor_ResizeNESW;
    }
}

std::string mark_of(const ImageGesture& gesture) { return fmt::format("region {} by mouse", gesture.region); }

}  // namespace

std::optional<RegionShape> shape_of(Tool tool) {
    switch (tool) {
        case Tool::rectangle: return RegionShape::rectangle;
        case Tool::ellipse: return RegionShape::ellipse;
        case Tool::line: return RegionShape::line;
        default: return std::nullopt;
    }
}

void draw_regions(ImDrawList* list, const Desk& desk, const Document& document, const ImageGeometry& geometry) {
    const std::vector<Region>& regions = document.edits().regions;
    for (std::size_t i = 0; i < regions.size(); ++i)
        draw_region(list, regions[i], geometry, region_colour(regions[i].name),
                    static_cast<int>(i) == document.looks.region, regions[i].name);
    const ImageGesture& gesture = desk.image_gesture;
    if (gesture.kind == Kind::draw && gesture.moved)
        draw_region(list, gesture.before, geometry, region_colour(gesture.before.name), false,
                    size_text(gesture.before, geometry));
}

bool begin_region_gesture(Desk& desk, Document& document, const ImageGeometry& geometry, Place screen) {
    const std::vector<Region>& regions = document.edits().regions;
    const RegionHit hit =
        hit_region(regions, document.looks.region, geometry, screen, static_cast<double>(scaled(reach)));
    const auto shape = shape_of(desk.tool);
    const bool selected = hit.region >= 0 && hit.region == document.looks.region;
    // With a tool in hand, only what is selected is changed; the others may be drawn over.
    if (!hit && !shape) return false;
    ImageGesture& gesture = desk.image_gesture;
    gesture = {};
    gesture.on_screen = screen;
    gesture.on_image = geometry.to_image(screen);
    if (hit && (selected || !shape)) {
        gesture.kind = Kind::change;
        gesture.region = hit.region;
        gesture.part = hit.part;
        gesture.before = regions[static_cast<std::size_t>(hit.region)];
        document.looks.region = hit.region;
    } else {
        gesture.kind = Kind::draw;
        gesture.before = region_drawn(*shape, gesture.on_image, gesture.on_image, false, false);
    }
    return true;
}

void continue_region_gesture(Desk& desk, Document& document, const ImageGeometry& geometry, Place screen) {
    ImageGesture& gesture = desk.image_gesture;
    if (std::hypot(screen.x - gesture.on_screen.x, screen.y - gesture.on_screen.y) >
        static_cast<double>(scaled(click_slack)))
        gesture.moved = true;
    if (!gesture.moved) return;
    const Place at = near_image(geometry.to_image(screen), geometry.extent);
    if (gesture.kind == Kind::draw) {
        gesture.before =
            region_drawn(gesture.before.shape, gesture.on_image, at, to_whole_pixels(), modifiers_held().shift);
        return;
    }
    const Region changed = region_dragged(gesture.before, gesture.part, gesture.on_image, at, to_whole_pixels());
    const std::vector<Region>& regions = document.edits().regions;
    const auto number = static_cast<std::size_t>(gesture.region);
    if (number >= regions.size() || regions[number] == changed || !is_worth_keeping(changed)) return;
    desk.session.edit(
        document, "region " + changed.name, [&](Edits& edits) { edits.regions[number] = changed; }, mark_of(gesture));
}

void end_region_gesture(Desk& desk, Document& document) {
    ImageGesture gesture = desk.image_gesture;
    desk.image_gesture = {};
    if (gesture.kind == Kind::change) {
        if (!gesture.moved) return;
        const std::vector<Region>& regions = document.edits().regions;
        const auto number = static_cast<std::size_t>(gesture.region);
        if (number < regions.size() && !(in_order(regions[number]) == regions[number]))
            desk.session.edit(
                document, "region " + regions[number].name,
                [&](Edits& edits) { edits.regions[number] = in_order(edits.regions[number]); }, mark_of(gesture));
        desk.session.end_drag(document);
        return;
    }
    if (gesture.kind != Kind::draw) return;
    if (!gesture.moved || !is_worth_keeping(gesture.before)) {
        document.looks.region = -1;
        return;
    }
    Region region = in_order(gesture.before);
    region.name = free_name(document.edits().regions);
    if (desk.session.edit(document, "new region " + region.name,
                          [&](Edits& edits) { edits.regions.push_back(region); }))
        document.looks.region = static_cast<int>(document.edits().regions.size()) - 1;
}

void cancel_region_gesture(Desk& desk, Document& document) {
    const ImageGesture gesture = desk.image_gesture;
    desk.image_gesture = {};
    if (gesture.kind != Kind::change || !gesture.moved) return;
    const auto number = static_cast<std::size_t>(gesture.region);
    if (number >= document.edits().regions.size()) return;
    desk.session.edit(
        document, "region " + gesture.before.name, [&](Edits& edits) { edits.regions[number] = gesture.before; },
        mark_of(gesture));
    desk.session.end_drag(document);
}

void show_region_cursor(const Desk& desk, const Document& document, const ImageGeometry& geometry, Place screen) {
    const RegionHit hit = hit_region(document.edits().regions, document.looks.region, geometry, screen,
                                     static_cast<double>(scaled(reach)));
    if (!hit || (shape_of(desk.tool) && hit.region != document.looks.region)) {
        if (shape_of(desk.tool)) ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
        return;
    }
    // Inside of a region the pixel may still be picked: only its handles and outline change the cursor.
    const Region& region = document.edits().regions[static_cast<std::size_t>(hit.region)];
    ImGui::SetMouseCursor(cursor_of(hit.part, region.shape));
}

bool remove_region(Desk& desk, Document& document, int number) {
    const std::vector<Region>& regions = document.edits().regions;
    if (number < 0 || number >= static_cast<int>(regions.size())) return false;
    const std::string name = regions[static_cast<std::size_t>(number)].name;
    if (!desk.session.edit(document, "remove region " + name,
                           [&](Edits& edits) { edits.regions.erase(edits.regions.begin() + number); }))
        return false;
    const auto moved = [number](int other) { return other == number ? -1 : other > number ? other - 1 : other; };
    document.looks.region = moved(document.looks.region);
    document.looks.second_region = moved(document.looks.second_region);
    return true;
}

}  // namespace firstlight::viewer
