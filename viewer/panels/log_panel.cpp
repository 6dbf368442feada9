// What the program has said, with time and kind.
#include <fmt/format.h>

#include <algorithm>

#include "viewer/panels/panels.hpp"
#include "viewer/session/counted.hpp"
#include "viewer/session/message_list.hpp"
#include "viewer/widgets/fitted_text.hpp"
#include "viewer/window/fonts.hpp"

namespace firstlight::viewer {
namespace {

ImU32 colour_of(MessageKind kind) {
    switch (kind) {
        case MessageKind::information: return palette().muted;
        case MessageKind::warning: return palette().warning;
        default: return palette().error;
    }
}

void draw_filter(Desk& desk, MessageFilter& filter) {
    const auto& all = desk.session.messages().all();
    const auto box = [&](const char* name, MessageKind kind, bool& on) {
        const auto count =
            std::count_if(all.begin(), all.end(), [kind](const Message& message) { return message.kind == kind; });
        ImGui::PushStyleColor(ImGuiCol_Text, as_vec4(colour_of(kind)));
        const std::string words =
            kind == MessageKind::information ? fmt::format("{} info", count) : counted(count, word_of(kind));
        ImGui::Checkbox(fmt::format("{}###{}", words, name).c_str(), &on);
        ImGui::PopStyleColor();
        desk.places.note(std::string("show ") + name);
        desk.places.note("show " + words);
    };
    box("info", MessageKind::information, filter.information);
    ImGui::SameLine();
    box("warnings", MessageKind::warning, filter.warnings);
    ImGui::SameLine();
    box("errors", MessageKind::error, filter.errors);
    std::array<char, 256> text{};
    std::copy_n(filter.text.begin(), std::min(filter.text.size(), text.size() - 1), text.begin());
    const ImGuiStyle& style = ImGui::GetStyle();
    const float buttons = ImGui::CalcTextSize("copy all").x + ImGui::CalcTextSize("clear").x +
                          4 * style.FramePadding.x + 2 * style.ItemSpacing.x;
    ImGui::SetNextItemWidth(-buttons);
    if (ImGui::InputTextWithHint("##search", "search in messages", text.data(), text.size())) filter.text = text.data();
    desk.places.note("search messages");
    ImGui::SameLine();
    ImGui::BeginDisabled(all.empty());
    if (ImGui::Button("copy all")) desk.window.set_clipboard(as_text(filtered(desk.session.messages(), filter)));
    desk.places.note("copy all messages");
    tooltip("copies all messages that are listed");
    ImGui::SameLine();
    if (ImGui::Button("clear")) desk.session.messages().clear();
    desk.places.note("clear messages");
    ImGui::EndDisabled();
}

void draw_message(Desk& desk, const Message& message, int number) {
    ImGui::PushID(number);
    ImGui::TableNextRow();
    ImGui::TableNextColumn();
    ImGui::PushFont(fonts().numbers);
    clipped_text(clock_text(message), 0, palette().muted, false);
    ImGui::PopFont();
    ImGui::TableNextColumn();
    clipped_text(word_of(message.kind), 0, colour_of(message.kind), false);
    ImGui::TableNextColumn();
    const bool times = message.times > 1;
    wrapped_text(times ? fmt::format("{} ({} times)", message.text, message.times) : message.text, palette().text);
    desk.places.note(fmt::format("message {}", number));
    if (ImGui::BeginPopupContextItem("message")) {
        if (ImGui::MenuItem("copy this message")) desk.window.set_clipboard(message.text);
        ImGui::EndPopup();
    }
    ImGui::TableNextColumn();
    if (ImGui::SmallButton("copy")) desk.window.set_clipboard(message.text);
    desk.places.note(fmt::format("copy message {}", number));
    ImGui::PopID();
}

}  // namespace

void draw_log_panel(Desk& desk) {
    draw_filter(desk, desk.message_filter);
    const std::vector<const Message*> messages = filtered(desk.session.messages(), desk.message_filter);
    if (messages.empty()) {
        wrapped_text(
            desk.session.messages().all().empty() ? "No messages." : "No message of these kinds with these words.",
            palette().muted);
        return;
    }
    ImGui::BeginChild("messages", ImVec2(0, 0), false, ImGuiWindowFlags_NavFlattened);
    const bool at_end = ImGui::GetScrollY() >= ImGui::GetScrollMaxY() - 1;
    if (ImGui::BeginTable("messages", 4, ImGuiTableFlags_RowBg)) {
        ImGui::PushFont(fonts().numbers);
        ImGui::TableSetupColumn("", ImGuiTableColumnFlags_WidthFixed, ImGui::CalcTextSize("00:00:00").x + 1);
        ImGui::PopFont();
        ImGui::TableSetupColumn("", ImGuiTableColumnFlags_WidthFixed, ImGui::CalcTextSize("warning").x + 1);
        ImGui::TableSetupColumn("");
        ImGui::TableSetupColumn("", ImGuiTableColumnFlags_WidthFixed, ImGui::CalcTextSize("copy").x + scaled(16));
        for (std::size_t i = 0; i < messages.size(); ++i) draw_message(desk, *messages[i], static_cast<int>(i));
        ImGui::EndTable();
    }
    if (at_end) ImGui::SetScrollHereY(1);
    ImGui::EndChild();
}

}  // namespace firstlight::viewer
