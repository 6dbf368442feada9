// Tabs, layers, views, zoom and colours.
#include <algorithm>

#include "viewer/actions/action_groups.hpp"

namespace firstlight::viewer {
namespace {

std::string why_no_other_tab(Desk& desk) { return desk.session.documents().size() < 2 ? "only one file is open" : ""; }

void turn_tab(Desk& desk, int by) {
    const int tabs = static_cast<int>(desk.session.documents().size());
    desk.session.show((desk.session.current_number() + by + tabs) % tabs);
}

void turn_layer(Desk& desk, int by) {
    Document& document = *desk.session.current();
    const std::vector<ImageLayer>& layers = document.images()->layers;
    const int count = static_cast<int>(layers.size());
    const int now = static_cast<int>(document.layer() - layers.data());
    document.looks.layer = layers[static_cast<std::size_t>((now + by + count) % count)].name;
    document.looks.light.shown = false;
}

std::string why_no_other_view(Desk& desk) {
    if (const std::string why = needs_image(desk); !why.empty()) return why;
    return desk.session.current()->views() > 1 ? "" : "the scan has one view";
}

void turn_view(Desk& desk, int by) {
    Document& document = *desk.session.current();
    document.looks.view = (document.looks.view + by + document.views()) % document.views();
    ++document.revision;
}

// About the mouse where it is on the image, else about the middle.
void zoom(Desk& desk, double factor) {
    const ImageGeometry& geometry = desk.image_geometry;
    const Place mouse{ImGui::GetIO().MousePos.x, ImGui::GetIO().MousePos.y};
    zoom_about(desk.session.current()->looks.image, geometry,
               geometry.canvas.contains(mouse) ? mouse : geometry.canvas.middle(), factor);
}

void zoom_to_pixels(Desk& desk) { zoom_to(desk.session.current()->looks.image, desk.image_geometry, 1); }

void change_tone(Desk& desk, void (*how)(ToneMap::Params&)) {
    Document& document = *desk.session.current();
    const ImageLayer& layer = *document.layer();
    ToneMap::Params tone = document.tone(layer);
    how(tone);
    desk.session.set_tone(document, layer.name, tone);
}

void next_colormap(ToneMap::Params& tone) {
    constexpr int maps = static_cast<int>(Colormap::turbo) + 1;
    tone.colormap = static_cast<Colormap>((static_cast<int>(tone.colormap) + 1) % maps);
}

void turn_log(ToneMap::Params& tone) {
    tone.scale = tone.scale == ToneMap::Scale::log ? ToneMap::Scale::linear : ToneMap::Scale::log;
}

bool is_log(Desk& desk) {
    const Document* document = desk.session.current();
    const ImageLayer* layer = document == nullptr ? nullptr : document->layer();
    return layer != nullptr && document->tone(*layer).scale == ToneMap::Scale::log;
}

bool flags_are_on(Desk& desk) { return desk.session.current() != nullptr && desk.session.current()->looks.image.flags; }
bool light_is_shown(Desk& desk) {
    return desk.session.current() != nullptr && desk.session.current()->looks.light.shown;
}

std::string needs_traces(Desk& desk) {
    if (const std::string why = needs_image(desk); !why.empty()) return why;
    return desk.session.current()->held ? "" : why_no_traces(*desk.session.current());
}

bool trace_is_log(Desk& desk) { return desk.session.current() != nullptr && desk.session.current()->looks.trace.log; }

}  // namespace

std::vector<Action> view_actions() {
    return {
        {"view.next_tab",
         "Next tab",
         "Shows the next file",
         {{Key::tab, ctrl}, {Key::page_down, ctrl}},
         why_no_other_tab,
         [](Desk& desk) { turn_tab(desk, 1); },
         nullptr,
         nullptr,
         true},
        {"view.previous_tab",
         "Previous tab",
         "Shows the file before",
         {{Key::tab, ctrl_shift}, {Key::page_up, ctrl}},
         why_no_other_tab,
         [](Desk& desk) { turn_tab(desk, -1); },
         nullptr,
         nullptr,
         true},
        {"view.next_layer",
         "Next layer",
         "Shows the next layer of the result",
         {{Key::page_down, no_modifiers}},
         needs_image,
         [](Desk& desk) { turn_layer(desk, 1); },
         nullptr,
         nullptr,
         true,
         true},
        {"view.previous_layer",
         "Previous layer",
         "Shows the layer before",
         {{Key::page_up, no_modifiers}},
         needs_image,
         [](Desk& desk) { turn_layer(desk, -1); },
         nullptr,
         nullptr,
         true,
         true},
        {"view.next_view",
         "Next view",
         "Shows the next view of a scan that has several",
         {{Key::period, no_modifiers}},
         why_no_other_view,
         [](Desk& desk) { turn_view(desk, 1); },
         nullptr,
         nullptr,
         true},
        {"view.previous_view",
         "Previous view",
         "Shows the view before",
         {{Key::comma, no_modifiers}},
         why_no_other_view,
         [](Desk& desk) { turn_view(desk, -1); },
         nullptr,
         nullptr,
         true},
        {"view.zoom_in",
         "Zoom in",
         "Shows less of the image, larger",
         {{Key::equals, no_modifiers}, {Key::keypad_plus, no_modifiers}, {Key::equals, shift}},
         needs_image,
         [](Desk& desk) { zoom(desk, 1.25); },
         nullptr,
         nullptr,
         true,
         true},
        {"view.zoom_out",
         "Zoom out",
         "Shows more of the image, smaller",
         {{Key::minus, no_modifiers}, {Key::keypad_minus, no_modifiers}},
         needs_image,
         [](Desk& desk) { zoom(desk, 0.8); },
         nullptr,
         nullptr,
         true,
         true},
        {"view.zoom_fit",
         "Fit the image",
         "Shows the whole image",
         {{Key::f, no_modifiers}},
         needs_image,
         [](Desk& desk) { desk.session.current()->looks.image.zoom = 0; }},
        {"view.zoom_pixels",
         "One to one",
         "Shows a pixel of the image as a pixel of the screen",
         {{Key::digit_1, no_modifiers}},
         needs_image,
         zoom_to_pixels},
        {"view.log",
         "Log colours",
         "Colours the layer by the logarithm of its values",
         {{Key::g, shift}},
         needs_image,
         [](Desk& desk) { change_tone(desk, turn_log); },
         is_log},
        {"view.colormap",
         "Next colormap",
         "Goes through viridis, magma, inferno, gray and turbo",
         {{Key::m, no_modifiers}},
         needs_image,
         [](Desk& desk) { change_tone(desk, next_colormap); }},
        {"view.flags",
         "Flagged pixels",
         "Marks masked and doubtful pixels on the image",
         {{Key::x, no_modifiers}},
         needs_document,
         [](Desk& desk) { desk.session.current()->looks.image.flags = !desk.session.current()->looks.image.flags; },
         flags_are_on},
        {"view.light",
         "Show the light",
         "Shows the counts of one time after the other in place of the layer",
         {{Key::t, no_modifiers}},
         needs_traces,
         [](Desk& desk) { show_light(*desk.session.current(), !light_is_shown(desk)); },
         light_is_shown},
        {"view.play",
         "Play the light",
         "Lets the light run, or stops it",
         {{Key::k, no_modifiers}},
         needs_traces,
         [](Desk& desk) { toggle_playing(*desk.session.current()); },
         [](Desk& desk) { return light_is_shown(desk) && desk.session.current()->looks.light.playing; }},
        {.id = "view.light_on",
         .name = "Light one bin on",
         .about = "Shows the light of the next moment",
         .keys = {{Key::period, shift}},
         .why_not = needs_traces,
         .run = [](Desk& desk) { step_light(*desk.session.current(), 1); },
         .repeats = true},
        {.id = "view.light_back",
         .name = "Light one bin back",
         .about = "Shows the light of the moment before",
         .keys = {{Key::comma, shift}},
         .why_not = needs_traces,
         .run = [](Desk& desk) { step_light(*desk.session.current(), -1); },
         .repeats = true},
        {"view.trace_log",
         "Log trace",
         "Draws the trace with a logarithmic axis",
         {{Key::g, no_modifiers}},
         needs_document,
         [](Desk& desk) { desk.session.current()->looks.trace.log = !desk.session.current()->looks.trace.log; },
         trace_is_log},
    };
}

}  // namespace firstlight::viewer
