// Turns SDL's events into what ImGui sees in one frame. ImGui 1.86 keeps the last state only, so events that one frame
// cannot show together (a button pressed and released, the mouse moved before a release) are left in SDL's queue for
// the next one. Mouse and modifiers come from the events, not from SDL's global state: offscreen there is no such
// state.
#pragma once

#include <SDL.h>

#include <array>
#include <string>
#include <vector>

#include <imgui.h>

#include "viewer/window/keys.hpp"

namespace firstlight::viewer {

class WindowInput {
  public:
    explicit WindowInput(Uint32 wake_event) : wake_event_(wake_event) {}

    // Takes from the queue what the next frame can show. True if there was anything.
    bool take_events();
    // Hands mouse and modifiers to ImGui: after the back end's NewFrame, before ImGui's.
    void apply() const;
    // The frame is drawn; the next one may see more.
    void frame_done() { batch_ = {}; }

    [[nodiscard]] bool button_held() const { return down_[0] || down_[1] || down_[2]; }
    bool close_requested = false, woken = false;
    std::vector<std::string> dropped;

  private:
    struct Batch {
        bool moved = false, button = false, wheel = false, typed = false;
        std::vector<SDL_Scancode> keys;
    };
    [[nodiscard]] bool fits(const SDL_Event& event) const;
    void take(SDL_Event& event);
    void take_window_event(const SDL_WindowEvent& event);

    Uint32 wake_event_;
    Batch batch_;
    ImVec2 mouse_{0, 0};
    bool inside_ = false;
    std::array<bool, 3> down_{};
    SDL_Keymod modifiers_ = KMOD_NONE;
};

// The key that is printed on the cap, as the place where it is on an American keyboard: what Key and ImGui mean.
SDL_Scancode printed_key(const SDL_Keysym& key);

}  // namespace firstlight::viewer
