// The bar under the image that plays the light: time, step, width, and what time is counted from.
#include <fmt/format.h>
#include <imgui_internal.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "viewer/panels/panels.hpp"
#include "viewer/trace/light_export.hpp"
#include "viewer/widgets/fitted_text.hpp"
#include "viewer/window/fonts.hpp"
#include "viewer/window/keys.hpp"
#include "viewer/window/theme.hpp"

namespace firstlight::viewer {
namespace {

constexpr std::array speeds{0.1, 0.25, 0.5, 1.0, 2.0, 4.0};  // of 30 bins per second
constexpr double bins_per_second = 30;

// Counts over time as a small picture, with the frame that is shown; a click or a drag chooses the time.
void draw_slider(Desk& desk, Document& document, const LightAxis& axis, float width) {
    LightLook& look = document.looks.light;
    const ImVec2 size{std::max(scaled(60), width), ImGui::GetFrameHeight()};
    const ImVec2 low = ImGui::GetCursorScreenPos(), high{low.x + size.x, low.y + size.y};
    ImGui::InvisibleButton("time", size);
    ImGui::SetItemUsingMouseWheel();
    const bool active = ImGui::IsItemActive(), hovered = ImGui::IsItemHovered();
    const double width_ps = light_width_ps(document, axis.bin_ps);
    const auto x_of = [&](double ps) {
        return low.x + static_cast<float>((ps - axis.from_ps) / (axis.to_ps - axis.from_ps)) * size.x;
    };
    if (active) {
        const double share = std::clamp((ImGui::GetIO().MousePos.x - low.x) / size.x, 0.0F, 1.0F);
        show_light(document, true);
        look.playing = false;
        look.at_ps = axis.clamp(axis.from_ps + share * (axis.to_ps - axis.from_ps), width_ps);
    }
    if (hovered && ImGui::GetIO().MouseWheel != 0) step_light(document, ImGui::GetIO().MouseWheel > 0 ? 1 : -1);
    ImDrawList* list = ImGui::GetWindowDrawList();
    list->AddRectFilled(low, high, palette().plot_background, scaled(3));
    if (const std::vector<float>* mean = desk.light.mean_trace(document); mean != nullptr && !mean->empty()) {
        const float most = *std::max_element(mean->begin(), mean->end());
        const float top = size.y - scaled(3);
        const auto columns = static_cast<std::size_t>(size.x);
        for (std::size_t c = 0; c < columns && most > 0; ++c) {
            const std::size_t first = c * mean->size() / columns;
            const std::size_t end = std::max(first + 1, (c + 1) * mean->size() / columns);
            const float value = *std::max_element(mean->begin() + static_cast<std::ptrdiff_t>(first),
                                                  mean->begin() + static_cast<std::ptrdiff_t>(end));
            const float x = low.x + static_cast<float>(c);
            list->AddRectFilled({x, high.y - scaled(1) - top * std::sqrt(value / most)}, {x + 1, high.y - scaled(1)},
                                with_alpha(palette().measured, 0.45F));
        }
    }
    if (look.shown) {
        const double at = axis.clamp(look.at_ps, width_ps);
        const float left = x_of(at - width_ps / 2), right = std::max(left + scaled(2), x_of(at + width_ps / 2));
        list->AddRectFilled({left, low.y}, {right, high.y}, with_alpha(palette().accent, 0.75F), scaled(1));
    }
    if (hovered || active) list->AddRect(low, high, with_alpha(palette().accent, 0.6F), scaled(3));
    if (hovered && !active) {
        const double ps = axis.from_ps + static_cast<double>((ImGui::GetIO().MousePos.x - low.x) / size.x) *
                                             (axis.to_ps - axis.from_ps);
        tooltip(fmt::format("{:.0f} ps{}\nmean counts over time; click or drag to see the light then", ps,
                            look.aligned ? " after the arrival" : ""));
    }
}

void draw_play(Document& document) {
    LightLook& look = document.looks.light;
    const float side = ImGui::GetFrameHeight();
    if (ImGui::Button("◂", {side, 0})) step_light(document, -1);
    tooltip("One bin back (Shift+,)");
    ImGui::SameLine();
    if (ImGui::Button(look.playing ? "⏸" : "▶", {1.3F * side, 0})) toggle_playing(document);
    tooltip(look.playing ? "Pause (K)" : "Play the light (K)");
    ImGui::SameLine();
    if (ImGui::Button("▸", {side, 0})) step_light(document, 1);
    tooltip("One bin on (Shift+.)");
}

void draw_settings(Desk& desk, Document& document, const LightAxis& axis) {
    LightLook& look = document.looks.light;
    bool aligned = look.aligned;
    if (ImGui::MenuItem("After each pixel's arrival", nullptr, &aligned)) align_light(document, aligned);
    tooltip("Times count from when light arrives in each pixel; else from the start of the scan.");
    ImGui::MenuItem("Logarithmic colours", nullptr, &look.log);
    ImGui::Separator();
    double width = light_width_ps(document, axis.bin_ps);
    ImGui::SetNextItemWidth(scaled(120));
    if (ImGui::DragScalar("width", ImGuiDataType_Double, &width, static_cast<float>(axis.bin_ps / 4), nullptr, nullptr,
                          "%.1f ps"))
        look.width_ps = std::clamp(width, axis.bin_ps, axis.to_ps - axis.from_ps);
    tooltip("How much time one picture spans, in whole bins");
    const double normal = bins_per_second * axis.bin_ps;
    const double speed = look.ps_per_second > 0 ? look.ps_per_second : normal;
    ImGui::SetNextItemWidth(scaled(120));
    if (ImGui::BeginCombo("speed", fmt::format("{:.0f} ps/s", speed).c_str())) {
        for (const double factor : speeds)
            if (ImGui::Selectable(fmt::format("{:.4g} ps/s", factor * normal).c_str(),
                                  std::abs(speed - factor * normal) < 1e-9))
                look.ps_per_second = factor == 1 ? 0 : factor * normal;
        ImGui::EndCombo();
    }
    tooltip("Picoseconds of light per second of watching");
    ImGui::Separator();
    if (ImGui::MenuItem("Save as TIFF stack…")) {
        FileRequest request;
        request.what = FileRequest::For::save;
        request.title = "Save the light as a TIFF stack";
        request.endings = {".tif", ".tiff"};
        request.name = document.path.stem().string() + ".light.tif";
        request.act = [&desk, movie = light_movie(document, desk.light)](const std::filesystem::path& path) {
            export_light_stack(desk.session, movie, path, true);
        };
        open_file_dialog(desk, std::move(request));
    }
    tooltip("Counts as 32-bit floats, a page per picture, as ImageJ opens them");
    if (ImGui::MenuItem("Save as numbered PNGs…")) {
        FileRequest request;
        request.what = FileRequest::For::folder;
        request.title = "Folder for the pictures of the light";
        request.act = [&desk, movie = light_movie(document, desk.light)](const std::filesystem::path& folder) {
            export_light_pngs(desk.session, movie, folder, false);
        };
        open_file_dialog(desk, std::move(request));
    }
    tooltip("As on the screen, light_0000.png and on");
}

}  // namespace

void draw_light_bar(Desk& desk, Document& document) {
    LightLook& look = document.looks.light;
    const bool has = document.held != nullptr;
    const std::string why = has ? "" : why_no_traces(document);
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2(scaled(5), 0));
    ImGui::SetCursorPos({ImGui::GetCursorPosX() + scaled(6), ImGui::GetCursorPosY() + scaled(3)});
    ImGui::BeginDisabled(!has);
    bool shown = look.shown;
    if (ImGui::Checkbox("Light", &shown)) show_light(document, shown);
    tooltip(has ? "Shows how the light comes in over time, in place of the layer" : why);
    ImGui::EndDisabled();
    if (!has) {
        look.playing = false;
        ImGui::SameLine();
        ImGui::AlignTextToFramePadding();
        draw_fitted_text(why, palette().muted);
        ImGui::PopStyleVar();
        return;
    }
    const LightAxis axis = light_axis(document).value();
    if (look.playing) {
        play_light(document, static_cast<double>(ImGui::GetIO().DeltaTime), desk.light.begins_ps(document, axis));
        desk.window.animate(0.1);
    }
    ImGui::SameLine();
    draw_play(document);
    ImGui::SameLine();
    const std::string time = look.shown ? fmt::format("{:8.1f} ps", look.at_ps) : std::string();
    ImGui::PushFont(fonts().numbers);
    const float time_width = ImGui::CalcTextSize("-00000.0 ps").x;
    ImGui::PopFont();
    const float settings = ImGui::GetFrameHeight() * 1.3F, gap = ImGui::GetStyle().ItemSpacing.x;
    draw_slider(desk, document, axis, ImGui::GetContentRegionAvail().x - time_width - settings - 2 * gap - scaled(6));
    ImGui::SameLine();
    ImGui::PushFont(fonts().numbers);
    ImGui::AlignTextToFramePadding();
    ImGui::TextUnformatted(time.c_str());
    ImGui::PopFont();
    tooltip(look.aligned ? "The picture's time after the arrival" : "The picture's time on the scan's axis");
    ImGui::SameLine();
    ImGui::SetCursorPosX(ImGui::GetCursorPosX() + ImGui::GetContentRegionAvail().x - settings - scaled(6));
    if (ImGui::Button("…", {settings, 0})) ImGui::OpenPopup("light");
    tooltip("Width, speed, colours, saving");
    if (ImGui::BeginPopup("light")) {
        ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2(scaled(8), scaled(5)));
        draw_settings(desk, document, axis);
        ImGui::PopStyleVar();
        ImGui::EndPopup();
    }
    ImGui::PopStyleVar();
}

}  // namespace firstlight::viewer
