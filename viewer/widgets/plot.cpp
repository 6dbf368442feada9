#include "viewer/widgets/plot.hpp"

#include <imgui_internal.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "viewer/widgets/plot_axes.hpp"
#include "viewer/window/keys.hpp"
#include "viewer/window/theme.hpp"
#include "viewer/window/window.hpp"

namespace firstlight::viewer {
namespace {

// The line that arrow keys move, of all plots of the window: the one that was grabbed last.
struct FocusedLine {
    ImGuiID line = 0;
    std::uint64_t window = 0;
} focused;

bool is_focused(ImGuiID line) { return focused.line == line && focused.window == graphics_number(); }

float length(ImVec2 v) { return std::sqrt(v.x * v.x + v.y * v.y); }

constexpr double wheel_factor = 1.2;
constexpr float reach = 7, click_slack = 3, follow_slack = 12;  // points

}  // namespace

Plot::Plot(const char* id, ImVec2 size, PlotRange& range, const PlotOptions& options)
    : range_(range), options_(options), id_(ImGui::GetID(id)), list_(ImGui::GetWindowDrawList()) {
    size = ImGui::CalcItemSize(size, scaled(300), scaled(200));
    size = {std::max(1.0F, std::floor(size.x)), std::max(1.0F, std::floor(size.y))};
    ImGui::InvisibleButton(
        id, size,
        ImGuiButtonFlags_MouseButtonLeft | ImGuiButtonFlags_MouseButtonRight | ImGuiButtonFlags_MouseButtonMiddle);
    if (takes_wheel()) ImGui::SetItemUsingMouseWheel();
    visible_ = ImGui::IsItemVisible();
    over_item_ = ImGui::IsItemHovered();
    active_ = ImGui::IsItemActive();
    activated_ = ImGui::IsItemActivated();
    frame_ = {ImGui::GetItemRectMin(), ImGui::GetItemRectMax()};
    area_ = data_area(frame_, range_, options_);
    map_ = mapping_of(range_, area_, options_.log_floor);
    take_gestures();
    map_ = mapping_of(range_, area_, options_.log_floor);
    hovered_ = over_item_ && area_.contains(ImGui::GetIO().MousePos);
    if (visible_) draw_axes(list_, frame_, map_, options_);
}

Plot::~Plot() {
    if (visible_) {
        draw_crosshair();
        draw_legend();
        if (range_.gesture.kind == PlotRange::Gesture::Kind::box && range_.gesture.moved) {
            const ImVec2 mouse = ImGui::GetIO().MousePos;
            const ImVec2 end{std::clamp(mouse.x, area_.low.x, area_.high.x),
                             std::clamp(mouse.y, area_.low.y, area_.high.y)};
            list_->AddRectFilled(range_.gesture.start, end, with_alpha(palette().accent, 0.15F));
            list_->AddRect(range_.gesture.start, end, palette().accent);
        }
    }
    if (activated_) start_gesture();
    range_.gesture.near_line = nearest_line_;
    follow(range_, extent_, options_.zero_y, options_.log_floor);
    range_.measured = range_.measured || !extent_.empty();
}

void Plot::take_gestures() {
    using Kind = PlotRange::Gesture::Kind;
    PlotRange::Gesture& gesture = range_.gesture;
    const ImVec2 mouse = ImGui::GetIO().MousePos;
    const ImVec2 by{mouse.x - gesture.start.x, mouse.y - gesture.start.y};
    if (active_ && !activated_) {
        gesture.moved = gesture.moved || length(by) > scaled(click_slack);
        if (gesture.kind == Kind::pan && gesture.moved) {
            const bool level = range_.follow_y && std::abs(by.y) < scaled(follow_slack);
            const bool upright = range_.follow_x && std::abs(by.x) < scaled(follow_slack) && !level;
            pan(range_, map_, {upright ? 0 : by.x, level ? 0 : by.y});
            ImGui::SetMouseCursor(ImGuiMouseCursor_ResizeAll);
        }
    } else if (!active_ && gesture.kind != Kind::none) {
        if (ImGui::IsItemDeactivated()) {
            const bool legend = gesture.legend.contains(gesture.start);
            if (gesture.kind == Kind::box && gesture.moved)
                zoom_to_box(
                    range_, map_, gesture.start,
                    {std::clamp(mouse.x, area_.low.x, area_.high.x), std::clamp(mouse.y, area_.low.y, area_.high.y)},
                    options_.least_x_span);
            right_clicked_ = gesture.kind == Kind::box && !gesture.moved;
            clicked_ = gesture.kind == Kind::pan && !gesture.moved && gesture.button == 0 && !legend;
            legend_clicked_ = gesture.kind == Kind::pan && !gesture.moved && legend;
        }
        gesture.kind = Kind::none;
    }
    if (!over_item_) return;
    take_wheel();
    if (ImGui::IsMouseDoubleClicked(ImGuiMouseButton_Left) && !gesture.legend.contains(mouse)) range_.fit();
}

bool Plot::takes_wheel() const {
    const ImGuiIO& io = ImGui::GetIO();
    return !options_.scrolls || io.KeyShift || io.KeyCtrl;
}

void Plot::take_wheel() {
    const ImGuiIO& io = ImGui::GetIO();
    if (io.MouseWheel == 0 || !takes_wheel()) return;
    const double factor = std::pow(wheel_factor, -static_cast<double>(io.MouseWheel));
    const bool only_x = io.KeyShift || io.MousePos.y > area_.high.y, only_y = io.KeyCtrl || io.MousePos.x < area_.low.x;
    zoom(range_, map_, io.MousePos.x, io.MousePos.y, only_y ? 1 : factor, only_x ? 1 : factor, options_.least_x_span);
}

void Plot::start_gesture() {
    using Kind = PlotRange::Gesture::Kind;
    PlotRange::Gesture& gesture = range_.gesture;
    const PlotRectangle legend = gesture.legend;
    gesture = {};
    gesture.legend = legend;
    gesture.start = ImGui::GetIO().MousePos;
    gesture.x_low = range_.x_low, gesture.x_high = range_.x_high;
    gesture.y_low = range_.y_low, gesture.y_high = range_.y_high;
    gesture.button = ImGui::IsMouseDown(ImGuiMouseButton_Left) ? 0 : ImGui::IsMouseDown(ImGuiMouseButton_Right) ? 1 : 2;
    if (gesture.button == 1) gesture.kind = area_.contains(gesture.start) ? Kind::box : Kind::none;
    else if (gesture.button == 0 && nearest_line_ != 0 && !legend.contains(gesture.start)) {
        gesture.kind = Kind::line;
        gesture.line = nearest_line_;
        gesture.line_x = nearest_x_;
    } else gesture.kind = Kind::pan;
    if (gesture.button == 0) focused = {gesture.line, graphics_number()};
}

bool Plot::drag_line_x(const char* id, double& x, ImU32 colour, const char* label, double step) {
    const ImGuiID line = ImHashStr(id, 0, id_);
    const ImVec2 mouse = ImGui::GetIO().MousePos;
    const double per_pixel = (map_.x_high - map_.x_low) / static_cast<double>(area_.width());
    PlotRange::Gesture& gesture = range_.gesture;
    const bool dragged = active_ && gesture.kind == PlotRange::Gesture::Kind::line && gesture.line == line;
    double moved = x;
    if (dragged && mouse.x != gesture.start.x) gesture.moved = true;
    if (dragged && gesture.moved) moved = gesture.line_x + (mouse.x - gesture.start.x) * per_pixel;
    if (is_focused(line) && ImGui::IsMouseClicked(ImGuiMouseButton_Left) && !over_item_) focused = {};
    if (is_focused(line) && !dragged && ImGui::IsWindowFocused(ImGuiFocusedFlags_RootAndChildWindows)) {
        const double by = step > 0 ? step : per_pixel;
        for (const auto& [key, sign] : {std::pair(Key::left, -1.0), std::pair(Key::right, 1.0)}) {
            if (pressed(key, {}, true)) moved += sign * by;
            if (pressed(key, {.shift = true}, true)) moved += sign * 10 * by;
        }
    }
    const bool changed = moved != x;
    if (changed) x = moved;

    const double px = map_.screen_x(x);
    const auto distance = static_cast<float>(std::abs(px - mouse.x));
    if (hovered_ && distance <= scaled(reach) && distance < nearest_distance_) {
        nearest_line_ = line, nearest_distance_ = distance, nearest_x_ = x;
    }
    const bool near = hovered_ && !active_ && gesture.near_line == line && !gesture.legend.contains(mouse);
    if (dragged || near) ImGui::SetMouseCursor(ImGuiMouseCursor_ResizeEW);
    if (!visible_ || px < area_.low.x || px > area_.high.x) return changed;
    const auto at = static_cast<float>(std::round(px));
    const float half = scaled(5), width = dragged || near ? scaled(2.5F) : scaled(1.5F);
    list_->AddLine({at, area_.low.y}, {at, area_.high.y}, colour, width);
    list_->AddTriangleFilled({at - half, area_.low.y}, {at + half, area_.low.y}, {at, area_.low.y + 1.4F * half},
                             colour);
    if (is_focused(line))
        list_->AddTriangleFilled({at - half, area_.high.y}, {at, area_.high.y - 1.4F * half}, {at + half, area_.high.y},
                                 colour);
    mark_label(at, colour, label);
    return changed;
}

double Plot::mouse_x() const { return map_.data_x(ImGui::GetIO().MousePos.x); }
double Plot::mouse_y() const { return map_.data_y(ImGui::GetIO().MousePos.y); }
bool Plot::dragging_line() const { return active_ && range_.gesture.kind == PlotRange::Gesture::Kind::line; }

ImVec2 Plot::to_screen(double x, double y) const {
    return {static_cast<float>(map_.screen_x(x)), static_cast<float>(map_.screen_y(y))};
}

}  // namespace firstlight::viewer
