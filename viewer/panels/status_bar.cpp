// One line at the bottom: what runs, what was said last, what is held in memory, where it runs.
#include <fmt/format.h>

#include <algorithm>

#include "viewer/actions/actions.hpp"
#include "viewer/panels/panels.hpp"
#include "viewer/session/folder_listing.hpp"
#include "viewer/widgets/fitted_text.hpp"
#include "viewer/window/fonts.hpp"

namespace firstlight::viewer {
namespace {

std::string held_text(const Document& document) {
    if (!document.held || !document.held->scan.is_ready()) return "";
    const HeldScan::Plan& plan = document.held->scan.plan();
    const std::string bytes = size_text(plan.bytes);
    return plan.step == 1 ? fmt::format("held for instant gating: {}", bytes)
                          : fmt::format("binned for preview: {} bins per step, {}", plan.step, bytes);
}

std::string place_text(const Desk& desk, const Document* document) {
    if (document == nullptr || !document->result) return "backend " + desk.session.options().backend;
    const auto& facts = document->result->process.facts;
    const auto fact = [&](const char* name) {
        const auto found = facts.find(name);
        return found == facts.end() ? std::string() : found->second;
    };
    const std::string device = fact("device");
    return device.empty() ? fact("backend") : fmt::format("{}: {}", fact("backend"), device);
}

void draw_running(Desk& desk, const std::string& doing) {
    const double done = desk.session.done();
    ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, ImVec2(scaled(4), scaled(1)));
    const ImVec2 size(scaled(220), ImGui::GetFrameHeight());
    ImGui::ProgressBar(static_cast<float>(std::max(0.0, done)), size, fitted_text(doing, size.x - scaled(8)).c_str());
    ImGui::SameLine();
    if (find_action("run.cancel")->why_not(desk).empty()) {
        if (ImGui::Button("Cancel")) run_action(desk, "run.cancel");
        tooltip(fmt::format("Stop it ({})", key_text(*find_action("run.cancel"))));
        ImGui::SameLine();
    }
    ImGui::PopStyleVar();
}

void draw_message(Desk& desk, float width) {
    const auto& all = desk.session.messages().all();
    const bool was_seen =
        !all.empty() && all.back().kind == MessageKind::error && desk.session.messages().unread_error().empty();
    if (all.empty() || was_seen || width < scaled(40)) {
        ImGui::TextUnformatted("");  // what comes at the right is in this line
        return;
    }
    const Message& last = all.back();
    const ImU32 colour = last.kind == MessageKind::error     ? palette().error
                         : last.kind == MessageKind::warning ? palette().warning
                                                             : palette().muted;
    std::string line = readable_name(last.text.substr(0, last.text.find('\n')));
    if (last.times > 1) line += fmt::format(" ({} times)", last.times);
    draw_fitted_text(line, width, colour);
    if (ImGui::IsItemHovered()) ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
    if (ImGui::IsItemClicked()) desk.show_side(SidePanel::log);
}

}  // namespace

void draw_status_bar(Desk& desk) {
    Document* document = desk.session.current();
    ImGui::PushFont(fonts().small);
    ImGui::AlignTextToFramePadding();
    if (document != nullptr && document->changed_on_disk) {
        ImGui::TextColored(as_vec4(palette().warning), "changed on the disk");
        ImGui::SameLine();
        if (ImGui::SmallButton("Reload")) desk.session.reload(*document);
        ImGui::SameLine();
    }
    if (const std::string doing = desk.session.doing(); !doing.empty()) draw_running(desk, doing);
    std::string right = place_text(desk, document);
    if (const std::string held = document == nullptr ? "" : held_text(*document); !held.empty())
        right = held + "   ·   " + right;
    const float room = ImGui::GetContentRegionAvail().x;
    right = fitted_text(right, room * 0.6F);
    const float right_width = ImGui::CalcTextSize(right.c_str()).x;
    const float start = ImGui::GetCursorPosX();
    draw_message(desk, room - right_width - scaled(24));
    ImGui::SameLine(start + room - right_width);
    draw_fitted_text(right, right_width + 1, palette().muted);
    ImGui::PopFont();
}

}  // namespace firstlight::viewer
