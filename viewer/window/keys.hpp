// Keys and buttons by name, without SDL's headers. A letter is the one printed on the key, whatever the layout of the
// keyboard, so that Ctrl+Z is where the user expects it.
//
//   if (pressed(Key::z, {.ctrl = true})) session.undo();
//   if (pressed(Key::left)) ...
#pragma once

namespace firstlight::viewer {

// The numbers are those of USB keyboards, which index ImGui's io.KeysDown (window.cpp checks them against SDL).
enum class Key : int {
    a = 4,
    b,
    c,
    d,
    e,
    f,
    g,
    h,
    i,
    j,
    k,
    l,
    m,
    n,
    o,
    p,
    q,
    r,
    s,
    t,
    u,
    v,
    w,
    x,
    y,
    z,
    digit_1 = 30,
    digit_2,
    digit_3,
    digit_4,
    digit_5,
    digit_6,
    digit_7,
    digit_8,
    digit_9,
    digit_0,
    enter = 40,
    escape = 41,
    backspace = 42,
    tab = 43,
    space = 44,
    minus = 45,
    equals = 46,
    left_bracket = 47,
    right_bracket = 48,
    comma = 54,
    period = 55,
    slash = 56,
    f1 = 58,
    f2,
    f3,
    f4,
    f5,
    f6,
    f7,
    f8,
    f9,
    f10,
    f11,
    f12,
    home = 74,
    page_up = 75,
    remove = 76,
    end = 77,
    page_down = 78,
    right = 79,
    left = 80,
    down = 81,
    up = 82,
    keypad_minus = 86,
    keypad_plus = 87,
    left_ctrl = 224,
    left_shift = 225,
    left_alt = 226
};

struct Modifiers {
    bool ctrl = false, shift = false, alt = false;
    bool operator==(const Modifiers&) const = default;
};

enum class MouseButton : int { left = 0, right = 1, middle = 2 };

// The key went down in this frame (or repeats), with exactly these modifiers, and no text field is being typed into
// unless ctrl or a function key is part of it; nor is it one that walks through the panel that has the keyboard.
// Between begin_frame and end_frame.
[[nodiscard]] bool pressed(Key key, Modifiers modifiers = {}, bool repeat = false);
[[nodiscard]] bool held(Key key);
[[nodiscard]] Modifiers modifiers_held();

}  // namespace firstlight::viewer
