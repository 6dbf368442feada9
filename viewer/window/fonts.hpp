// Letters: DejaVu Sans, its bold, and Mono for numbers, from the system's font folders, with Greek, superscripts,
// arrows and the symbols that panels use; ImGui's own letters (Latin only) where DejaVu is not installed.
//
//   ImGui::PushFont(fonts().numbers); ImGui::Text("%6.1f ps", t); ImGui::PopFont();
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <imgui.h>

namespace firstlight::viewer {

struct Fonts {
    ImFont* text = nullptr;     // 15 points: the default
    ImFont* bold = nullptr;     // for headings
    ImFont* numbers = nullptr;  // digits of equal width
    ImFont* small = nullptr;    // 12 points: ticks and captions
    bool own = false;           // DejaVu was not found: ImGui's own letters, all four the same face
};

// Of the current window; valid until its scale changes. Never null between begin_frame and end_frame.
[[nodiscard]] const Fonts& fonts();
// Fills ImGui's atlas. `density`: pixels per point of the screen.
void load_fonts(float scale, float density);
// The file in `folders` and below, or an empty path.
[[nodiscard]] std::filesystem::path find_font(const std::string& name,
                                              const std::vector<std::filesystem::path>& folders);
// FIRSTLIGHT_FONTS, the user's XDG folder, the system's.
[[nodiscard]] std::vector<std::filesystem::path> font_folders();

}  // namespace firstlight::viewer
