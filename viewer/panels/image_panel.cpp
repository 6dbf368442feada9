#include <fmt/format.h>

#include <algorithm>

#include "viewer/image/colour_bar.hpp"
#include "viewer/panels/image_header.hpp"
#include "viewer/panels/image_mouse.hpp"
#include "viewer/panels/image_overlays.hpp"
#include "viewer/panels/panels.hpp"
#include "viewer/panels/region_tool.hpp"
#include "viewer/widgets/fitted_text.hpp"
#include "viewer/widgets/plot_axes.hpp"
#include "viewer/window/window_fill.hpp"

namespace firstlight::viewer {
namespace {

ImVec2 point(Place p) { return {static_cast<float>(p.x), static_cast<float>(p.y)}; }

bool compares(Desk& desk) { return desk.session.comparison().is_on(); }

struct Shown {
    ShownImage image;
    ToneMap::Params tone;
};

Shown what_is_shown(Desk& desk, const Document& document) {
    if (document.looks.light.shown)
        if (const LightFrame* frame = desk.light.frame(document)) return {shown_light(document, *frame), frame->tone};
    const ImageLayer* layer = document.layer();
    if (layer == nullptr) return {};
    return {shown_layer(document), document.tone(*layer)};
}

// What there is to say where there is no image yet.
void draw_nothing(Desk& desk, const Document& document) {
    std::string text = "nothing to show yet";
    ImU32 colour = palette().muted;
    if (!document.failed_run.empty()) {
        text = document.failed_run;
        colour = palette().warning;
    } else if (document.pipeline.busy()) {
        text = desk.session.doing().empty() ? "reading…" : desk.session.doing() + " …";
    } else if (!document.scan && !document.why_no_scan.empty()) {
        text = document.why_no_scan;
    }
    const ImVec2 room = ImGui::GetContentRegionAvail();
    const float width = std::min(room.x - scaled(20), scaled(420));
    const float height = ImGui::CalcTextSize(text.c_str(), nullptr, false, width).y;
    ImGui::SetCursorPos({ImGui::GetCursorPosX() + (room.x - width) / 2,
                         ImGui::GetCursorPosY() + std::max(0.0F, (room.y - height) / 2)});
    ImGui::PushStyleColor(ImGuiCol_Text, colour);
    ImGui::PushTextWrapPos(ImGui::GetCursorPosX() + width);
    ImGui::TextUnformatted(text.c_str());
    ImGui::PopTextWrapPos();
    ImGui::PopStyleColor();
}

void draw_flags(Desk& desk, ImDrawList* list, const ImageGeometry& geometry, const ShownImage& image) {
    Picture& picture = desk.picture("image flags");
    FlagOverlay& overlay = desk.flag_overlay;
    if (overlay.set(image, flag_colours())) {
        if (overlay.any()) picture.texture.set(overlay.rgba().data(), image.rows, image.columns, 4);
        else picture.texture.clear();
    }
    const Canvas& canvas = geometry.canvas;
    picture.texture.draw(list, point({geometry.origin_x, geometry.origin_y}), point(geometry.end()),
                         point({canvas.left, canvas.top}),
                         point({canvas.left + canvas.width, canvas.top + canvas.height}));
    draw_mask_hatching(list, geometry, image);
}

void draw_image(Desk& desk, const Document& document, ImDrawList* list, const ImageGeometry& geometry,
                const ShownImage& image, const ColourBar& bar) {
    const ImageLook& look = document.looks.image;
    const Picture& picture = desk.picture("image");
    const Canvas& canvas = geometry.canvas;
    picture.texture.draw(list, point({geometry.origin_x, geometry.origin_y}), point(geometry.end()),
                         point({canvas.left, canvas.top}),
                         point({canvas.left + canvas.width, canvas.top + canvas.height}));
    if (look.flags && image.flags != nullptr) draw_flags(desk, list, geometry, image);
    if (look.grid) draw_pixel_grid(list, geometry);
    if (look.values) draw_pixel_values(list, geometry, image, picture.colours, bar.unit);
}

void draw_over_image(Desk& desk, const Document& document, ImDrawList* list, const ImageGeometry& geometry,
                     const ShownImage& image, bool compared) {
    const ImageLook& look = document.looks.image;
    draw_regions(list, desk, document, geometry);
    if (document.looks.pixel && image.contains(*document.looks.pixel))
        draw_picked_pixel(list, geometry, *document.looks.pixel, ImGui::IsWindowFocused());
    if (look.scale_bar) draw_scale_bar(list, geometry);
    if (look.flags && image.flags != nullptr && !compared) draw_flag_key(list, geometry, desk.flag_overlay);
}

// Under the image: the pixel at the mouse, or else the picked one.
void draw_read_out(const Desk& desk, const Document& document, const ShownImage& image, const ShownUnit& unit) {
    std::optional<PixelAt> at = desk.hovered_pixel ? desk.hovered_pixel : document.looks.pixel;
    if (!at || !image.contains(*at)) {
        ImGui::AlignTextToFramePadding();
        draw_fitted_text("click a pixel to see its trace", palette().muted);
        return;
    }
    std::string text = pixel_text(*at);
    if (const std::string place = position_text(image, *at); !place.empty()) text += "    " + place;
    text += fmt::format("    {} {}", words_of(image.name), value_text(image, *at, unit));
    if (const std::string flags = flags_text(image.flag(*at)); !flags.empty()) text += "    " + flags;
    ImGui::AlignTextToFramePadding();
    draw_fitted_text(text, desk.hovered_pixel ? palette().text : palette().muted);
}

}  // namespace

void draw_image_panel(Desk& desk, Document& document) {
    draw_image_header(desk, document);
    desk.hovered_pixel.reset();
    const Shown shown = what_is_shown(desk, document);
    const ShownImage& image = shown.image;
    if (!image) {
        draw_nothing(desk, document);
        return;
    }
    Picture& picture = desk.picture("image");
    if (picture.colours.set(image, shown.tone))
        picture.texture.set(picture.colours.rgb().data(), image.rows, image.columns);
    const ColourBar bar{picture.colours.tone(), picture.colours.window(),
                        shown_unit(image.unit, picture.colours.window()), words_of(image.name)};

    const ImVec2 room = ImGui::GetContentRegionAvail();
    const bool compared = compares(desk);
    const bool with_bar = document.looks.image.colour_bar && !compared;
    const float bar_width = with_bar ? std::min(colour_bar_width(bar), room.x / 2) : 0;
    const ImVec2 size{std::max(1.0F, room.x - bar_width), std::max(1.0F, room.y - ImGui::GetFrameHeightWithSpacing())};
    const ImVec2 at = ImGui::GetCursorScreenPos(), end{at.x + size.x, at.y + size.y};
    ImGui::InvisibleButton(
        "canvas", size,
        ImGuiButtonFlags_MouseButtonLeft | ImGuiButtonFlags_MouseButtonRight | ImGuiButtonFlags_MouseButtonMiddle);
    const Canvas canvas{at.x, at.y, size.x, size.y};
    const auto geometry = [&] { return geometry_of(document.looks.image, image.extent(), canvas); };
    if (!take_divider(desk, geometry())) take_image_mouse(desk, document, geometry());
    take_image_keys(desk, document, geometry(), ImGui::IsWindowFocused());
    const ImageGeometry now = desk.image_geometry = geometry();

    ImDrawList* list = ImGui::GetWindowDrawList();
    fill_plainly(list, at, end, palette().background);
    list->PushClipRect(at, end, true);
    const bool both = compared && draw_compare_image(desk, now);
    if (!both) draw_image(desk, document, list, now, image, bar);
    draw_over_image(desk, document, list, now, image, both);
    list->PopClipRect();
    if (with_bar) draw_colour_bar(list, bar, {end.x, at.y}, {at.x + room.x, end.y});
    draw_read_out(desk, document, image, bar.unit);
}

}  // namespace firstlight::viewer
