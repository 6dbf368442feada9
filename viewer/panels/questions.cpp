// A question over everything else: Enter takes the answer that is marked, Escape the last.
#include <algorithm>

#include "viewer/panels/panels.hpp"
#include "viewer/session/folder_listing.hpp"

namespace firstlight::viewer {
namespace {

// Draws the buttons; the answer that was taken, or -1.
int draw_answers(Desk& desk, const Question& question, bool takes_keys) {
    const int count = static_cast<int>(question.answers.size());
    int& marked = *ImGui::GetStateStorage()->GetIntRef(ImGui::GetID("marked"), 0);
    if (!takes_keys) marked = question.marked;
    int taken = -1;
    for (int i = 0; i < count; ++i) {
        if (i > 0) ImGui::SameLine();
        const bool is_marked = i == marked;
        if (is_marked) ImGui::PushStyleColor(ImGuiCol_Button, as_vec4(with_alpha(palette().accent, 0.55F)));
        if (ImGui::Button(question.answers[static_cast<std::size_t>(i)].label.c_str(), ImVec2(scaled(120), 0)))
            taken = i;
        desk.places.note("answer " + question.answers[static_cast<std::size_t>(i)].label);
        if (is_marked) ImGui::PopStyleColor();
    }
    if (!takes_keys) return taken;
    if (pressed(Key::right) || pressed(Key::tab)) marked = (marked + 1) % count;
    if (pressed(Key::left) || pressed(Key::tab, {.shift = true})) marked = (marked + count - 1) % count;
    if (pressed(Key::enter) || pressed(Key::space)) taken = marked;
    if (pressed(Key::escape)) taken = count - 1;
    return taken;
}

}  // namespace

void draw_questions(Desk& desk) {
    if (desk.questions.empty()) return;
    const Question question = desk.questions.front();
    const std::string title = readable_name(question.title) + "###question";
    if (!ImGui::IsPopupOpen("###question")) ImGui::OpenPopup("###question");
    const ImVec2 screen = ImGui::GetIO().DisplaySize;
    ImGui::SetNextWindowPos(ImVec2(screen.x / 2, screen.y * 0.4F), ImGuiCond_Always, ImVec2(0.5F, 0.5F));
    if (!ImGui::BeginPopupModal(
            title.c_str(), nullptr,
            ImGuiWindowFlags_AlwaysAutoResize | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings))
        return;
    ImGui::PushTextWrapPos(std::min(scaled(460), screen.x - scaled(40)));
    ImGui::TextUnformatted(readable_name(question.text).c_str());
    ImGui::PopTextWrapPos();
    ImGui::Dummy(ImVec2(0, scaled(4)));
    const int taken = draw_answers(desk, question, !ImGui::IsWindowAppearing());
    if (taken >= 0) ImGui::CloseCurrentPopup();
    ImGui::EndPopup();
    if (taken < 0) return;
    desk.questions.erase(desk.questions.begin());
    if (const auto& act = question.answers[static_cast<std::size_t>(taken)].act) act();
}

}  // namespace firstlight::viewer
