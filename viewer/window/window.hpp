// The window that the viewer draws into: the seam to SDL, OpenGL and the back ends of Dear ImGui. Nothing else includes
// their headers. A window on a screen, or one without any (offscreen: no X server, no GPU needed), which is how tests
// and --screenshot run; both take the same path through SDL's events.
//
//   Window window({.title = "firstlight", .width = 1280, .height = 720});
//   while (!window.take_close_request()) {
//       if (!window.wait(60)) continue;      // sleeps until something happens
//       window.begin_frame();
//       draw_panels();                       // ImGui:: calls
//       window.end_frame();
//   }
//
// Sizes and positions are ImGui's (points of the window). A point is a pixel, but on screens where the system scales
// windows itself; there pixels() has more rows than height(). All but wake() belong to the thread that made the window.
// A window keeps nothing of the program's: it may be destroyed and another made at any time.
//
// Errors (ExitCode::device): no display can be opened, or it has no OpenGL 3.0.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "viewer/window/keys.hpp"
#include "viewer/window/theme.hpp"

namespace firstlight::viewer {

struct WindowOptions {
    std::string title = "firstlight";
    int width = 1280, height = 720;  // of the client area, before scaling; less where the screen is smaller
    bool offscreen = false;          // no window is shown and no display is needed
    bool hidden = false;             // on the display, but not shown
    bool software = false;           // draw on the CPU, whatever graphics card there is
    double scale = 0;                // of letters and spacing; 0: FIRSTLIGHT_UI_SCALE, else from the display's density
    Look look = Look::dark;
};

struct Pixels {
    std::int64_t rows = 0, columns = 0;
    std::vector<std::uint8_t> rgb;  // [rows][columns][3], the top row first
    [[nodiscard]] std::array<std::uint8_t, 3> at(std::int64_t row, std::int64_t column) const;
};

class Window {
  public:
    explicit Window(const WindowOptions& options);
    ~Window();
    Window(const Window&) = delete;
    Window& operator=(const Window&) = delete;

    // True when a frame should be drawn: something happened (an event, wake()), a frame is owed (three follow each
    // event: ImGui settles over several), something moves (a held button, a blinking cursor, animate()). False after
    // `seconds` without any of these. No time is spent on the CPU while it waits.
    bool wait(double seconds);
    void wake();  // ends wait(), from any thread
    // Frames are drawn, without an event, for so many seconds from now on.
    void animate(double seconds);

    // ImGui's functions may be called between the two; end_frame shows what they drew. A frame that an exception cut
    // short is dropped by the next begin_frame.
    void begin_frame();
    void end_frame();

    // What the last frame showed, and the same as a PNG; after end_frame, not within a frame. Errors: as write_png.
    [[nodiscard]] Pixels pixels();
    void save_screenshot(const std::filesystem::path& path, bool force = false);

    // What the user asked of the window since the last call. Closing is asked, not done: the owner decides.
    [[nodiscard]] bool take_close_request();
    [[nodiscard]] std::vector<std::string> take_dropped_files();

    [[nodiscard]] int width() const;
    [[nodiscard]] int height() const;
    void resize(int width, int height);
    void set_title(const std::string& title);
    void set_full_screen(bool on);
    [[nodiscard]] bool full_screen() const;
    [[nodiscard]] double scale() const;
    void set_scale(double scale);  // letters are made anew for the next frame
    void set_look(Look look);
    [[nodiscard]] std::string clipboard() const;
    void set_clipboard(const std::string& text);
    // The program that draws, such as "llvmpipe (LLVM 15.0.6, 256 bits), OpenGL 4.5".
    [[nodiscard]] std::string graphics() const;

    // Events as if they came from the user, in the order of the calls. Those that would be lost in one frame (a button
    // pressed and released) are seen in as many frames as it takes: settle() draws them all.
    void push_mouse_move(float x, float y);
    void push_mouse_button(MouseButton button, bool down);
    void push_wheel(float steps_x, float steps_y);
    void push_key(Key key, bool down, Modifiers modifiers = {});
    void push_text(const std::string& utf8);
    void push_drop(const std::string& path);
    void push_close();
    void push_focus(bool focused);
    // wait, begin_frame, draw, end_frame until nothing is owed, at least once; for tests and screenshots. At most
    // `most` frames.
    template <class Draw>
    int settle(Draw draw, int most = 200) {
        wake();
        int frames = 0;
        for (; frames < most && wait(0); ++frames) {
            begin_frame();
            draw();
            end_frame();
        }
        return frames;
    }

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// Which OpenGL context is there: another number for each window, 0 where there is none. Textures of another number are
// gone. For image_texture.cpp.
[[nodiscard]] std::uint64_t graphics_number();

}  // namespace firstlight::viewer
