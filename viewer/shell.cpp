#include "viewer/shell.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include "viewer/actions/action_groups.hpp"
#include "viewer/desk/panel_keys.hpp"
#include "viewer/panels/panels.hpp"
#include "viewer/widgets/tab_lines.hpp"

namespace firstlight::viewer {
namespace {

constexpr ImGuiWindowFlags fixed = ImGuiWindowFlags_NoTitleBar | ImGuiWindowFlags_NoResize | ImGuiWindowFlags_NoMove |
                                   ImGuiWindowFlags_NoCollapse | ImGuiWindowFlags_NoSavedSettings |
                                   ImGuiWindowFlags_NoBringToFrontOnFocus | ImGuiWindowFlags_NoScrollbar |
                                   ImGuiWindowFlags_NoScrollWithMouse;

struct SideEntry {
    SidePanel which;
    const char* name;
    void (*draw)(Desk&, Document&);
};

const std::array<SideEntry, static_cast<std::size_t>(SidePanel::count_)> side_panels{{
    {SidePanel::parameters, "Parameters", draw_parameters_panel},
    {SidePanel::layers, "Layers", draw_layers_panel},
    {SidePanel::display, "Display", draw_display_panel},
    {SidePanel::regions, "Regions", draw_regions_panel},
    {SidePanel::volume, "Volume", draw_volume_panel},
    {SidePanel::points, "Points", draw_points_panel},
    {SidePanel::compare, "Compare", [](Desk& desk, Document&) { draw_compare_panel(desk); }},
    {SidePanel::provenance, "Provenance", draw_provenance_panel},
    {SidePanel::log, "Log", [](Desk& desk, Document&) { draw_log_panel(desk); }},
}};

void draw_side(Desk& desk, Document& document) {
    std::vector<const char*> names;
    for (const SideEntry& entry : side_panels) names.push_back(entry.name);
    const SideEntry& entry = side_panels[tab_lines(names, static_cast<std::size_t>(desk.side), desk.places)];
    desk.side = entry.which;
    ImGui::BeginChild(entry.name, ImVec2(0, 0), false);
    take_panel_keys();
    const bool has_keys = entry.which == SidePanel::volume || entry.which == SidePanel::points;
    if (has_keys && ImGui::IsWindowHovered(ImGuiHoveredFlags_ChildWindows)) desk.panel_takes_keys = true;
    ImGui::PushID(document.path.c_str());
    entry.draw(desk, document);
    ImGui::PopID();
    ImGui::EndChild();
}

// A bar between two panels that the mouse moves; changes `share` of `whole` by what it moved.
void draw_splitter(const char* id, bool upright, float length, float whole, double direction, double& share) {
    const float thickness = scaled(5);
    ImGui::InvisibleButton(id, upright ? ImVec2(thickness, length) : ImVec2(length, thickness));
    if (ImGui::IsItemHovered() || ImGui::IsItemActive()) {
        ImGui::SetMouseCursor(upright ? ImGuiMouseCursor_ResizeEW : ImGuiMouseCursor_ResizeNS);
        ImGui::GetWindowDrawList()->AddRectFilled(ImGui::GetItemRectMin(), ImGui::GetItemRectMax(),
                                                  with_alpha(palette().accent, 0.5F));
    }
    if (!ImGui::IsItemActive()) return;
    const float moved = upright ? ImGui::GetIO().MouseDelta.x : ImGui::GetIO().MouseDelta.y;
    share = std::clamp(share + direction * static_cast<double>(moved / whole), 0.12, 0.75);
}

// What fills the middle in place of image and trace; null: nothing does.
void (*large_panel(const Desk& desk, const Document& document))(Desk&, Document&) {
    const bool has_volume = document.result && document.result->volume;
    if (desk.middle == Middle::volume && has_volume) return draw_large_volume;
    if (desk.middle == Middle::points && document.images() != nullptr) return draw_large_points;
    return nullptr;
}

void draw_middle(Desk& desk, Document& document) {
    const float gap = scaled(5);
    const ImVec2 size = ImGui::GetContentRegionAvail();
    const float side = desk.side_shown ? std::max(scaled(300), static_cast<float>(desk.side_share) * size.x) : 0;
    const float left = desk.side_shown ? std::max(scaled(200), size.x - side - gap) : size.x;
    const float trace = desk.trace_shown ? std::max(scaled(140), static_cast<float>(desk.trace_share) * size.y) : 0;
    const float image = desk.trace_shown ? std::max(scaled(120), size.y - trace - gap) : size.y;
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2(0, 0));
    ImGui::BeginGroup();
    const auto child = [&](const char* id, ImVec2 of, void (*draw)(Desk&, Document&)) {
        ImGui::BeginChild(id, of, false, ImGuiWindowFlags_NoScrollWithMouse | ImGuiWindowFlags_NoScrollbar);
        ImGui::PopStyleVar();
        ImGui::PushID(document.path.c_str());
        draw(desk, document);
        ImGui::PopID();
        ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2(0, 0));
        ImGui::EndChild();
    };
    const float bar = ImGui::GetFrameHeight() + scaled(6);
    if (const auto large = large_panel(desk, document)) {
        child("large", ImVec2(left, size.y), large);
        if (ImGui::IsItemHovered()) desk.panel_takes_keys = true;
    } else {
        child("image", ImVec2(left, image - bar), draw_image_panel);
        child("light", ImVec2(left, bar), draw_light_bar);
    }
    if (desk.trace_shown && large_panel(desk, document) == nullptr) {
        draw_splitter("between image and trace", false, left, size.y, -1, desk.trace_share);
        child("trace", ImVec2(left, trace), draw_trace_panel);
    }
    ImGui::EndGroup();
    if (desk.side_shown) {
        ImGui::SameLine();
        draw_splitter("between image and side", true, size.y, size.x, -1, desk.side_share);
        ImGui::SameLine();
        child("side", ImVec2(0, size.y), draw_side);
    }
    ImGui::PopStyleVar();
}

