// The whole window without a screen, driven by pushed events.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "tests/viewer/session_driver.hpp"
#include "viewer/shell.hpp"

namespace firstlight::viewer {

struct ShellDriver {
    Window window;
    Session session;
    Desk desk;

    explicit ShellDriver(int width = 1280, int height = 800, double scale = 1, SessionOptions options = {})
        : window(options_of(width, height, scale)),
          session(std::move(options), [this] { window.wake(); }),
          desk{session, window} {}

    // One frame, whether one is due or not.
    void frame() {
        session.poll();
        if (!window.wait(0)) window.wake();
        (void)window.wait(0);
        window.begin_frame();
        draw_shell(desk);
        window.end_frame();
    }
    void frames(int count) {
        for (int i = 0; i < count; ++i) frame();
    }
    // Until it is true, with frames; what it says at the end.
    template <class Done>
    bool frames_until(Done done, double seconds = 60) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
        while (!done() && std::chrono::steady_clock::now() < end) frame();
        return done();
    }
    // Opens a file and waits for its images.
    Document& open(const std::filesystem::path& path) {
        session.open(path);
        settle(session);
        settle(desk);
        frames(3);
        return *session.current();
    }
    void press(Key key, Modifiers modifiers = {}) {
        window.push_key(key, true, modifiers);
        frames(2);
        window.push_key(key, false, modifiers);
        frames(2);
    }
    // A picture for people, where FIRSTLIGHT_SCREENSHOTS names a folder.
    void show(const std::string& name) {
        if (const char* folder = std::getenv("FIRSTLIGHT_SCREENSHOTS"))
            window.save_screenshot(std::filesystem::path(folder) / (name + ".png"), true);
    }

  private:
    static WindowOptions options_of(int width, int height, double scale) {
        WindowOptions options;
        options.width = width;
        options.height = height;
        options.offscreen = true;
        options.scale = scale;
        return options;
    }
};

}  // namespace firstlight::viewer
