// The looks of a file as a session names them: one list for writing and reading.
#pragma once

#include <array>

#include "viewer/session/looks.hpp"
#include "viewer/session/session.hpp"

namespace firstlight::viewer {

constexpr int session_version = 1;
constexpr const char* session_format = "firstlight-session";

// In the order of the enumerations.
constexpr std::array region_shape_names{"rectangle", "ellipse", "line"};
constexpr std::array projection_names{"maximum", "mean", "sum", "slice"};
constexpr std::array comparison_names{"flip", "split", "difference"};

// Calls each(key, member) for every value of a look.
template <class L, class Each>
void image_members(L& look, Each each) {
    each("zoom", look.zoom);
    each("centre_x", look.centre_x);
    each("centre_y", look.centre_y);
    each("grid", look.grid);
    each("values", look.values);
    each("flags", look.flags);
    each("scale_bar", look.scale_bar);
    each("colour_bar", look.colour_bar);
}

template <class L, class Each>
void trace_members(L& look, Each each) {
    each("log", look.log);
    each("of_region", look.of_region);
    each("follow", look.follow);
    each("relative", look.relative);
    each("aligned", look.aligned);
    each("response", look.response);
    each("components", look.components);
    each("residuals", look.residuals);
}

template <class L, class Each>
void light_members(L& look, Each each) {
    each("shown", look.shown);
    each("aligned", look.aligned);
    each("log", look.log);
    each("at_ps", look.at_ps);
    each("width_ps", look.width_ps);
    each("ps_per_second", look.ps_per_second);
}

template <class L, class Each>
void volume_members(L& look, Each each) {
    each("z", look.z);
    each("y", look.y);
    each("x", look.x);
    each("projections", look.projections);
    each("what", look.what);
}

template <class L, class Each>
void points_members(L& look, Each each) {
    each("turn", look.turn);
    each("tilt", look.tilt);
    each("shift_x", look.shift_x);
    each("shift_y", look.shift_y);
    each("zoom", look.zoom);
    each("stretch", look.stretch);
    each("point_size", look.point_size);
    each("perspective", look.perspective);
    each("colour", look.colour);
    each("pixel_mm", look.pixel_mm);
}

// Calls each(section, list_of_members, look) for every part of the looks.
template <class L, class Section>
void looks_sections(L& looks, Section section) {
    section("image", looks.image, [](auto& look, auto each) { image_members(look, each); });
    section("trace", looks.trace, [](auto& look, auto each) { trace_members(look, each); });
    section("light", looks.light, [](auto& look, auto each) { light_members(look, each); });
    section("volume", looks.volume, [](auto& look, auto each) { volume_members(look, each); });
    section("points", looks.points, [](auto& look, auto each) { points_members(look, each); });
}

}  // namespace firstlight::viewer
