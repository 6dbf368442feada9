// An image panel in an offscreen window, with another panel beside it, driven by mouse and keys.
#pragma once

#include <gtest/gtest.h>
#include <imgui_internal.h>

#include <array>
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/viewer/session_driver.hpp"
#include "viewer/actions/actions.hpp"
#include "viewer/panels/panels.hpp"

namespace firstlight::viewer {

struct ImageDriver {
    Window window;
    Session session;
    Desk desk;
    void (*side)(Desk&, Document&) = nullptr;
    float side_width = 420;

    explicit ImageDriver(const WindowOptions& how = {.width = 1100, .height = 660, .offscreen = true, .scale = 1})
        : window(how), session({}, [this] { window.wake(); }), desk{session, window} {}

    Document& document() { return *session.current(); }

    // Opens a file and waits for its images.
    void open(const std::filesystem::path& path) {
        session.open(path);
        ::firstlight::viewer::settle(session);
        ASSERT_NE(session.current(), nullptr);
        ASSERT_NE(session.current()->layer(), nullptr);
        window.wake();
        settle();
    }

    // Shows these numbers in place of what was made of the file.
    void show(std::int64_t rows, std::int64_t columns, std::vector<float> values, const std::string& unit = "counts",
              std::vector<std::uint8_t> flags = {}, double pitch_x = 1e-4, double pitch_y = 1e-4) {
        auto result = std::make_shared<Result>(*document().result);
        result->images = {};
        result->images.rows = rows;
        result->images.columns = columns;
        result->images.x = uniform_axis("x", "m", "", columns, 0, pitch_x);
        result->images.y = uniform_axis("y", "m", "", rows, 0, pitch_y);
        result->images.signal = "ballistic";
        result->images.layers.push_back({"ballistic", unit, "numbers of a test", std::move(values)});
        result->images.mask = std::move(flags);
        document().preview.reset();
        document().result = result;
        document().looks.view = 0;
        ++document().revision;
        window.wake();
        settle();
    }

    void draw() {
        session.poll();
        run_pressed_actions(desk);
        const ImVec2 all = ImGui::GetIO().DisplaySize;
        constexpr ImGuiWindowFlags plain = ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove |
                                           ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoScrollWithMouse;
        const float beside = side != nullptr ? side_width : 0;
        ImGui::SetNextWindowPos({0, 0});
        ImGui::SetNextWindowSize({all.x - beside, all.y});
        ImGui::Begin("image", nullptr, plain);
        draw_image_panel(desk, document());
        ImGui::End();
        if (side == nullptr) return;
        ImGui::SetNextWindowPos({all.x - beside, 0});
        ImGui::SetNextWindowSize({beside, all.y});
        ImGui::Begin("side", nullptr, plain);
        side(desk, document());
        ImGui::End();
    }
    void settle(int most_frames = 200) {
        window.settle([this] { draw(); }, most_frames);
    }

    [[nodiscard]] ImVec2 at(Place image) const {
        const Place p = desk.image_geometry.to_screen(image);
        return {static_cast<float>(p.x), static_cast<float>(p.y)};
    }
    void move_to(ImVec2 p) {
        window.push_mouse_move(p.x, p.y);
        settle();
    }
    void click(ImVec2 p, MouseButton button = MouseButton::left) {
        move_to(p);
        window.push_mouse_button(button, true);
        window.push_mouse_button(button, false);
        settle();
    }
    void drag(const std::vector<ImVec2>& way, MouseButton button = MouseButton::left) {
        constexpr int enough = 6;  // frames are drawn without end while a button is held
        move_to(way.front());
        window.push_mouse_button(button, true);
        settle(enough);
        for (const ImVec2 p : way) {
            window.push_mouse_move(p.x, p.y);
            settle(enough);
        }
        window.push_mouse_button(button, false);
        settle();
    }
    void press(Key key, Modifiers modifiers = {}) {
        window.push_key(key, true, modifiers);
        window.push_key(key, false, modifiers);
        settle();
    }
    void wheel(ImVec2 p, float steps) {
        move_to(p);
        window.push_wheel(0, steps);
        settle();
    }

    // Where the widget with this name is in the side panel, found by moving the mouse down it at some x of the panel.
    ImVec2 find(const std::vector<const char*>& names, const std::vector<float>& at_x = {120}) {
        ImGuiID id = ImHashStr("side");
        for (const char* name : names) id = ImHashStr(name, 0, id);
        const auto left = static_cast<float>(window.width()) - side_width;
        for (const float x : at_x)
            for (float y = 10; y < static_cast<float>(window.height()); y += 12) {
                window.push_mouse_move(left + x, y);
                if (!window.wait(0)) continue;
                window.begin_frame();
                draw();
                window.end_frame();
                if (ImGui::GetCurrentContext()->HoveredId == id) return {left + x, y};
            }
        ADD_FAILURE() << "no widget " << names.back();
        return {0, 0};
    }

    // The colour on the screen at an image position.
    std::array<std::uint8_t, 3> colour_at(Place image) {
        const ImVec2 p = at(image);
        return window.pixels().at(static_cast<std::int64_t>(std::floor(p.y)),
                                  static_cast<std::int64_t>(std::floor(p.x)));
    }
};

}  // namespace firstlight::viewer
