// One panel in a window without a screen, on results that are written for the test.
#pragma once

#include <cstdlib>
#include <functional>

#include "host/io/result_file.hpp"
#include "tests/viewer/session_driver.hpp"
#include "viewer/desk/desk.hpp"

namespace firstlight::viewer {

// A result of its own: rows x columns pixels of 1 mm with one layer, of no acquisition.
inline Result result_of(std::int64_t rows, std::int64_t columns, const std::string& layer, const std::string& unit,
                        std::vector<float> values) {
    Result result;
    result.images.rows = rows;
    result.images.columns = columns;
    result.images.y = uniform_axis("y", "m", "y", rows, 0, 1e-3);
    result.images.x = uniform_axis("x", "m", "x", columns, 0, 1e-3);
    result.images.signal = layer;
    result.images.layers.push_back({layer, unit, layer, std::move(values)});
    return result;
}

struct PanelDriver {
    TestFolder folder;
    Window window;
    Session session;
    Desk desk;
    std::function<void()> draw;

    explicit PanelDriver(int width = 400, int height = 600)
        : window({.title = "test", .width = width, .height = height, .offscreen = true, .scale = 1}),
          session({}, [this] { window.wake(); }),
          desk{session, window} {}

    Document& open(const Result& result, const std::string& name = "a.result.h5") {
        write_result(folder / name, result, false);
        session.open(folder / name);
        settle(session);
        return *session.current();
    }
    // Frames until nothing moves, with the panel over the whole window.
    void show() {
        window.wake();
        window.settle([this] {
            session.poll();
            ImGui::SetNextWindowPos(ImVec2(0, 0));
            ImGui::SetNextWindowSize(ImGui::GetIO().DisplaySize);
            ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(0, 0));
            ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, 0);
            ImGui::Begin("panel", nullptr,
                         ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings);
            ImGui::PopStyleVar(2);
            draw();
            ImGui::End();
        });
    }
    void move(double x, double y) {
        window.push_mouse_move(static_cast<float>(x), static_cast<float>(y));
        show();
    }
    void press(MouseButton button = MouseButton::left) {
        window.push_mouse_button(button, true);
        show();
    }
    void release(MouseButton button = MouseButton::left) {
        window.push_mouse_button(button, false);
        show();
    }
    void click(double x, double y) {
        move(x, y);
        press();
        release();
    }
    void drag(double x0, double y0, double x1, double y1, MouseButton button = MouseButton::left) {
        move(x0, y0);
        press(button);
        move((x0 + x1) / 2, (y0 + y1) / 2);
        move(x1, y1);
        release(button);
    }
    void type(Key key, Modifiers modifiers = {}) {
        window.push_key(key, true, modifiers);
        window.push_key(key, false, modifiers);
        show();
    }
    [[nodiscard]] std::array<std::uint8_t, 3> pixel(double x, double y) {
        return window.pixels().at(static_cast<std::int64_t>(y), static_cast<std::int64_t>(x));
    }
    // For people: FIRSTLIGHT_SCREENSHOTS names the folder.
    void screenshot(const std::string& name) {
        if (const char* to = std::getenv("FIRSTLIGHT_SCREENSHOTS"))
            window.save_screenshot(std::filesystem::path(to) / (name + ".png"), true);
    }
};

}  // namespace firstlight::viewer
