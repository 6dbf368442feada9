#include "viewer/widgets/number_field.hpp"

#include <fmt/format.h>
#include <imgui.h>

#include <algorithm>

#include "viewer/window/theme.hpp"

namespace firstlight::viewer {

bool number_field(const char* id, double& value, double speed, const std::string& unit, int digits) {
    std::string format = fmt::format("%.{}g", digits);
    if (unit == "%") format += " %%";
    else if (!unit.empty()) format += " " + unit;
    return ImGui::DragScalar(id, ImGuiDataType_Double, &value, static_cast<float>(speed), nullptr, nullptr,
                             format.c_str());
}

void begin_row(const char* name) {
    ImGui::AlignTextToFramePadding();
    ImGui::TextUnformatted(name);
    ImGui::SameLine(scaled(98));
}

float half_width(float beside) {
    return std::max(scaled(60), (ImGui::GetContentRegionAvail().x - beside - scaled(6)) / 2);
}

}  // namespace firstlight::viewer
