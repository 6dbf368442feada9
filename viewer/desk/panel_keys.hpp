// The keyboard in the panel at the side: while it is there, arrow keys go from widget to widget, Space presses, Enter
// types and Tab goes from field to field; else these keys are the image's. It leaves with Escape, F6 or a click
// elsewhere.
#pragma once

namespace firstlight::viewer {

// To the panel that is shown next, or away from it; `focus_too`: else ImGui's focus stays where a click has put it.
void send_keys_to_panel(bool there, bool focus_too = true);
[[nodiscard]] bool panel_has_keys();

// For the shell: in the panel's child window, before what is in it; and at the end of a frame. `others`: a dialog has
// the keys meanwhile.
void take_panel_keys();
void end_panel_keys(bool others);

}  // namespace firstlight::viewer
