#include "viewer/panels/tone_controls.hpp"

#include <fmt/format.h>
#include <imgui.h>

#include <algorithm>
#include <cmath>

#include "viewer/image/colour_bar.hpp"
#include "viewer/image/image_words.hpp"
#include "viewer/image/value_colours.hpp"
#include "viewer/widgets/fitted_text.hpp"
#include "viewer/window/fonts.hpp"
#include "viewer/window/theme.hpp"

namespace firstlight::viewer {
namespace {

void choose_colormap(ToneMap::Params& tone, ToneEdit& edit) {
    const auto now = static_cast<std::size_t>(tone.colormap);
    ImGui::SetNextItemWidth(scaled(96));
    if (!ImGui::BeginCombo("##colormap", colormap_names()[now].c_str())) return;
    for (std::size_t i = 0; i < colormap_names().size(); ++i)
        if (ImGui::Selectable(colormap_names()[i].c_str(), i == now)) {
            tone.colormap = static_cast<Colormap>(i);
            edit.changed = edit.finished = true;
        }
    ImGui::EndCombo();
}

void switch_of(const char* label, bool& value, const char* about, ToneEdit& edit) {
    ImGui::SameLine();
    if (ImGui::Checkbox(label, &value)) edit.changed = edit.finished = true;
    tooltip(about);
}

void drag_window(ToneMap::Params& tone, const ToneWindow& window, const std::string& unit, ToneEdit& edit) {
    const bool fixed = tone.window == ToneMap::WindowFrom::fixed;
    auto low = static_cast<float>(fixed ? tone.low : tone.low_percentile);
    auto high = static_cast<float>(fixed ? tone.high : tone.high_percentile);
    const std::string digits = fixed ? "%.4g" + (unit.empty() ? "" : " " + unit) : std::string("%.2f %%");
    const float speed = fixed ? static_cast<float>(std::max(window.high - window.low, 1e-30) / 300) : 0.1F;
    const float least = fixed ? 0.0F : 0, most = fixed ? 0.0F : 100;
    ImGui::SetNextItemWidth(-1);
    if (ImGui::DragFloatRange2("##window", &low, &high, speed, least, most, digits.c_str(), digits.c_str(),
                               ImGuiSliderFlags_AlwaysClamp)) {
        (fixed ? tone.low : tone.low_percentile) = static_cast<double>(low);
        (fixed ? tone.high : tone.high_percentile) = static_cast<double>(high);
        if (low < high) edit.changed = true;
    }
    edit.finished |= ImGui::IsItemDeactivatedAfterEdit();
    tooltip("Low and high end of the colours: drag, or click with Ctrl to type");
}

}  // namespace

ToneEdit draw_tone_controls(const char* id, ToneMap::Params& tone, const ToneWindow& window, const std::string& unit) {
    ToneEdit edit;
    ImGui::PushID(id);
    choose_colormap(tone, edit);
    bool log = tone.scale == ToneMap::Scale::log;
    switch_of("log", log, "Colours follow the logarithm of the value; values of 0 and less get the lowest", edit);
    tone.scale = log ? ToneMap::Scale::log : ToneMap::Scale::linear;
    switch_of("invert", tone.invert, "The colormap from high to low", edit);
    bool fixed = tone.window == ToneMap::WindowFrom::fixed;
    switch_of("fixed", fixed, "Ends in the values' unit; else as shares of all values", edit);
    if (fixed && tone.window != ToneMap::WindowFrom::fixed) {
        tone.low = window.low;
        tone.high = window.high;
    }
    tone.window = fixed ? ToneMap::WindowFrom::fixed : ToneMap::WindowFrom::percentiles;
    ImGui::SameLine();
    if (ImGui::SmallButton("reset")) edit.reset = true;
    drag_window(tone, window, unit, edit);
    draw_tone_bar(tone, window, unit);
    ImGui::PopID();
    return edit;
}

void draw_tone_bar(const ToneMap::Params& tone, const ToneWindow& window, const std::string& unit) {
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float width = ImGui::GetContentRegionAvail().x, height = scaled(10);
    draw_colour_strip(ImGui::GetWindowDrawList(), tone, at, ImVec2(at.x + width, at.y + height));
    ImGui::Dummy(ImVec2(width, height));
    ImGui::PushFont(fonts().small);
    const ShownUnit shown = shown_unit(unit, window);
    const std::string low = number_text(window.low * shown.factor),
                      high = number_text(window.high * shown.factor) + (shown.unit.empty() ? "" : " " + shown.unit);
    ImGui::TextUnformatted(low.c_str());
    ImGui::SameLine(std::max(0.0F, ImGui::GetCursorPosX() + width - ImGui::CalcTextSize(high.c_str()).x));
    ImGui::TextUnformatted(high.c_str());
    ImGui::PopFont();
}

}  // namespace firstlight::viewer
