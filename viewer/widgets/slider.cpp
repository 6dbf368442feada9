#include "viewer/widgets/slider.hpp"

#include <imgui_internal.h>

#include <algorithm>

#include "viewer/window/fonts.hpp"
#include "viewer/window/theme.hpp"

namespace firstlight::viewer {
namespace {

struct Ends {
    ImGuiDataType type;
    const void *low, *high;
    const char* format;  // of the number while it is typed
    ImGuiSliderFlags flags;
};

bool draw(const char* id, void* value, const Ends& ends, const std::string& shown, const std::string& widest,
          float width) {
    ImGui::PushFont(fonts().numbers);
    const float room = std::max(ImGui::CalcTextSize(widest.c_str()).x, ImGui::CalcTextSize(shown.c_str()).x);
    ImGui::PopFont();
    const float gap = ImGui::GetStyle().ItemInnerSpacing.x;
    if (width < 0) width = ImGui::GetContentRegionAvail().x;
    ImGui::BeginGroup();
    ImGui::SetNextItemWidth(std::max(scaled(40), width - room - gap));
    // ImGui writes the number into the slider, too: it is only wanted there while somebody types.
    const bool typed = ImGui::TempInputIsActive(ImGui::GetID(id));
    if (!typed) ImGui::PushStyleColor(ImGuiCol_Text, 0);
    const bool moved = ImGui::SliderScalar(id, ends.type, value, ends.low, ends.high, ends.format, ends.flags);
    if (!typed) ImGui::PopStyleColor();
    ImGui::SameLine(0, gap);
    ImGui::PushFont(fonts().numbers);
    ImGui::AlignTextToFramePadding();
    ImGui::TextUnformatted(shown.c_str());
    ImGui::PopFont();
    ImGui::EndGroup();
    return moved;
}

}  // namespace

bool index_slider(const char* id, std::int64_t& value, std::int64_t last, const std::string& shown,
                  const std::string& widest, float width) {
    const std::int64_t first = 0;
    return draw(id, &value, {ImGuiDataType_S64, &first, &last, "%lld", ImGuiSliderFlags_AlwaysClamp}, shown, widest,
                width);
}

bool number_slider(const char* id, double& value, double low, double high, const std::string& shown,
                   const std::string& widest, float width, bool logarithmic) {
    const ImGuiSliderFlags flags =
        ImGuiSliderFlags_AlwaysClamp | (logarithmic ? ImGuiSliderFlags_Logarithmic : ImGuiSliderFlags_None);
    return draw(id, &value, {ImGuiDataType_Double, &low, &high, "%.4g", flags}, shown, widest, width);
}

}  // namespace firstlight::viewer
