// Where widgets were drawn in the last frame, by name: for tests, which point at them with the mouse. Kept only when
// somebody asks.
//
//   if (ImGui::Button("save")) ...
//   desk.places.note("save recipe");      // of the item just drawn
#pragma once

#include <map>
#include <string>

#include <imgui.h>

namespace firstlight::viewer {

struct WidgetPlace {
    ImVec2 low, high;
    int frame = 0;  // in which it was drawn
    bool visible = false;
    [[nodiscard]] ImVec2 middle() const { return {(low.x + high.x) / 2, (low.y + high.y) / 2}; }
};

struct Places {
    bool kept = false;
    std::map<std::string, WidgetPlace> all;

    void note(const std::string& name) {
        if (kept)
            all[name] = {ImGui::GetItemRectMin(), ImGui::GetItemRectMax(), ImGui::GetFrameCount(),
                         ImGui::IsItemVisible()};
    }
};

}  // namespace firstlight::viewer
