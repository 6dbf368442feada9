// SDL's window with an OpenGL context and ImGui's two back ends in it, made and taken down in the right order.
#pragma once

#include <SDL.h>

#include <cstdint>
#include <string>

#include <imgui.h>

#include "viewer/window/window.hpp"

namespace firstlight::viewer {

class WindowGraphics {
  public:
    explicit WindowGraphics(const WindowOptions& options);
    ~WindowGraphics();
    WindowGraphics(const WindowGraphics&) = delete;
    WindowGraphics& operator=(const WindowGraphics&) = delete;

    void new_frame();
    void show(ImDrawData* drawn);
    // The same into a frame buffer of its own: what is read does not depend on other windows in front of this one.
    [[nodiscard]] Pixels read(ImDrawData* drawn) const;
    void remake_fonts_texture();

    [[nodiscard]] SDL_Window* window() const { return window_; }
    [[nodiscard]] float density() const;  // pixels per point
    [[nodiscard]] double scale_of_display() const;
    [[nodiscard]] bool waits_for_screen() const { return waits_for_screen_; }
    [[nodiscard]] const std::string& name() const { return name_; }

  private:
    void open_display(const WindowOptions& options);
    void open_window(const WindowOptions& options);
    void open_context();
    void close();

    SDL_Window* window_ = nullptr;
    SDL_GLContext context_ = nullptr;
    ImGuiContext* imgui_ = nullptr;
    bool video_ = false, platform_ = false, renderer_ = false, on_screen_ = false, waits_for_screen_ = false;
    std::string name_;
};

}  // namespace firstlight::viewer
