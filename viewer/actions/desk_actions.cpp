// Tools, panels, letters, colours of the window, and finding one's way.
#include <algorithm>

#include "viewer/actions/action_groups.hpp"
#include "viewer/desk/panel_keys.hpp"

namespace firstlight::viewer {
namespace {

template <Tool tool>
Action tool_action(const char* id, const char* name, const char* about, Key key) {
    return {id,
            name,
            about,
            {{key, no_modifiers}},
            needs_document,
            [](Desk& desk) { desk.tool = desk.tool == tool ? Tool::pick : tool; },
            [](Desk& desk) { return desk.tool == tool; }};
}

template <SidePanel panel>
Action panel_action(const char* id, const char* name, const char* about, Key key) {
    return {id,
            name,
            about,
            {{key, ctrl}},
            needs_document,
            [](Desk& desk) {
                desk.show_side(panel);
                if (panel_has_keys()) send_keys_to_panel(true);
            },
            [](Desk& desk) { return desk.side_shown && desk.side == panel; }};
}

void change_letters(Desk& desk, double factor) {
    desk.window.set_scale(std::clamp(desk.window.scale() * factor, 0.5, 5.0));
}

}  // namespace

std::vector<Action> desk_actions() {
    return {
        tool_action<Tool::pick>("tool.pick", "Pick a pixel",
                                "A click on the image picks the pixel whose trace is shown", Key::p),
        tool_action<Tool::rectangle>("tool.rectangle", "Draw a rectangle", "Dragging on the image draws a region",
                                     Key::r),
        tool_action<Tool::ellipse>("tool.ellipse", "Draw an ellipse", "Dragging on the image draws a region", Key::e),
        tool_action<Tool::line>("tool.line", "Draw a line", "Dragging on the image draws a line, for its profile",
                                Key::l),
        panel_action<SidePanel::parameters>("panel.parameters", "Parameters",
                                            "Shows the recipe's stages and parameters", Key::digit_1),
        panel_action<SidePanel::layers>("panel.layers", "Layers", "Shows what the result consists of", Key::digit_2),
        panel_action<SidePanel::display>("panel.display", "Display",
                                         "Shows window, histogram and colormap of the layer", Key::digit_3),
        panel_action<SidePanel::regions>("panel.regions", "Regions", "Shows figures of regions and profiles of lines",
                                         Key::digit_4),
        panel_action<SidePanel::volume>("panel.volume", "Volume", "Shows slices and projections of a volume",
                                        Key::digit_5),
        panel_action<SidePanel::points>("panel.points", "Points", "Shows depths as points in space", Key::digit_6),
        panel_action<SidePanel::compare>("panel.compare", "Compare", "Shows two files side by side", Key::digit_7),
        panel_action<SidePanel::provenance>("panel.provenance", "Provenance", "Shows how the result was made",
                                            Key::digit_8),
        panel_action<SidePanel::log>("panel.log", "Log", "Shows what the program had to say", Key::digit_9),
        {"panel.side",
         "Side panels",
         "Shows or hides the panels at the side",
         {{Key::f4, no_modifiers}},
         nullptr,
         [](Desk& desk) { desk.side_shown = !desk.side_shown; },
         [](Desk& desk) { return desk.side_shown; }},
        {"panel.keys",
         "Keys to the side panel",
         "Arrow keys, Space, Enter and Tab are the side panel's until F6 or Escape",
         {{Key::f6, no_modifiers}},
         needs_document,
         [](Desk& desk) {
             desk.side_shown = true;
             send_keys_to_panel(!panel_has_keys());
         },
         [](Desk&) { return panel_has_keys(); }},
        {"panel.trace",
         "Trace panel",
         "Shows or hides the trace under the image",
         {{Key::f3, no_modifiers}},
         nullptr,
         [](Desk& desk) { desk.trace_shown = !desk.trace_shown; },
         [](Desk& desk) { return desk.trace_shown; }},
        {"window.full_screen",
         "Full screen",
         "Fills the screen with the window",
         {{Key::f11, no_modifiers}},
         nullptr,
         [](Desk& desk) { desk.window.set_full_screen(!desk.window.full_screen()); },
         [](Desk& desk) { return desk.window.full_screen(); }},
        {"window.larger",
         "Larger letters",
         "Makes letters and spacing larger",
         {{Key::equals, ctrl}, {Key::keypad_plus, ctrl}, {Key::equals, ctrl_shift}},
         nullptr,
         [](Desk& desk) { change_letters(desk, 1.1); }},
        {"window.smaller",
         "Smaller letters",
         "Makes letters and spacing smaller",
         {{Key::minus, ctrl}, {Key::keypad_minus, ctrl}},
         nullptr,
         [](Desk& desk) { change_letters(desk, 1 / 1.1); }},
        {"window.light",
         "Light colours",
         "Changes between dark and light colours of the window",
         {{Key::t, ctrl}},
         nullptr,
         [](Desk& desk) { desk.window.set_look(look() == Look::dark ? Look::light : Look::dark); },
         [](Desk&) { return look() == Look::light; }},
        {"find.palette",
         "Find an action…",
         "Finds actions, layers, parameters and recent files by a few letters",
         {{Key::p, ctrl}},
         nullptr,
         [](Desk& desk) { desk.palette_open = true; }},
        {"find.keys",
         "Keys",
         "Lists all keys",
         {{Key::f1, no_modifiers}, {Key::slash, shift}},
         nullptr,
         [](Desk& desk) { desk.keys_open = true; }},
        {"find.about",
         "About firstlight",
         "Says which version this is and what draws it",
         {},
         nullptr,
         [](Desk& desk) { desk.about_open = true; }},
    };
}

}  // namespace firstlight::viewer
