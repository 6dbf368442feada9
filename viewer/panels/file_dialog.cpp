// Choosing a file: the folder as a list, places at the left, the path as a line that can be typed.
#include <fmt/format.h>
#include <imgui.h>
#include <imgui_stdlib.h>

#include <algorithm>
#include <array>
#include <utility>

#include "viewer/panels/panels.hpp"
#include "viewer/session/folder_listing.hpp"
#include "viewer/widgets/fitted_text.hpp"

namespace firstlight::viewer {
namespace {

using Chosen = std::optional<std::filesystem::path>;

// Tab completes; what was begun elsewhere is gone on with at its end rather than replaced.
int edit_path(ImGuiInputTextCallbackData* data) {
    auto* choice = static_cast<FileChoice*>(data->UserData);
    if (data->EventFlag == ImGuiInputTextFlags_CallbackAlways) {
        if (std::exchange(choice->begun, false))
            data->CursorPos = data->SelectionStart = data->SelectionEnd = data->BufTextLen;
        return 0;
    }
    const std::string longer =
        completed_path(std::string(data->Buf, static_cast<std::size_t>(data->BufTextLen)), choice->listing().folder);
    data->DeleteChars(0, data->BufTextLen);
    data->InsertChars(0, longer.c_str(), longer.c_str() + longer.size());
    return 0;
}

Chosen draw_path(FileChoice& choice) {
    Chosen chosen;
    if (ImGui::Button("↑ Up")) choice.up();
    tooltip("The folder above (Backspace)");
    ImGui::SameLine();
    ImGui::SetNextItemWidth(-1);
    if (pressed(Key::l, {.ctrl = true}) || choice.types_path) ImGui::SetKeyboardFocusHere();
    choice.types_path = false;
    constexpr auto flags = ImGuiInputTextFlags_EnterReturnsTrue | ImGuiInputTextFlags_CallbackCompletion |
                           ImGuiInputTextFlags_CallbackAlways;
    if (ImGui::InputText("##path", &choice.typed, flags, edit_path, &choice)) chosen = choice.take_typed();
    if (!ImGui::IsItemActive()) tooltip("Type a path (Ctrl+L); Tab completes it, ~ is your home folder");
    return chosen;
}

void draw_places(Desk& desk, FileChoice& choice, float width) {
    ImGui::BeginChild("places", ImVec2(width, 0));
    ImGui::TextDisabled("Places");
    for (const std::filesystem::path& folder : folder_bookmarks(desk.session.recent_files())) {
        const std::string name = folder == typed_path("~", {}) ? "Home"
                                 : folder == "/"               ? "/"
                                                               : folder.filename().string();
        ImGui::PushID(folder.c_str());
        if (ImGui::Selectable(fitted_text(readable_name(name), width - scaled(8)).c_str(),
                              folder == choice.listing().folder))
            choice.go(folder);
        tooltip(readable_name(folder.string()));
        ImGui::PopID();
    }
    ImGui::EndChild();
}

void draw_headings(FileChoice& choice, float date_at, float size_at) {
    constexpr std::array<std::pair<const char*, SortBy>, 3> columns{
        {{"Name", SortBy::name}, {"Changed", SortBy::date}, {"Size", SortBy::size}}};
    const std::array<float, 3> at{ImGui::GetCursorPosX(), date_at, size_at};
    for (std::size_t i = 0; i < columns.size(); ++i) {
        if (i > 0) ImGui::SameLine(at[i]);
        const bool sorts = choice.filter().by == columns[i].second;
        const std::string label =
            std::string(columns[i].first) + (sorts ? choice.filter().descending ? " ▾" : " ▴" : "");
        if (ImGui::SmallButton(label.c_str())) choice.sort_by(columns[i].second);
    }
}

void draw_row(FileChoice& choice, std::size_t row, float date_at, float size_at, Chosen& chosen) {
    const FolderEntry entry = choice.entry(row);
    const bool is_chosen = choice.chosen() == static_cast<int>(row);
    ImGui::PushID(static_cast<int>(row));
    const float left = ImGui::GetCursorPosX();
    if (ImGui::Selectable("##entry", is_chosen,
                          ImGuiSelectableFlags_AllowDoubleClick | ImGuiSelectableFlags_AllowItemOverlap)) {
        choice.choose(static_cast<int>(row));
        choice.scroll = false;
        if (ImGui::IsMouseDoubleClicked(0)) {
            if (entry.is_folder) choice.go(choice.listing().folder / entry.name);
            else chosen = choice.take();
        }
    }
    ImGui::PopID();
    if (is_chosen && choice.scroll) {
        ImGui::SetScrollHereY(0.5F);
        choice.scroll = false;
    }
    ImGui::SameLine(left);
    draw_fitted_text(readable_name(entry.name) + (entry.is_folder ? "/" : ""), date_at - left - scaled(12),
                     entry.is_folder ? palette().accent : palette().text);
    ImGui::SameLine(date_at);
    ImGui::TextDisabled("%s", date_text(entry.changed).c_str());
    if (entry.is_folder) return;
    ImGui::SameLine(size_at);
    ImGui::TextDisabled("%s", size_text(entry.bytes).c_str());
}

// Enter, arrows and letters, unless a line is being typed.
Chosen take_keys(FileChoice& choice) {
    const ImGuiIO& io = ImGui::GetIO();
    if (io.WantTextInput) return std::nullopt;
    const int page = 12;
    if (pressed(Key::down, {}, true)) choice.move(1);
    if (pressed(Key::up, {}, true)) choice.move(-1);
    if (pressed(Key::page_down, {}, true)) choice.move(page);
    if (pressed(Key::page_up, {}, true)) choice.move(-page);
    if (pressed(Key::home)) choice.choose(0);
    if (pressed(Key::end)) choice.choose(static_cast<int>(choice.shown().size()));
    if (pressed(Key::backspace) || pressed(Key::up, {.alt = true})) choice.up();
    std::string letters;
    for (const ImWchar letter : io.InputQueueCharacters)
        if (letter > ' ' && letter < 127) letters += static_cast<char>(letter);
    const char* pasted = pressed(Key::v, {.ctrl = true}) ? ImGui::GetClipboardText() : nullptr;
    if (pasted != nullptr) choice.type_path(pasted);
    else if (letters[0] == '/' || letters[0] == '~') choice.type_path(letters);
    else if (!letters.empty() && !io.KeyCtrl) choice.jump(letters, ImGui::GetTime());
    if (!pressed(Key::enter)) return std::nullopt;
    const int at = choice.chosen();
    if (at >= 0 && choice.entry(static_cast<std::size_t>(at)).is_folder) {
        choice.go(choice.listing().folder / choice.entry(static_cast<std::size_t>(at)).name);
        return std::nullopt;
    }
    return choice.take();
}

Chosen draw_list(FileChoice& choice) {
    Chosen chosen;
    const float width = ImGui::GetContentRegionAvail().x;
    const float date_at = width - scaled(220), size_at = width - scaled(78);
    draw_headings(choice, date_at, size_at);
    ImGui::BeginChild("entries", ImVec2(0, 0));
    if (choice.shown().empty()) {
        const bool filtered = !choice.filter().endings.empty() && !choice.listing().entries.empty();
        ImGui::TextDisabled("%s",
                            filtered ? "no such file here: choose \"All files\" to see the others" : "nothing is here");
    }
    const std::size_t rows = choice.shown().size();
    ImGuiListClipper clipper;
    clipper.Begin(static_cast<int>(rows), ImGui::GetTextLineHeightWithSpacing());
    if (choice.scroll && choice.chosen() >= 0) clipper.ForceDisplayRangeByIndices(choice.chosen(), choice.chosen() + 1);
    while (clipper.Step())
        for (int row = clipper.DisplayStart; row < clipper.DisplayEnd && row < static_cast<int>(choice.shown().size());
             ++row)
            draw_row(choice, static_cast<std::size_t>(row), date_at, size_at, chosen);
    ImGui::EndChild();
    return chosen;
}

void draw_new_folder(FileChoice& choice) {
    if (ImGui::Button("New folder…")) ImGui::OpenPopup("new folder");
    if (!ImGui::BeginPopup("new folder")) return;
    std::string& name = choice.new_folder;
    if (ImGui::IsWindowAppearing()) ImGui::SetKeyboardFocusHere();
    ImGui::SetNextItemWidth(scaled(220));
    if (ImGui::InputTextWithHint("##name", "name, then Enter", &name, ImGuiInputTextFlags_EnterReturnsTrue)) {
        choice.make_folder(name);
        name.clear();
        ImGui::CloseCurrentPopup();
    }
    ImGui::EndPopup();
}

// Returns true when the dialog is to be left.
bool draw_bottom(FileChoice& choice, Chosen& chosen) {
    const bool saves = choice.what() == FileChoice::For::save, folder = choice.what() == FileChoice::For::folder;
    if (saves) {
        ImGui::AlignTextToFramePadding();
        ImGui::TextUnformatted("Name");
        ImGui::SameLine();
        ImGui::SetNextItemWidth(-1);
        if (ImGui::IsWindowAppearing()) ImGui::SetKeyboardFocusHere();
        if (ImGui::InputText("##file name", &choice.name,
                             ImGuiInputTextFlags_EnterReturnsTrue | ImGuiInputTextFlags_AutoSelectAll))
            chosen = choice.take();
    }
    ImGui::PushTextWrapPos(0);
    ImGui::TextColored(as_vec4(palette().error), "%s", readable_name(choice.problem).c_str());
    ImGui::PopTextWrapPos();
    if (folder)
        draw_fitted_text(fmt::format("{} {}", choice.chosen() < 0 ? "this folder:" : "the chosen folder:",
                                     readable_name(choice.answer().string())),
                         palette().muted);
    const char* verb = saves ? "Save" : folder ? "Choose" : "Open";
    if (ImGui::Button(verb, ImVec2(scaled(110), 0))) chosen = choice.take();
    ImGui::SameLine();
    const bool leaves = ImGui::Button("Cancel", ImVec2(scaled(110), 0));
    ImGui::SameLine();
    draw_new_folder(choice);
    bool hidden = choice.filter().hidden, all = choice.filter().endings.empty();
    ImGui::SameLine();
    if (ImGui::Checkbox("Hidden", &hidden)) choice.show_hidden(hidden);
    if (!choice.endings().empty()) {
        ImGui::SameLine();
        if (ImGui::Checkbox("All files", &all)) choice.show_all(all);
    }
    return leaves;
}

// The request is done with; where a file would be replaced, that is asked first.
void answer(Desk& desk, const std::filesystem::path& path) {
    FileRequest request = std::move(*desk.file_request);
    desk.file_request.reset();
    (request.what == FileRequest::For::open ? desk.last_opened : desk.last_saved) =
        request.what == FileRequest::For::folder ? path : path.parent_path();
    if (request.what == FileRequest::For::save && desk.session.is_input(path)) {
        desk.session.messages().fail(path.string() + ": is open here: nothing is written over what was measured");
        return;
    }
    std::error_code ignored;
    if (request.what != FileRequest::For::save ||
        !std::filesystem::exists(std::filesystem::symlink_status(path, ignored))) {
        if (request.act) request.act(path);
        return;
    }
    desk.questions.push_back({"Replace " + path.filename().string() + "?",
                              path.string() + " is there already. What is in it now will be lost.",
                              {{"Replace", [act = request.act, path] { act(path); }},
                               {"Cancel", [&desk, request] { desk.file_request = request; }}},
                              1});
}

}  // namespace

void draw_file_dialog(Desk& desk) {
    if (!desk.file_request || !desk.file_choice || !desk.questions.empty()) return;
    FileChoice& choice = *desk.file_choice;
    const std::string title = readable_name(desk.file_request->title) + "###file dialog";
    if (!ImGui::IsPopupOpen("###file dialog")) ImGui::OpenPopup("###file dialog");
    const ImVec2 screen = ImGui::GetIO().DisplaySize;
    const ImVec2 size(std::min(scaled(820), screen.x - scaled(40)), std::min(scaled(540), screen.y - scaled(40)));
    ImGui::SetNextWindowPos(ImVec2(screen.x / 2, screen.y / 2), ImGuiCond_Always, ImVec2(0.5F, 0.5F));
    ImGui::SetNextWindowSize(size);
    if (!ImGui::BeginPopupModal(title.c_str(), nullptr,
                                ImGuiWindowFlags_NoResize | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings |
                                    ImGuiWindowFlags_NoScrollbar))
        return;
    Chosen chosen;
    const bool makes_folder = ImGui::IsPopupOpen("new folder");
    if (!ImGui::IsWindowAppearing() && !makes_folder) chosen = take_keys(choice);
    if (!chosen) chosen = draw_path(choice);
    const int lines = choice.what() == FileChoice::For::open ? 2 : 3;
    const float bottom = static_cast<float>(lines) * ImGui::GetFrameHeightWithSpacing() + scaled(4);
    ImGui::BeginChild("middle", ImVec2(0, -bottom));
    draw_places(desk, choice, scaled(150));
    ImGui::SameLine();
    ImGui::BeginChild("list");
    if (Chosen clicked = draw_list(choice)) chosen = clicked;
    ImGui::EndChild();
    ImGui::EndChild();
    const bool leaves =
        draw_bottom(choice, chosen) || (!makes_folder && ImGui::IsKeyPressed(static_cast<int>(Key::escape), false));
    if (chosen || leaves) ImGui::CloseCurrentPopup();
    ImGui::EndPopup();
    if (chosen) answer(desk, *chosen);
    else if (leaves) desk.file_request.reset();
}

}  // namespace firstlight::viewer
