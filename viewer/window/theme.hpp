// The colours and spacing of the viewer: dark grey with one accent, or light. Colours of curves and regions are those
// of Okabe and Ito ("Color universal design", 2008), which colour-blind people tell apart; each look has shades of them
// that stand out from its background.
//
//   draw_list->AddRectFilled(a, b, with_alpha(palette().gate, 0.25F));
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include <imgui.h>

namespace firstlight::viewer {

enum class Look { dark, light };

struct Palette {
    ImU32 text = 0, muted = 0, background = 0, panel = 0, accent = 0;
    ImU32 plot_background = 0, grid = 0, axis = 0, crosshair = 0;
    std::array<ImU32, 7> curves{};  // in this order for the first, second ... curve of a plot
    std::array<ImU32, 6> regions{};
    ImU32 measured = 0, corrected = 0, expected = 0;  // curves that mean the same in every panel
    ImU32 gate = 0, arrival = 0, no_value = 0;
    ImU32 good = 0, warning = 0, error = 0;
};

// Sets ImGui's style. Window does it; panels only read palette().
void apply_theme(Look look, float scale);
[[nodiscard]] const Palette& palette();
[[nodiscard]] Look look();
// Pixels for `points` at scale 1: every size in a panel goes through it.
[[nodiscard]] float scaled(float points);

[[nodiscard]] ImU32 with_alpha(ImU32 colour, float alpha);
[[nodiscard]] ImVec4 as_vec4(ImU32 colour);
[[nodiscard]] inline ImU32 curve_colour(std::size_t index) { return palette().curves[index % palette().curves.size()]; }
// By its name ("A", "B", …), so that others keep theirs when one is deleted.
[[nodiscard]] inline ImU32 region_colour(std::string_view name) {
    std::size_t number = 0;
    for (const char c : name) number = 26 * number + static_cast<unsigned char>(c - 'A');
    return palette().regions[number % palette().regions.size()];
}

}  // namespace firstlight::viewer
