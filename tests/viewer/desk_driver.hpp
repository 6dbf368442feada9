// The whole window offscreen, driven by pushed events as a person would by hand.
#pragma once

#include <stdexcept>
#include <string>

#include "tests/viewer/session_driver.hpp"
#include "viewer/actions/actions.hpp"
#include "viewer/shell.hpp"

namespace firstlight::viewer {

struct DeskDriver {
    Window window;
    Session session;
    Desk desk{session, window};

    explicit DeskDriver(const SessionOptions& options = {}, int width = 1366, int height = 768, double scale = 1)
        : window({.width = width, .height = height, .offscreen = true, .scale = scale}),
          session(options, [this] { window.wake(); }) {
        settle();
    }

    void settle() { viewer::settle(desk, 120); }
    void open(const std::filesystem::path& path) {
        session.open(path);
        window.wake();
        settle();
    }
    void press(Key key, Modifiers with = {}) {
        window.push_key(key, true, with);
        window.push_key(key, false);  // modifiers are released with it
        settle();
    }
    void type(const std::string& text) {
        window.push_text(text);
        settle();
    }
    void click(float x, float y, MouseButton button = MouseButton::left) {
        window.push_mouse_move(x, y);
        window.push_mouse_button(button, true);
        window.push_mouse_button(button, false);
        settle();
    }
    // Into the line that has the keyboard, in place of what is in it.
    void retype(const std::string& text) {
        press(Key::a, {.ctrl = true});
        type(text);
    }
    [[nodiscard]] Document& shown() {
        if (session.current() == nullptr)
            throw std::runtime_error("no file is open: " + session.messages().unread_error());
        return *session.current();
    }
};

}  // namespace firstlight::viewer
