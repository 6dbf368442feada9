// The three planes of a volume, linked: what the mouse, the wheel and the keys do in one moves the others.
#include "viewer/panels/volume_planes.hpp"

#include <fmt/format.h>
#include <imgui_internal.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "viewer/panels/panels.hpp"
#include "viewer/widgets/plot_axes.hpp"
#include "viewer/window/fonts.hpp"
#include "viewer/window/theme.hpp"

namespace firstlight::viewer {
namespace {

using Along = VolumeSlices::Along;
using What = VolumeSlices::What;

constexpr std::array<const char*, 3> letters{"z", "y", "x"};
constexpr std::array<Along, 3> alongs{Along::z, Along::y, Along::x};

std::array<std::int64_t*, 3> indices(VoxelAt& at) { return {&at.z, &at.y, &at.x}; }
std::array<const Axis*, 3> axes_of(const Volume& v) { return {&v.z, &v.y, &v.x}; }

// What all three planes are drawn with.
struct Scene {
    Desk& desk;
    const Volume& volume;
    const VolumeLayout& layout;
    What what;
    ToneMap::Params tone;
    ToneWindow window;
    ImVec2 origin;
};

// The texture of a plane; the last one while a new one is being made.
const ImageTexture& plane_texture(const Scene& scene, std::size_t plane, const VoxelAt& at) {
    VolumeSlices& slices = scene.desk.slices();
    VoxelAt copy = at;
    const std::int64_t index = scene.what == What::slice ? *indices(copy)[plane] : 0;
    Picture& picture = scene.desk.picture(fmt::format("volume {}", letters[plane]));
    const std::string made_of = fmt::format("{} {} {} {}", slices.number(), static_cast<int>(scene.what), index,
                                            words_of(scene.tone, scene.window));
    if (picture.made_of == made_of) return picture.texture;
    const std::vector<std::uint8_t> rgb = slices.colours({alongs[plane], scene.what, index}, scene.tone, scene.window);
    if (rgb.empty()) return picture.texture;
    const Volume& v = scene.volume;
    picture.texture.set(rgb.data(), plane == 0 ? v.y.size : v.z.size, plane == 2 ? v.y.size : v.x.size);
    picture.made_of = made_of;
    return picture.texture;
}

void step_by_keys(const Volume& volume, std::size_t plane, VoxelAt& at) {
    const std::size_t down = plane == 0 ? 1 : 0, across = plane == 2 ? 1 : 2;
    const std::array<std::int64_t*, 3> index = indices(at);
    const auto by = [&](std::size_t axis, std::int64_t steps) {
        *index[axis] = std::clamp<std::int64_t>(*index[axis] + steps, 0, axes_of(volume)[axis]->size - 1);
    };
    if (pressed(Key::left, {}, true)) by(across, -1);
    if (pressed(Key::right, {}, true)) by(across, 1);
    if (pressed(Key::up, {}, true)) by(down, -1);
    if (pressed(Key::down, {}, true)) by(down, 1);
    if (pressed(Key::page_up, {}, true)) by(plane, 1);
    if (pressed(Key::page_down, {}, true)) by(plane, -1);
    if (const float wheel = ImGui::GetIO().MouseWheel; wheel != 0 && ImGui::IsItemHovered()) {
        float& rest = *ImGui::GetStateStorage()->GetFloatRef(ImGui::GetID("wheel"), 0);  // of fine wheels
        rest += wheel;
        by(plane, static_cast<std::int64_t>(rest));
        rest -= std::trunc(rest);
    }
}

// Moves `at` as the user asks in this plane; true when the mouse is over it.
bool take_mouse(const Scene& scene, std::size_t plane, VoxelAt& at) {
    const PlaneBox& box = scene.layout.planes[plane];
    ImGui::SetCursorScreenPos(
        ImVec2(scene.origin.x + static_cast<float>(box.left), scene.origin.y + static_cast<float>(box.top)));
    ImGui::InvisibleButton(letters[plane], ImVec2(static_cast<float>(box.width), static_cast<float>(box.height)));
    ImGui::SetItemUsingMouseWheel();
    const ImVec2 mouse = ImGui::GetIO().MousePos;
    if (ImGui::IsItemActive()) {
        at = voxel_under(scene.volume, scene.layout, plane, static_cast<double>(mouse.x - scene.origin.x),
                         static_cast<double>(mouse.y - scene.origin.y), at);
        if (scene.what == What::maximum) at = scene.desk.slices().brightest(alongs[plane], at);
    }
    const bool hovered = ImGui::IsItemHovered();
    if (hovered || ImGui::IsItemFocused()) {
        ImGui::PushID(letters[plane]);
        step_by_keys(scene.volume, plane, at);
        ImGui::PopID();
    }
    return hovered;
}

void draw_scale_bar(ImDrawList* list, const Scene& scene, ImVec2 low, ImVec2 high) {
    if (!scene.layout.lengths_known || high.x - low.x < scaled(70) || high.y - low.y < scaled(40)) return;
    const double metres = round_length(0.4 * static_cast<double>(high.x - low.x) / scene.layout.scale);
    const auto length = static_cast<float>(metres * scene.layout.scale);
    const ImVec2 start(low.x + scaled(8), high.y - scaled(8));
    const std::string text = fmt::format("{:g} mm", metres * 1e3);
    const ImVec2 size = fonts().small->CalcTextSizeA(fonts().small->FontSize, 1e9F, 0, text.c_str());
    list->AddRectFilled(ImVec2(start.x - scaled(3), start.y - size.y - scaled(4)),
                        ImVec2(start.x + std::max(length, size.x) + scaled(3), start.y + scaled(3)),
                        IM_COL32(0, 0, 0, 120), scaled(2));
    list->AddRectFilled(ImVec2(start.x, start.y - scaled(2)), ImVec2(start.x + length, start.y), IM_COL32_WHITE);
    list->AddText(fonts().small, fonts().small->FontSize, ImVec2(start.x, start.y - size.y - scaled(3)), IM_COL32_WHITE,
                  text.c_str());
}

// Of an axis. Images are dark in both looks: the light look's colours, made for white, are mixed with white.
ImU32 colour_on_image(std::size_t axis) {
    const ImVec4 own = as_vec4(curve_colour(axis));
    if (look() == Look::dark) return curve_colour(axis);
    constexpr float white = 0.55F;
    const auto mixed = [](float share) { return share + (1 - share) * white; };
    return ImGui::ColorConvertFloat4ToU32({mixed(own.x), mixed(own.y), mixed(own.z), own.w});
}

// Lines at the other planes' places, in their colours, with a gap in the middle that leaves the voxel free.
void draw_crosshair(ImDrawList* list, const Scene& scene, std::size_t plane, const VoxelAt& at, ImVec2 low,
                    ImVec2 high) {
    const PlanePoint middle = middle_of(scene.volume, scene.layout, plane, at);
    const ImVec2 p(scene.origin.x + static_cast<float>(middle.x), scene.origin.y + static_cast<float>(middle.y));
    const float free = scaled(6), width = scaled(1);
    const ImU32 upright = with_alpha(colour_on_image(plane == 2 ? 1 : 2), 0.85F),
                lying = with_alpha(colour_on_image(plane == 0 ? 1 : 0), 0.85F);
    list->AddLine(ImVec2(p.x, low.y), ImVec2(p.x, std::max(low.y, p.y - free)), upright, width);
    list->AddLine(ImVec2(p.x, std::min(high.y, p.y + free)), ImVec2(p.x, high.y), upright, width);
    list->AddLine(ImVec2(low.x, p.y), ImVec2(std::max(low.x, p.x - free), p.y), lying, width);
    list->AddLine(ImVec2(std::min(high.x, p.x + free), p.y), ImVec2(high.x, p.y), lying, width);
}

void draw_plane(const Scene& scene, std::size_t plane, const VoxelAt& at) {
    ImDrawList* list = ImGui::GetWindowDrawList();
    const PlaneBox& box = scene.layout.planes[plane];
    const ImVec2 low(scene.origin.x + static_cast<float>(box.left), scene.origin.y + static_cast<float>(box.top));
    const ImVec2 high(low.x + static_cast<float>(box.width), low.y + static_cast<float>(box.height));
    const ImageTexture& texture = plane_texture(scene, plane, at);
    if (texture.empty()) list->AddRectFilled(low, high, palette().plot_background);
    else texture.draw(list, low, high);
    list->PushClipRect(low, high, true);
    draw_crosshair(list, scene, plane, at, low, high);
    draw_scale_bar(list, scene, low, high);
    VoxelAt copy = at;
    const std::string text =
        scene.what == What::slice
            ? fmt::format("{} {}", letters[plane], place_of(*axes_of(scene.volume)[plane], *indices(copy)[plane]))
            : fmt::format("{} along {}", words_for(scene.what), letters[plane]);
    draw_label(list, ImVec2(low.x + scaled(4), low.y + scaled(3)), IM_COL32_WHITE, text.c_str(),
               IM_COL32(0, 0, 0, 120));
    list->PopClipRect();
    list->AddRect(low, high, with_alpha(curve_colour(plane), 0.9F), 0, 0, scaled(1));
}

}  // namespace

const char* words_for(Projection::What what) {
    return what == What::maximum ? "maximum" : what == What::mean ? "mean" : what == What::sum ? "sum" : "slice";
}

std::string read_out(VolumeSlices& slices, const VoxelAt& at) {
    const Volume& v = *slices.volume();
    const float value = slices.value(at);
    const std::string unit = std::isnan(value) ? "" : " " + unit_words(v);
    return fmt::format("{} {}{}\nz {}, y {}, x {}", v.name,
                       std::isnan(value) ? "no value" : fmt::format("{:.5g}", value), unit, place_of(v.z, at.z),
                       place_of(v.y, at.y), place_of(v.x, at.x));
}

void draw_volume_planes(Desk& desk, Document& document) {
    VolumeSlices& slices = desk.slices();
    slices.show(document.result);
    const Volume& volume = *slices.volume();
    VolumeLook& look = document.looks.volume;
    const What what = look.projections ? look.what : What::slice;
    const ToneMap::Params tone = volume_tone_of(document.edits(), volume, what);
    const std::optional<ToneWindow> window = slices.window(tone, what);
    const ImVec2 space = ImGui::GetContentRegionAvail(), origin = ImGui::GetCursorScreenPos();
    const VolumeLayout layout =
        layout_of(volume, static_cast<double>(std::max(space.x, scaled(60))),
                  static_cast<double>(std::max(space.y, scaled(60))), static_cast<double>(scaled(6)));
    const Scene scene{desk, volume, layout, what, tone, window.value_or(ToneWindow{}), origin};
    VoxelAt at = slices.cursor(look);
    const VoxelAt before = at;
    for (std::size_t plane = 0; plane < 3; ++plane) take_mouse(scene, plane, at);
    if (!(at == before)) {
        look.z = at.z;
        look.y = at.y;
        look.x = at.x;
    }
    for (std::size_t plane = 0; plane < 3; ++plane)
        if (window) draw_plane(scene, plane, at);
    if (!window || slices.busy()) {
        ImGui::SetCursorScreenPos(ImVec2(origin.x + scaled(6), origin.y + static_cast<float>(layout.height) -
                                                                   ImGui::GetTextLineHeight() - scaled(6)));
        ImGui::TextUnformatted("looking at all voxels …");
    }
    ImGui::SetCursorScreenPos(origin);
    ImGui::Dummy(ImVec2(static_cast<float>(layout.width), static_cast<float>(layout.height)));
}

void draw_large_volume(Desk& desk, Document& document) {
    ImGui::Dummy(ImVec2(0, scaled(2)));
    if (ImGui::Button("back to the image")) desk.middle = Middle::image;
    desk.places.note("back to the image");
    ImGui::SameLine();
    desk.slices().show(document.result);
    std::string text = read_out(desk.slices(), desk.slices().cursor(document.looks.volume));
    std::replace(text.begin(), text.end(), '\n', ' ');
    ImGui::PushFont(fonts().numbers);
    ImGui::TextUnformatted(text.c_str());
    ImGui::PopFont();
    draw_volume_planes(desk, document);
}

}  // namespace firstlight::viewer
