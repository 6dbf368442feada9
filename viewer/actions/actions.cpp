#include "viewer/actions/actions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "viewer/actions/action_groups.hpp"

namespace firstlight::viewer {
namespace {

std::string key_name(Key key) {
    const int number = static_cast<int>(key);
    if (key >= Key::a && key <= Key::z)
        return std::string(1, static_cast<char>('A' + number - static_cast<int>(Key::a)));
    if (key >= Key::digit_1 && key <= Key::digit_9)
        return std::string(1, static_cast<char>('1' + number - static_cast<int>(Key::digit_1)));
    if (key >= Key::f1 && key <= Key::f12) return fmt::format("F{}", number - static_cast<int>(Key::f1) + 1);
    switch (key) {
        case Key::digit_0: return "0";
        case Key::enter: return "Enter";
        case Key::escape: return "Escape";
        case Key::backspace: return "Backspace";
        case Key::tab: return "Tab";
        case Key::space: return "Space";
        case Key::minus: return "-";
        case Key::equals: return "=";
        case Key::left_bracket: return "[";
        case Key::right_bracket: return "]";
        case Key::comma: return ",";
        case Key::period: return ".";
        case Key::slash: return "/";
        case Key::home: return "Home";
        case Key::page_up: return "Page Up";
        case Key::page_down: return "Page Down";
        case Key::remove: return "Delete";
        case Key::end: return "End";
        case Key::right: return "→";
        case Key::left: return "←";
        case Key::down: return "↓";
        case Key::up: return "↑";
        case Key::keypad_minus: return "Keypad -";
        case Key::keypad_plus: return "Keypad +";
        default: return fmt::format("key {}", number);
    }
}

std::string text_of(const std::pair<Key, Modifiers>& key) {
    if (key.first == Key::slash && key.second == shift) return "?";
    const Modifiers& with = key.second;
    return std::string(with.ctrl ? "Ctrl+" : "") + (with.alt ? "Alt+" : "") + (with.shift ? "Shift+" : "") +
           key_name(key.first);
}

// Keys that a text field needs for itself while somebody types into it.
bool belongs_to_text(const std::pair<Key, Modifiers>& key) {
    constexpr std::array editing{Key::a, Key::c, Key::x, Key::v, Key::z, Key::y};
    return key.second.ctrl && !key.second.alt && std::find(editing.begin(), editing.end(), key.first) != editing.end();
}

// What goes wrong is a message: no action ends the program.
void perform(Desk& desk, const Action& action) {
    try {
        action.run(desk);
    } catch (const std::exception& e) {
        desk.session.messages().fail(e);
    }
}

void finish_saving(Desk& desk) {
    if (!desk.after_saving || desk.session.saves()) return;
    const std::function<void()> act = std::exchange(desk.after_saving, nullptr);
    if (desk.session.messages().unread_error().empty()) act();
}

}  // namespace

const std::vector<Action>& actions() {
    static const std::vector<Action> all = [] {
        std::vector<Action> table;
        for (std::vector<Action>& group :
             std::array{file_actions(), export_actions(), edit_actions(), view_actions(), desk_actions()})
            std::move(group.begin(), group.end(), std::back_inserter(table));
        return table;
    }();
    return all;
}

const Action* find_action(const std::string& id) {
    for (const Action& action : actions())
        if (action.id == id) return &action;
    return nullptr;
}

std::string key_text(const Action& action) { return action.keys.empty() ? "" : text_of(action.keys.front()); }

std::string all_keys_text(const Action& action) {
    std::string text;
    for (const auto& key : action.keys) text += (text.empty() ? "" : " or ") + text_of(key);
    return text;
}

std::string name_of(Desk& desk, const Action& action) {
    return action.name_now != nullptr ? action.name_now(desk) : action.name;
}

std::string keys_as_markdown() {
    std::string text = "| Key | Action | |\n|---|---|---|\n";
    for (const Action& action : actions())
        text += fmt::format("| {} | {} | {} |\n", all_keys_text(action), action.name, action.about);
    return text;
}

bool asks(const Desk& desk) {
    return !desk.questions.empty() || desk.file_request || desk.palette_open || desk.keys_open || desk.about_open;
}

bool run_action(Desk& desk, const std::string& id) {
    const Action* action = find_action(id);
    if (action == nullptr) {
        desk.session.messages().fail(fmt::format("there is no action {}", id));
        return false;
    }
    if (const std::string why = action->why_not == nullptr ? "" : action->why_not(desk); !why.empty()) {
        desk.session.messages().say(fmt::format("{}: not now: {}", action->name, why));
        return false;
    }
    perform(desk, *action);
    return true;
}

void run_pressed_actions(Desk& desk) {
    finish_saving(desk);
    if (asks(desk)) return;
    for (const Action& action : actions())
        for (const auto& key : action.keys) {
            if (!pressed(key.first, key.second, action.repeats)) continue;
            if (ImGui::GetIO().WantTextInput && belongs_to_text(key)) continue;
            if (action.of_image && desk.panel_takes_keys) continue;
            run_action(desk, action.id);
            return;
        }
}

void menu_item(Desk& desk, const std::string& id) {
    const Action* action = find_action(id);
    if (action == nullptr) return;
    const std::string why = action->why_not == nullptr ? "" : action->why_not(desk);
    const bool on = action->is_on != nullptr && action->is_on(desk);
    const std::string keys = key_text(*action);
    if (ImGui::MenuItem(name_of(desk, *action).c_str(), keys.empty() ? nullptr : keys.c_str(), on, why.empty()))
        perform(desk, *action);
    if (!ImGui::IsItemHovered(ImGuiHoveredFlags_AllowWhenDisabled)) return;
    ImGui::BeginTooltip();
    ImGui::PushTextWrapPos(scaled(360));
    ImGui::TextUnformatted(action->about.c_str());
    if (!why.empty()) ImGui::TextColored(as_vec4(palette().muted), "not now: %s", why.c_str());
    ImGui::PopTextWrapPos();
    ImGui::EndTooltip();
}

}  // namespace firstlight::viewer
