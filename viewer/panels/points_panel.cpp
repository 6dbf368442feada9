// A depth map as a cloud of points that the mouse turns.
#include <fmt/format.h>
#include <imgui_internal.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "host/pipeline/surface_points.hpp"
#include "viewer/image/colour_bar.hpp"
#include "viewer/image/image_words.hpp"
#include "viewer/panels/panels.hpp"
#include "viewer/session/counted.hpp"
#include "viewer/widgets/fitted_text.hpp"
#include "viewer/widgets/number_field.hpp"
#include "viewer/widgets/plot_axes.hpp"
#include "viewer/widgets/slider.hpp"
#include "viewer/window/fonts.hpp"
#include "viewer/window/theme.hpp"
#include "viewer/window/window_fill.hpp"

namespace firstlight::viewer {
namespace {

constexpr double radians_per_point = 0.008;  // of the mouse's way at scale 1
constexpr double wheel_factor = 1.2, key_turn = 0.1;
constexpr double least_zoom = 0.1, most_zoom_of_points = 200;

void turn(PointsLook& look, double by_turn, double by_tilt) {
    look.turn = std::remainder(look.turn + by_turn, 2 * std::numbers::pi);
    look.tilt = std::clamp(look.tilt + by_tilt, -std::numbers::pi / 2, std::numbers::pi / 2);
}

void zoom_points(PointsLook& look, double factor) {
    look.zoom = std::clamp(look.zoom * factor, least_zoom, most_zoom_of_points);
}

void reset(PointsLook& look) {
    PointsLook plain;
    plain.colour = look.colour;
    plain.pixel_mm = look.pixel_mm;
    plain.perspective = look.perspective;
    look = plain;
}

// Of the canvas, which was the last item.
void take_mouse(PointsLook& look, ImVec2 size) {
    const ImGuiIO& io = ImGui::GetIO();
    const auto dx = static_cast<double>(io.MouseDelta.x), dy = static_cast<double>(io.MouseDelta.y);
    if (ImGui::IsItemHovered()) {
        if (io.MouseWheel != 0) zoom_points(look, std::pow(wheel_factor, static_cast<double>(io.MouseWheel)));
        if (ImGui::IsMouseDoubleClicked(ImGuiMouseButton_Left)) return reset(look);
    }
    if (ImGui::IsItemActive()) {
        const double rate = radians_per_point / static_cast<double>(scaled(1));
        if (ImGui::IsMouseDown(ImGuiMouseButton_Left)) {
            turn(look, -dx * rate, dy * rate);
        } else {
            const auto side = static_cast<double>(std::min(size.x, size.y));
            look.shift_x += dx / side;
            look.shift_y += dy / side;
        }
    }
    if (!ImGui::IsItemHovered() && !ImGui::IsItemFocused()) return;
    if (pressed(Key::left, {}, true)) turn(look, key_turn, 0);
    if (pressed(Key::right, {}, true)) turn(look, -key_turn, 0);
    if (pressed(Key::up, {}, true)) turn(look, 0, -key_turn);
    if (pressed(Key::down, {}, true)) turn(look, 0, key_turn);
    if (pressed(Key::equals, {}, true) || pressed(Key::keypad_plus, {}, true)) zoom_points(look, wheel_factor);
    if (pressed(Key::minus, {}, true) || pressed(Key::keypad_minus, {}, true)) zoom_points(look, 1 / wheel_factor);
    if (pressed(Key::home)) reset(look);
}

// Within the canvas, whatever is seen of the box.
void draw_box_labels(ImDrawList* list, const PointBox& box, ImVec2 origin, ImVec2 end) {
    const char* axes[] = {"x", "y", "depth"};
    int before = -1;
    std::vector<ImRect> taken;  // labels that would lie over another one are left out
    for (const BoxLabel& label : box.labels) {
        const std::string text = label.axis == before ? fmt::format("{:g}", label.mm)
                                                      : fmt::format("{} {:g} mm", axes[label.axis], label.mm);
        before = label.axis;
        const ImVec2 size = label_size(text.c_str());
        const float away = scaled(8);
        const auto place = [away](double at, double out, float length) {
            return static_cast<float>(at + out * static_cast<double>(away)) - (out < 0 ? length : 0);
        };
        const float x = origin.x + place(label.at.x, label.out_x, size.x),
                    y = origin.y + place(label.at.y, label.out_y, size.y);
        const ImVec2 at(std::max(origin.x + scaled(2), std::min(x, end.x - size.x - scaled(2))),
                        std::max(origin.y + scaled(2), std::min(y, end.y - size.y - scaled(2))));
        const ImRect here(at, ImVec2(at.x + size.x, at.y + size.y));
        if (std::any_of(taken.begin(), taken.end(), [&](const ImRect& other) { return other.Overlaps(here); }))
            continue;
        taken.push_back(here);
        draw_label(list, at, palette().muted, text.c_str(), 0);
    }
}

void tell_point(const PointScene& scene, ImVec2 at) {
    const std::int64_t point = point_at(scene.image(), static_cast<double>(at.x), static_cast<double>(at.y), 4);
    if (point < 0) return;
    const auto i = static_cast<std::size_t>(point);
    const SpacePoint& place = scene.cloud().places[i];
    const ShownUnit unit = shown_unit(scene.unit(), scene.window());
    ImGui::BeginTooltip();
    ImGui::PushFont(fonts().numbers);
    ImGui::Text("x %.4g mm, y %.4g mm, depth %.5g mm%s", static_cast<double>(place[0]), static_cast<double>(place[1]),
                static_cast<double>(place[2]), scene.cloud().surfaces[i] != 0 ? ", last surface" : "");
    if (scene.coloured_by() != "depth")
        ImGui::Text("%s %s %s", words_of(scene.coloured_by()).c_str(),
                    number_text(static_cast<double>(scene.values()[i]) * unit.factor).c_str(), unit.unit.c_str());
    ImGui::PopFont();
    ImGui::EndTooltip();
}

void draw_canvas(Desk& desk, Document& document) {
    const ImVec2 space = ImGui::GetContentRegionAvail(), origin = ImGui::GetCursorScreenPos();
    const ImVec2 size(std::max(std::floor(space.x), scaled(60)), std::max(std::floor(space.y), scaled(60)));
    ImGui::InvisibleButton(
        "points", size,
        ImGuiButtonFlags_MouseButtonLeft | ImGuiButtonFlags_MouseButtonRight | ImGuiButtonFlags_MouseButtonMiddle);
    ImGui::SetItemUsingMouseWheel();
    const bool hovered = ImGui::IsItemHovered(), active = ImGui::IsItemActive();
    take_mouse(document.looks.points, size);
    PointScene& scene = desk.points;
    scene.update(document, static_cast<std::int64_t>(size.x), static_cast<std::int64_t>(size.y));
    ImDrawList* list = ImGui::GetWindowDrawList();
    const ImVec2 end(origin.x + size.x, origin.y + size.y);
    fill_plainly(list, origin, end, palette().plot_background);
    if (!scene.why_not().empty()) return;
    Picture& picture = desk.picture("points");
    if (const std::string made_of = fmt::format("{}", scene.number()); picture.made_of != made_of) {
        picture.texture.set(scene.image().rgba.data(), scene.image().rows, scene.image().columns, 4);
        picture.made_of = made_of;
    }
    list->PushClipRect(origin, end, true);
    const PointBox box = point_box(scene.cloud(), scene.view());
    for (const BoxEdge& edge : box.edges)
        list->AddLine(ImVec2(origin.x + static_cast<float>(edge.from.x), origin.y + static_cast<float>(edge.from.y)),
                      ImVec2(origin.x + static_cast<float>(edge.to.x), origin.y + static_cast<float>(edge.to.y)),
                      palette().axis, scaled(1));
    picture.texture.draw(list, origin, end);
    draw_box_labels(list, box, origin, end);
    list->PopClipRect();
    const ImVec2 mouse = ImGui::GetIO().MousePos;
    if (hovered && !active) tell_point(scene, ImVec2(mouse.x - origin.x, mouse.y - origin.y));
}

void choose_colour(const Document& document, PointsLook& look) {
    ImGui::SetNextItemWidth(scaled(150));
    const std::string now = look.colour.empty() ? "depth" : look.colour;
    if (!ImGui::BeginCombo("colour", words_of(now).c_str())) return;
    for (const ImageLayer& layer : document.images()->layers)
        if (ImGui::Selectable(words_of(layer.name).c_str(), layer.name == now))
            look.colour = layer.name == "depth" ? "" : layer.name;
    ImGui::EndCombo();
}

void ask_for_file(Desk& desk, const Document& document) {
    FileRequest request;
    request.what = FileRequest::For::save;
    request.title = "Save points";
    request.endings = {".ply"};
    request.name = document.path.stem().string() + "_points.ply";
    std::optional<double> pixel_m;
    if (document.looks.points.pixel_mm > 0) pixel_m = document.looks.points.pixel_mm * 1e-3;
    request.act = [&desk, result = document.result, pixel_m,
                   name = document.title()](const std::filesystem::path& path) {
        desk.session.write("points", [result, pixel_m, name, path] {
            const PointCloud cloud =
                surface_points(result->images, name, pixel_m, result->volume ? &*result->volume : nullptr);
            export_points(path, cloud, true);
            return fmt::format("{} written: {}", counted(cloud.points.size(), "point"), path.string());
        });
    };
    open_file_dialog(desk, std::move(request));
}

// "4088 points; 7 outside the box; drawn: 1022, of every 2nd row and column"
std::string words_of_cloud(const SurfaceCloud& cloud) {
    std::string text = counted(cloud.points_in_all, "point");
    if (cloud.outside > 0) text += fmt::format("; {} outside the box", cloud.outside);
    if (cloud.grid_step > 1)
        text += fmt::format("; drawn: {}, of every {} row and column", cloud.places.size(),
                            cloud.grid_step == 2   ? "2nd"
                            : cloud.grid_step == 3 ? "3rd"
                                                   : fmt::format("{}th", cloud.grid_step));
    return text;
}

void draw_controls(Desk& desk, Document& document) {
    PointsLook& look = document.looks.points;
    const PointScene& scene = desk.points;
    choose_colour(document, look);
    ImGui::SameLine();
    ImGui::Checkbox("perspective", &look.perspective);
    constexpr double least = 0.1, most = 20, largest = 12;
    const std::string as_needed = "as needed";
    begin_row("depth stretch");
    number_slider("##stretch", look.stretch, least, most, fmt::format("× {:.2f}", look.stretch), as_needed, -1, true);
    tooltip("How much depths are stretched");
    begin_row("point size");
    number_slider("##size", look.point_size, 0, largest,
                  look.point_size > 0 ? fmt::format("{:.1f} px", look.point_size) : as_needed, as_needed, -1);
    tooltip("How large a point is on the screen; at the left end so that surfaces have no holes");
    if (document.result) {
        if (ImGui::Button("Save as PLY…")) ask_for_file(desk, document);
        ImGui::SameLine();
    }
    if (ImGui::Button("reset")) reset(look);
    tooltip("Left drag turns, right or middle drag moves, the wheel zooms; a double click or Home resets");
    ImGui::SameLine();
    bool large = desk.middle == Middle::points;
    if (ImGui::Checkbox("large", &large)) desk.middle = large ? Middle::points : Middle::image;
    tooltip("In the middle of the window, in place of image and trace");
    wrapped_text(words_of_cloud(scene.cloud()), palette().muted);
    if (scene.cloud().outside > 0)
        tooltip(
            "The box holds 99 % of the depths and a tenth of their range around them; points far from all others "
            "do not stretch it");
}

}  // namespace

void draw_points_panel(Desk& desk, Document& document) {
    PointScene& scene = desk.points;
    const bool large = desk.middle == Middle::points;
    if (scene.update_cloud(document); !scene.why_not().empty()) {
        ImGui::TextWrapped("%s", scene.why_not().c_str());
        if (scene.needs_pixel_size()) {
            constexpr double none = 0, most = 1000;
            ImGui::DragScalar("pixel size", ImGuiDataType_Double, &document.looks.points.pixel_mm, 0.01F, &none, &most,
                              "%.3f mm", ImGuiSliderFlags_AlwaysClamp);
        }
        return;
    }
    draw_controls(desk, document);
    if (large) return;
    ImGui::BeginChild("canvas", ImVec2(0, std::max(ImGui::GetContentRegionAvail().y, scaled(200))), false,
                      ImGuiWindowFlags_NoScrollWithMouse | ImGuiWindowFlags_NoScrollbar);
    draw_canvas(desk, document);
    ImGui::EndChild();
}

void draw_large_points(Desk& desk, Document& document) {
    ImGui::Dummy(ImVec2(0, scaled(2)));
    if (ImGui::Button("back to the image")) desk.middle = Middle::image;
    if (!desk.points.why_not().empty()) {
        ImGui::SameLine();
        ImGui::TextUnformatted(desk.points.why_not().c_str());
    }
    draw_canvas(desk, document);
}

}  // namespace firstlight::viewer
