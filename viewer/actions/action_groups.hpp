// The parts of the table of actions, one file each, and what they share.
#pragma once

#include <vector>

#include "viewer/actions/actions.hpp"

namespace firstlight::viewer {

[[nodiscard]] std::vector<Action> file_actions();    // opening, saving, closing
[[nodiscard]] std::vector<Action> export_actions();  // files and text for other programs
[[nodiscard]] std::vector<Action> edit_actions();    // undo, recipes, calibrations
[[nodiscard]] std::vector<Action> view_actions();    // tabs, layers, zoom, colours
[[nodiscard]] std::vector<Action> desk_actions();    // tools, panels, letters, the palette

constexpr Modifiers no_modifiers{};
constexpr Modifiers ctrl{.ctrl = true};
constexpr Modifiers shift{.shift = true};
constexpr Modifiers ctrl_shift{.ctrl = true, .shift = true};

// "" when a file is open, or there is an image of it: for Action::why_not.
[[nodiscard]] std::string needs_document(Desk& desk);
[[nodiscard]] std::string needs_image(Desk& desk);

// Whether a file that is there is to be replaced: act() of a FileRequest knows that this was agreed to.
[[nodiscard]] bool replaces(const std::filesystem::path& path);

// A scan or a result opens in a tab, a session its files; a recipe goes to the file that is shown.
void open_dropped(Desk& desk, const std::filesystem::path& path);

// After a frame was drawn: takes the picture of the window that was asked for, and asks where to write it.
void take_picture(Desk& desk);

// Asks where there are changes that are not saved; closes or ends the program where that is agreed to.
void close_document(Desk& desk, int number);
void quit(Desk& desk);

}  // namespace firstlight::viewer
