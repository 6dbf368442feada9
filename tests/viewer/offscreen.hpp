// A window without a screen for tests that draw; they are skipped, with the reason, where there cannot be one.
//
//   class PlotDrawing : public OffscreenTest {};
//   TEST_F(PlotDrawing, ShowsTicks) { frames([] { ImGui::Text("drawn in a window that fills the screen"); }); }
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>

#include "kernels/support/error.hpp"
#include "viewer/window/window.hpp"

namespace firstlight::viewer {

using Rgb = std::array<std::uint8_t, 3>;

class OffscreenTest : public testing::Test {
  protected:
    void SetUp() override { open(); }

    void open(double scale = 1, int width = 640, int height = 400) {
        window.reset();
        try {
            window = std::make_unique<Window>(
                WindowOptions{.width = width, .height = height, .offscreen = true, .scale = scale});
        } catch (const Error& error) {
            if (error.code() != ExitCode::device) throw;
            GTEST_SKIP() << error.what();
        }
    }

    // Draws, in an ImGui window without a frame that fills the screen, until nothing is owed.
    int frames(const std::function<void()>& draw) {
        return window->settle([&] {
            ImGui::SetNextWindowPos({0, 0});
            ImGui::SetNextWindowSize(ImGui::GetIO().DisplaySize);
            ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, {0, 0});
            ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, 0);
            ImGui::Begin("all", nullptr, ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoSavedSettings);
            ImGui::PopStyleVar(2);
            draw();
            ImGui::End();
        });
    }

    std::unique_ptr<Window> window;
};

}  // namespace firstlight::viewer
