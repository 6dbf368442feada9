// One picture of everything that panels draw with, in both looks and at both scales; written to the folder that
// FIRSTLIGHT_GALLERY names, to be looked at.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "tests/viewer/offscreen.hpp"
#include "viewer/widgets/plot.hpp"
#include "viewer/window/fonts.hpp"
#include "viewer/window/image_texture.hpp"

namespace firstlight::viewer {
namespace {

struct Curves {
    std::vector<std::uint32_t> counts;
    std::vector<double> expected, low, high;
    Curves() {
        for (int i = 0; i < 400; ++i) {
            const double t = i - 120, peak = 900 * std::exp(-t * t / 60), tail = t > 0 ? 160 * std::exp(-t / 80) : 0;
            expected.push_back(peak + tail + 2);
            low.push_back(std::max(0.0, expected.back() - 2 * std::sqrt(expected.back())));
            high.push_back(expected.back() + 2 * std::sqrt(expected.back()));
            const double noise = std::sin(i * 12.9898) * std::sqrt(expected.back());
            counts.push_back(static_cast<std::uint32_t>(std::max(0.0, std::round(expected.back() + noise))));
        }
    }
};

class Gallery : public OffscreenTest {
  protected:
    void draw() {
        ImGui::SetCursorPos({scaled(10), scaled(8)});
        ImGui::BeginGroup();
        ImGui::PushFont(fonts().bold);
        ImGui::TextUnformatted("Ballistic photons, σ = 12 ps");
        ImGui::PopFont();
        ImGui::TextUnformatted(
            "µ′s = 1.2 mm⁻¹ ± 0.1, 45°, 10⁶ counts, Δt → t₀ ≤ 3 ns, −5 × 10² ▶ ⏸ ⏹ ✓ ✗ "
            "⚠ "
            "● "
            "■ "
            "… "
            "“Größe”");
        ImGui::PushFont(fonts().numbers);
        ImGui::TextUnformatted("  412.5 ps   −0.003 mm   1234 ± 56");
        ImGui::PopFont();
        ImGui::Button("▶ Run");
        ImGui::SameLine();
        ImGui::Button("Open …");
        ImGui::SameLine();
        static bool on = true;
        ImGui::Checkbox("log counts", &on);
        ImGui::SameLine();
        ImGui::SetNextItemWidth(scaled(160));
        static float gate = 460;
        ImGui::SliderFloat("gate (ps)", &gate, 0, 1000, "%.0f");
        for (std::size_t i = 0; i < 7; ++i) {
            ImGui::PushStyleColor(ImGuiCol_Text, curve_colour(i));
            ImGui::TextUnformatted("■ curve");
            ImGui::PopStyleColor();
            ImGui::SameLine();
        }
        ImGui::NewLine();
        const ImVec2 half(scaled(380), scaled(230));
        draw_trace("linear", half, linear_);
        ImGui::SameLine();
        log_.log_y = true;
        draw_trace("log", half, log_);
        draw_trace("small", {scaled(120), scaled(80)}, small_);
        ImGui::SameLine();
        const ImVec2 at = ImGui::GetCursorScreenPos();
        image_.draw(ImGui::GetWindowDrawList(), at, {at.x + scaled(160), at.y + scaled(80)});
        ImGui::Dummy({scaled(170), scaled(80)});
        ImGui::SameLine();
        draw_trace("wide", {scaled(450), scaled(80)}, wide_);
        ImGui::EndGroup();
    }
    void draw_trace(const char* id, ImVec2 size, PlotRange& range) {
        Plot plot(id, size, range, {.x_title = "time (ns)", .y_title = "counts per bin", .x_unit = "ns"});
        const Samples edges = Samples::regular(0, 0.01, 401), centres = Samples::regular(0.005, 0.01, 400);
        plot.fill(gate_low_, gate_high_, palette().gate);
        plot.band("expected ± 2σ", centres, Samples(curves_.low), Samples(curves_.high), palette().expected);
        plot.steps("measured", edges, Samples(curves_.counts), palette().measured);
        plot.line("expected##line", centres, Samples(curves_.expected), palette().expected);
        plot.line_x(1.2, palette().arrival, "t₀");
        plot.drag_line_x("low", gate_low_, palette().gate, "gate", 0.01);
        plot.drag_line_x("high", gate_high_, palette().gate, "", 0.01);
    }

    Curves curves_;
    PlotRange linear_, log_, small_, wide_;
    double gate_low_ = 1.1, gate_high_ = 1.35;
    ImageTexture image_;
};

TEST_F(Gallery, ShowsEverything) {
    const char* folder = std::getenv("FIRSTLIGHT_GALLERY");
    for (const double scale : {1.0, 2.0})
        for (const Look look : {Look::dark, Look::light}) {
            open(scale, 800, 520);
            if (window == nullptr) return;
            window->set_look(look);
            std::vector<std::uint8_t> pixels;
            for (int row = 0; row < 16; ++row)
                for (int column = 0; column < 32; ++column)
                    pixels.insert(pixels.end(),
                                  {static_cast<std::uint8_t>(8 * column), static_cast<std::uint8_t>(16 * row), 90});
            image_.set(pixels.data(), 16, 32);
            window->push_mouse_move(static_cast<float>(250 * scale), static_cast<float>(250 * scale));
            frames([&] { draw(); });
            const Pixels shown = window->pixels();
            EXPECT_EQ(shown.columns, std::lround(800 * scale));
            std::set<Rgb> colours;
            for (std::int64_t row = 0; row < shown.rows; row += 3)
                for (std::int64_t column = 0; column < shown.columns; column += 3)
                    colours.insert(shown.at(row, column));
            EXPECT_GT(colours.size(), 100U);
            if (folder == nullptr) continue;
            std::filesystem::create_directories(folder);
            window->save_screenshot(
                std::filesystem::path(folder) / (std::string(look == Look::dark ? "dark_" : "light_") +
                                                 std::to_string(static_cast<int>(scale)) + ".png"),
                true);
        }
}

}  // namespace
}  // namespace firstlight::viewer
