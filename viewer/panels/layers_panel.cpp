// What the result is made of: every layer with a small picture and its range, the flags, the volume; and files of them.
#include <fmt/format.h>

#include <algorithm>

#include "host/io/readable.hpp"
#include "viewer/actions/layer_export.hpp"
#include "viewer/image/image_words.hpp"
#include "viewer/panels/image_overlays.hpp"
#include "viewer/panels/panels.hpp"
#include "viewer/session/layer_files.hpp"
#include "viewer/widgets/fitted_text.hpp"
#include "viewer/window/fonts.hpp"

namespace firstlight::viewer {
namespace {

constexpr std::int64_t picture_size = 64;

struct Format {
    const char* name;
    const char* words;
};
constexpr std::array<Format, 4> formats{{{"tiff", "TIFF, 32-bit numbers…"},
                                         {"npy", "NPY, for NumPy…"},
                                         {"csv", "CSV, a line per row…"},
                                         {"png", "PNG, as on the screen…"}}};

// The items of an open menu. `layer` empty: all.
void draw_formats(Desk& desk, Document& document, const std::string& layer) {
    const std::string why = why_not_written(document);
    for (const Format& format : formats) {
        if (ImGui::MenuItem(format.words, nullptr, false, why.empty())) {
            if (layer.empty()) export_all_layers(desk, document, {format.name});
            else export_layer(desk, document, layer, format.name);
        }
        desk.places.note(fmt::format("export {} {}", layer.empty() ? "all" : layer, format.name));
        tooltip(why);
    }
}

void draw_export_button(Desk& desk, Document& document, const std::string& layer) {
    if (ImGui::Button("…", ImVec2(ImGui::GetFrameHeight(), 0))) ImGui::OpenPopup("export");
    desk.places.note("export " + layer);
    tooltip("export to a file");
    if (!ImGui::BeginPopup("export")) return;
    ImGui::TextDisabled("export %s", layer.c_str());
    draw_formats(desk, document, layer);
    ImGui::EndPopup();
}

// The picture called `name` in a square; made by `make` when it is of another state than `state`.
template <class Make>
void draw_picture(Desk& desk, const std::string& name, const std::string& state, bool may_make, float side, Make make) {
    Picture& picture = desk.picture(name);
    if (picture.made_of != state && may_make) {
        const SmallPicture small = make();
        if (small.rgb.empty()) picture.texture.clear();
        else picture.texture.set(small.rgb.data(), small.rows, small.columns);
        picture.made_of = state;
    }
    const ImVec2 at = ImGui::GetCursorScreenPos();
    ImGui::Dummy(ImVec2(side, side));
    if (picture.texture.empty() || !ImGui::IsItemVisible()) return;
    const auto rows = static_cast<float>(picture.texture.rows()),
               columns = static_cast<float>(picture.texture.columns());
    const float scale = side / std::max(rows, columns);
    const ImVec2 size(scale * columns, scale * rows);
    const ImVec2 low(at.x + (side - size.x) / 2, at.y + (side - size.y) / 2);
    picture.texture.draw(ImGui::GetWindowDrawList(), low, {low.x + size.x, low.y + size.y});
}

// Numbers side by side in equal parts of the free space, each at the right of its part.
void draw_numbers(const std::vector<std::string>& numbers, ImU32 colour) {
    ImGui::PushFont(fonts().numbers);
    const float left = ImGui::GetCursorPosX(),
                part = ImGui::GetContentRegionAvail().x / static_cast<float>(numbers.size());
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const float width = std::min(ImGui::CalcTextSize(numbers[i].c_str()).x + 1, part);
        if (i > 0) ImGui::SameLine();
        ImGui::SetCursorPosX(left + static_cast<float>(i + 1) * part - width);
        clipped_text(numbers[i], width, colour, false);
    }
    ImGui::PopFont();
}

// The clickable background of a row; true when it is clicked.
bool begin_row(const char* id, bool chosen, float side) {
    ImGui::TableNextRow(0, side);
    ImGui::TableNextColumn();
    const bool clicked = ImGui::Selectable(
        id, chosen, ImGuiSelectableFlags_SpanAllColumns | ImGuiSelectableFlags_AllowItemOverlap, ImVec2(0, side));
    return clicked;
}

// "ballistic  counts": what the shorter of both leaves is the other's, each has at least a third.
void draw_name(const std::string& name, const std::string& unit) {
    const float gap = unit.empty() ? 0 : scaled(8), room = ImGui::GetContentRegionAvail().x - gap;
    const float wanted = ImGui::CalcTextSize(name.c_str()).x + 1;
    const float beside = unit.empty() ? 0 : ImGui::CalcTextSize(unit.c_str()).x + 1;
    const float name_width = std::min(wanted, std::max(room - beside, room * 2 / 3));
    clipped_text(name, name_width, palette().text, false);
    if (unit.empty()) return;
    ImGui::SameLine(0, gap);
    clipped_text(unit, std::min(beside, room - name_width), palette().muted, false);
}

// The colour that a flag has on the image.
void draw_swatch(int bit) {
    const auto k = static_cast<std::size_t>(std::find(mask_flags.begin(), mask_flags.end(), bit) - mask_flags.begin());
    const float line = ImGui::GetTextLineHeight(), side = 0.7F * line;
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const FlagOverlay::Colour c = flag_colours()[k];
    ImGui::GetWindowDrawList()->AddRectFilled({at.x, at.y + (line - side) / 2}, {at.x + side, at.y + (line + side) / 2},
                                              IM_COL32(c[0], c[1], c[2], 255), scaled(2));
    ImGui::Dummy({side, line});
    ImGui::SameLine(0, scaled(6));
}

void draw_layer(Desk& desk, Document& document, const LayerSummary& layer, float side) {
    const GatedImages& images = *document.images();
    const ImageLayer* values = images.layer(layer.name);
    if (values == nullptr) return;  // a row of before a drag
    const bool chosen = document.layer() == values && !document.looks.light.shown;
    if (begin_row("##row", chosen, side)) {
        document.looks.layer = layer.name;
        document.looks.light.shown = false;
    }
    desk.places.note("layer " + layer.name);
    if (!layer.long_name.empty()) tooltip(layer.long_name);
    ImGui::SameLine(0, 0);
    const ToneMap::Params tone = document.tone(*values);
    const bool inpainted = document.recipe().find("inpainting") != nullptr;
    const std::string state = fmt::format("{} {} {}", desk.layer_table.number(), inpainted, tone_text(tone));
    draw_picture(
        desk, fmt::format("small {} of {}", layer.name, document.path.string()), state, !document.settle_at, side,
        [&] { return small_picture(images, *values, document.view_of_images(), tone, inpainted, picture_size); });
    ImGui::TableNextColumn();
    draw_name(layer.words, layer.unit);
    if (layer.spread)
        draw_numbers({fmt::format("{:.4g}", layer.spread->low), fmt::format("{:.4g}", layer.spread->median),
                      fmt::format("{:.4g}", layer.spread->high)},
                     palette().text);
    else clipped_text("no pixel has a value", 0, palette().muted, false);
    ImGui::TableNextColumn();
    draw_numbers({readable_count(static_cast<double>(layer.without_value))}, palette().text);
    ImGui::TableNextColumn();
    draw_export_button(desk, document, layer.name);
}

void draw_flag(Desk& desk, Document& document, const FlagSummary& flag, float side) {
    const std::string name = flag_layer(flag.bit);
    if (begin_row("##row", false, side)) document.looks.image.flags = !document.looks.image.flags;
    desk.places.note("layer " + name);
    for (const FlagInfo& info : mask_flag_table)
        if (info.bit == flag.bit)
            tooltip(flag_explanation(info) +
                    "\nA click colours flagged pixels on the image, or leaves them as they are.");
    ImGui::SameLine(0, 0);
    const GatedImages& images = *document.images();
    draw_picture(desk, fmt::format("small {} of {}", name, document.path.string()),
                 fmt::format("{}", desk.layer_table.number()), !document.settle_at && !images.mask.empty(), side,
                 [&] { return small_flag_picture(images, flag.bit, document.view_of_images(), picture_size); });
    const auto all = static_cast<double>(images.rows * images.columns);
    ImGui::TableNextColumn();
    if (document.looks.image.flags) draw_swatch(flag.bit);
    draw_name(flag.words, "flag");
    desk.places.note("kind of " + name);
    draw_numbers({fmt::format("{:.3g} % of pixels", 100 * static_cast<double>(flag.pixels) / all)}, palette().text);
    ImGui::TableNextColumn();
    draw_numbers({readable_count(static_cast<double>(flag.pixels))}, palette().text);
    ImGui::TableNextColumn();
    draw_export_button(desk, document, name);
}

void draw_table(Desk& desk, Document& document) {
    const float side = 2 * ImGui::GetTextLineHeightWithSpacing();
    if (!ImGui::BeginTable("layers", 4, ImGuiTableFlags_ScrollY | ImGuiTableFlags_RowBg)) return;
    ImGui::TableSetupScrollFreeze(0, 1);
    ImGui::TableSetupColumn("", ImGuiTableColumnFlags_WidthFixed, side);
    ImGui::TableSetupColumn("", ImGuiTableColumnFlags_WidthStretch);
    ImGui::TableSetupColumn("", ImGuiTableColumnFlags_WidthFixed, ImGui::CalcTextSize("no value").x + scaled(2));
    ImGui::TableSetupColumn("", ImGuiTableColumnFlags_WidthFixed, ImGui::GetFrameHeight());
    ImGui::TableNextRow(ImGuiTableRowFlags_Headers);
    ImGui::TableSetColumnIndex(1);
    draw_numbers({"least", "median", "most"}, palette().muted);
    tooltip("over the pixels that have a value");
    ImGui::TableSetColumnIndex(2);
    clipped_text("no value", 0, palette().muted, false);
    tooltip("pixels without a value; of flags, pixels that have it");
    for (const LayerSummary& layer : desk.layer_table.layers()) {
        ImGui::PushID(layer.name.c_str());
        draw_layer(desk, document, layer, side);
        ImGui::PopID();
    }
    for (const FlagSummary& flag : desk.layer_table.flags()) {
        ImGui::PushID(flag.bit);
        draw_flag(desk, document, flag, side);
        ImGui::PopID();
    }
    ImGui::EndTable();
}

void draw_volume(Desk& desk, const Volume& volume) {
    const auto steps = [](const Axis& axis) { return 1e3 * std::abs(step_m(axis)); };
    if (ImGui::Button("volume")) desk.show_side(SidePanel::volume);
    desk.places.note("volume");
    tooltip(volume.long_name.empty() ? "opens the volume's slices" : volume.long_name + "\nopens its slices");
    ImGui::SameLine();
    ImGui::AlignTextToFramePadding();
    wrapped_text(fmt::format("{} ({}), {} × {} × {} voxels of {:.3g} × {:.3g} × {:.3g} mm (z, y, x)", volume.name,
                             unit_words(volume), volume.z.size, volume.y.size, volume.x.size, steps(volume.z),
                             steps(volume.y), steps(volume.x)),
                 palette().text);
}

}  // namespace

void draw_layers_panel(Desk& desk, Document& document) {
    if (document.images() == nullptr) {
        wrapped_text(document.pipeline.busy() ? "The layers appear when the recipe has run."
                                              : "No layers: the recipe has no result yet.",
                     palette().muted);
        return;
    }
    if (!desk.layer_table.update(document, 0.006)) desk.window.wake();
    const GatedImages& images = *document.images();
    if (images.views > 1 || document.views() > 1)
        clipped_text(fmt::format("view {} (0 to {})", document.looks.view, document.views() - 1), 0, palette().muted);
    if (ImGui::Button("export all…")) ImGui::OpenPopup("export all");
    desk.places.note("export all");
    if (ImGui::BeginPopup("export all")) {
        draw_formats(desk, document, "");
        ImGui::EndPopup();
    }
    if (document.result && document.result->volume) {
        draw_volume(desk, *document.result->volume);
    }
    draw_table(desk, document);
}

}  // namespace firstlight::viewer
