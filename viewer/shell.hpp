// The whole window: where the panels are, and what happens between frames.
#pragma once

#include "viewer/desk/desk.hpp"

namespace firstlight::viewer {

// Draws everything into the frame that has begun, and does what keys ask for.
void draw_shell(Desk& desk);

// The names that `firstlight view --panel` knows, in the order of SidePanel.
[[nodiscard]] std::vector<std::string> side_panel_names();

// Sleeps until a frame should be drawn; false after `seconds` without a reason to. A picture that is on its way is
// waited for, so that a drag draws one frame for each picture and leaves the processor to what makes them.
[[nodiscard]] bool wait_for_frame(Desk& desk, double seconds);

// Draws frames until the user ends the program (or, in tests, until `until` says so after a frame). Sleeps while
// nothing happens.
void run_window(Desk& desk, const std::function<bool()>& until = {});

// For screenshots and tests: draws until nothing runs and nothing moves, at most so many seconds.
void settle(Desk& desk, double most_seconds = 60);

}  // namespace firstlight::viewer
