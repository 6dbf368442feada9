// All that can be done by key, menu or command palette, once: its name, its key, whether it can be done now.
//
//   run_pressed_actions(desk);                        // once a frame: what the keyboard asks for
//   if (menu_item(desk, "file.save_result")) ...      // a menu shows the same name, key and state
#pragma once

#include <string>
#include <vector>

#include "viewer/desk/desk.hpp"

namespace firstlight::viewer {

struct Action {
    std::string id;     // "file.save_result": group.what
    std::string name;   // "Save result…"
    std::string about;  // one sentence for the palette and tooltips
    std::vector<std::pair<Key, Modifiers>> keys;
    std::string (*why_not)(Desk&) = nullptr;  // why it cannot be done now, "" when it can; null: always
    void (*run)(Desk&) = nullptr;
    bool (*is_on)(Desk&) = nullptr;            // of something that is on or off; null: neither
    std::string (*name_now)(Desk&) = nullptr;  // where the name changes: "Undo gate"; null: `name`
    bool repeats = false;                      // while the key is held down
    bool of_image = false;  // its keys are another panel's where the mouse is on one that has such keys itself
};

[[nodiscard]] const std::vector<Action>& actions();
[[nodiscard]] const Action* find_action(const std::string& id);
// "Ctrl+Shift+S"; the first of its keys, or all with " or " between them; "" without a key.
[[nodiscard]] std::string key_text(const Action& action);
[[nodiscard]] std::string all_keys_text(const Action& action);
[[nodiscard]] std::string name_of(Desk& desk, const Action& action);
// The table of all keys as Markdown, which docs/viewer.md holds.
[[nodiscard]] std::string keys_as_markdown();
// A question, a dialog or the palette is open: keys mean something else.
[[nodiscard]] bool asks(const Desk& desk);
// False, with a message, when it cannot be done now.
bool run_action(Desk& desk, const std::string& id);
void run_pressed_actions(Desk& desk);
// The action as an item of the menu that is open.
void menu_item(Desk& desk, const std::string& id);

}  // namespace firstlight::viewer
