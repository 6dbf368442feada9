// A tab for each opened file, with a dot where something is not saved.
#include <fmt/format.h>

#include <algorithm>

#include "viewer/actions/action_groups.hpp"
#include "viewer/panels/panels.hpp"
#include "viewer/session/folder_listing.hpp"
#include "viewer/widgets/fitted_text.hpp"

namespace firstlight::viewer {
namespace {

// The file's name; with its folder where another file has the same.
std::string tab_name(const Desk& desk, const Document& document) {
    const auto& open = desk.session.documents();
    const auto same =
        std::count_if(open.begin(), open.end(), [&](const auto& d) { return d->title() == document.title(); });
    std::string name = document.title();
    if (same > 1) name = (std::filesystem::absolute(document.path).parent_path().filename() / name).string();
    return fitted_text(readable_name(name), scaled(240));
}

void draw_tooltip(const Document& document) {
    ImGui::BeginTooltip();
    ImGui::TextUnformatted(readable_name(document.path.string()).c_str());
    ImGui::TextDisabled("recipe %s", document.recipe().name.c_str());
    if (document.unsaved())
        ImGui::TextColored(as_vec4(palette().warning), "not saved: %s", document.history.undo_label().c_str());
    if (document.changed_on_disk) ImGui::TextColored(as_vec4(palette().warning), "changed on the disk");
    if (document.follows) ImGui::TextDisabled("followed: read again when it grows");
    ImGui::EndTooltip();
}

}  // namespace

void draw_document_tabs(Desk& desk) {
    if (!ImGui::BeginTabBar("files", ImGuiTabBarFlags_FittingPolicyScroll | ImGuiTabBarFlags_TabListPopupButton))
        return;
    const int wanted = desk.session.current_number();
    const bool wants_other = desk.shown_tab != wanted;
    int to_close = -1, chosen = -1;
    const int tabs = static_cast<int>(desk.session.documents().size());
    for (int i = 0; i < tabs; ++i) {
        const Document& document = *desk.session.documents()[static_cast<std::size_t>(i)];
        const std::string label = fmt::format("{}###{}", tab_name(desk, document), static_cast<const void*>(&document));
        ImGuiTabItemFlags flags = document.unsaved() ? ImGuiTabItemFlags_UnsavedDocument : 0;
        if (wants_other && i == wanted) flags |= ImGuiTabItemFlags_SetSelected;
        bool stays = true;
        if (ImGui::BeginTabItem(label.c_str(), &stays, flags | ImGuiTabItemFlags_NoTooltip)) {
            chosen = i;
            ImGui::EndTabItem();
        }
        if (ImGui::IsItemHovered()) draw_tooltip(document);
        if (!stays) to_close = i;
    }
    if (ImGui::TabItemButton("+", ImGuiTabItemFlags_Trailing | ImGuiTabItemFlags_NoTooltip))
        run_action(desk, "file.open");
    tooltip(fmt::format("Open a file ({})", key_text(*find_action("file.open"))));
    ImGui::EndTabBar();
    // A tab that was asked for is shown from the next frame on; until then what the tab bar says is old.
    if (!wants_other && chosen >= 0 && chosen != wanted) desk.session.show(chosen);
    desk.shown_tab = wants_other ? wanted : desk.session.current_number();
    if (to_close >= 0) {
        close_document(desk, to_close);
        desk.shown_tab = -1;
    }
}

}  // namespace firstlight::viewer
