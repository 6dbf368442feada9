// A field for one value: drag it, or click it (or go there with Tab) and type. What is typed counts when it is done:
// with Enter, Tab or a click elsewhere; Escape gives it up.
//
//   const ValueEdit edit = number_field("open", {-40, "-40 ps", "-40"}, 0.4, -1e6, 1e6, width, desk.typing);
//   if (edit.kind == ValueEdit::typed) session.set_parameter(document, key, edit.text);
#pragma once

#include <array>
#include <string>

#include <imgui.h>

namespace firstlight::viewer {

// The one field that is being typed into.
struct Typing {
    ImGuiID id = 0;  // 0: none
    int frame = 0;   // when it was last drawn
    std::array<char, 1024> text{};
    std::string before;
    ImGuiID left = 0;  // a field that lost the keyboard to another before it could take what was typed
    int left_frame = 0;
    std::string left_text;
};

struct ValueEdit {
    enum Kind : int { none, dragged, drag_ended, typed } kind = none;
    double value = 0;  // dragged
    std::string text;  // typed
};

struct FieldValue {
    double number = 0;   // where a drag starts
    std::string shown;   // "-40 ps"
    std::string typed;   // what is there to be edited: "-40"
    bool muted = false;  // drawn as what is not set
    bool whole = false;  // dragged by whole numbers
};

ValueEdit number_field(const char* id, const FieldValue& value, double step, double least, double most, float width,
                       Typing& typing);
// The same for words; never dragged.
ValueEdit text_field(const char* id, const std::string& value, const char* hint, float width, Typing& typing);

}  // namespace firstlight::viewer