void take_window_events(Desk& desk) {
    for (const std::string& file : desk.window.take_dropped_files()) open_dropped(desk, file);
    if (desk.window.take_close_request()) run_action(desk, "file.quit");
}

std::string window_title(Desk& desk) {
    Document* document = desk.session.current();
    if (document == nullptr) return "firstlight";
    return (document->unsaved() ? "• " : "") + document->title() + " – firstlight";
}

}  // namespace

std::vector<std::string> side_panel_names() {
    std::vector<std::string> names;
    for (const SideEntry& entry : side_panels) {
        names.emplace_back(entry.name);
        names.back().front() = static_cast<char>(names.back().front() - 'A' + 'a');
    }
    return names;
}

void draw_shell(Desk& desk) {
    take_window_events(desk);
    run_pressed_actions(desk);
    desk.panel_takes_keys = false;
    ImGui::SetNextWindowPos(ImVec2(0, 0));
    ImGui::SetNextWindowSize(ImGui::GetIO().DisplaySize);
    ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, 0);
    // The window's ground has been cleared to the colour of a panel.
    ImGui::Begin("firstlight", nullptr, fixed | ImGuiWindowFlags_MenuBar | ImGuiWindowFlags_NoBackground);
    ImGui::PopStyleVar();
    draw_menu_bar(desk);
    if (desk.session.current() == nullptr) {
        draw_start_page(desk);
    } else {
        draw_document_tabs(desk);
        const float status = ImGui::GetFrameHeightWithSpacing();
        ImGui::BeginChild("middle", ImVec2(0, -status), false, ImGuiWindowFlags_NoScrollWithMouse);
        if (Document* document = desk.session.current()) draw_middle(desk, *document);
        ImGui::EndChild();
    }
    draw_status_bar(desk);
    ImGui::End();
    draw_error_bar(desk);
    draw_file_dialog(desk);
    draw_command_palette(desk);
    draw_key_help(desk);
    draw_questions(desk);
    end_panel_keys(asks(desk));
}

bool wait_for_frame(Desk& desk, double seconds) {
    constexpr double longest = 0.1;
    if (!desk.window.wait(seconds)) return false;
    if (Document* document = desk.session.current()) document->gating.wait_until_idle(longest);
    desk.session.poll();
    return true;
}

void run_window(Desk& desk, const std::function<bool()>& until) {
    std::string title;
    while (!desk.quit) {
        const double next = desk.session.poll();
        if (!wait_for_frame(desk, std::min(next, 3600.0))) continue;
        if (std::string wanted = window_title(desk); wanted != title) desk.window.set_title(title = std::move(wanted));
        desk.window.begin_frame();
        draw_shell(desk);
        desk.window.end_frame();
        take_picture(desk);
        if (until && until()) return;
    }
}

void settle(Desk& desk, double most_seconds) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(most_seconds);
    int quiet = 0;
    while (quiet < 4 && std::chrono::steady_clock::now() < end) {
        desk.session.poll();
        const bool drawn = desk.window.wait(0.01);
        if (drawn) {
            desk.window.begin_frame();
            draw_shell(desk);
            desk.window.end_frame();
            take_picture(desk);
        }
        const bool works = desk.session.busy() || (desk.trace_data && desk.trace_data->busy());
        quiet = works || drawn ? 0 : quiet + 1;
    }
}

}  // namespace firstlight::viewer
