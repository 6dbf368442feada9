// The menus: every action, by group, with its keys.
#include <fmt/format.h>

#include "viewer/actions/actions.hpp"
#include "viewer/panels/panels.hpp"
#include "viewer/session/folder_listing.hpp"
#include "viewer/session/stage_edits.hpp"
#include "viewer/widgets/fitted_text.hpp"

namespace firstlight::viewer {
namespace {

void items(Desk& desk, std::initializer_list<const char*> ids) {
    for (const char* id : ids) {
        if (*id == '\0') ImGui::Separator();
        else menu_item(desk, id);
    }
}

void recent_menu(Desk& desk) {
    const std::vector<std::filesystem::path> files = desk.session.recent_files();
    if (!ImGui::BeginMenu("Recent files", !files.empty())) return;
    for (const std::filesystem::path& file : files) {
        ImGui::PushID(file.c_str());
        if (ImGui::MenuItem(fitted_path(readable_name(file.string()), scaled(420)).c_str())) desk.session.open(file);
        ImGui::PopID();
    }
    ImGui::Separator();
    menu_item(desk, "file.forget_recent");
    ImGui::EndMenu();
}

void file_menu(Desk& desk) {
    if (!ImGui::BeginMenu("File")) return;
    items(desk, {"file.open"});
    recent_menu(desk);
    items(desk, {"file.reload", "file.follow", "", "file.save_result", "file.save_recipe", "", "file.open_session",
                 "file.save_session", "", "file.close", "file.quit"});
    ImGui::EndMenu();
}

void export_menu(Desk& desk) {
    if (!ImGui::BeginMenu("Export")) return;
    items(desk, {"export.layer", "export.layer_16_bits", "export.all_layers", "export.volume", "export.points",
                 "export.screenshot", "", "copy.values", "copy.pixel", "copy.command", "copy.python"});
    ImGui::EndMenu();
}

void edit_menu(Desk& desk) {
    if (!ImGui::BeginMenu("Edit")) return;
    items(desk, {"edit.undo", "edit.redo", "", "edit.reset_all", "", "edit.calibration", "edit.no_calibration", "",
                 "run.cancel"});
    ImGui::EndMenu();
}

void recipe_menu(Desk& desk) {
    if (!ImGui::BeginMenu("Recipe", desk.session.current() != nullptr)) return;
    Document& document = *desk.session.current();
    for (const BuiltInRecipe& recipe : built_in_recipes()) {
        const std::string why = why_not(load_recipe(recipe.name), document.scan ? &*document.scan : nullptr);
        if (ImGui::MenuItem(recipe.name, nullptr, document.recipe().name == recipe.name, why.empty()))
            desk.session.use_recipe(document, recipe.name);
        desk.places.note(std::string("Recipe ") + recipe.name);
        tooltip(why.empty() ? why : "Not for this scan. " + why);
    }
    ImGui::Separator();
    items(desk, {"edit.load_recipe", "file.save_recipe", "edit.reset_all"});
    ImGui::EndMenu();
}

void layer_menu(Desk& desk) {
    Document* document = desk.session.current();
    const GatedImages* images = document == nullptr ? nullptr : document->images();
    if (!ImGui::BeginMenu("Layer", images != nullptr)) return;
    for (const ImageLayer& layer : images->layers) {
        if (ImGui::MenuItem(layer.name.c_str(), layer.unit == "1" ? "" : layer.unit.c_str(),
                            document->layer() == &layer)) {
            document->looks.layer = layer.name;
            document->looks.light.shown = false;
        }
    }
    ImGui::EndMenu();
}

void view_menu(Desk& desk) {
    if (!ImGui::BeginMenu("View")) return;
    layer_menu(desk);
    items(desk, {"view.next_layer", "view.previous_layer", "view.next_view", "view.previous_view", "", "view.zoom_in",
                 "view.zoom_out", "view.zoom_fit", "view.zoom_pixels", "", "view.log", "view.colormap", "view.flags",
                 "view.light", "view.play", "view.trace_log", "", "view.next_tab", "view.previous_tab"});
    ImGui::EndMenu();
}

void tools_menu(Desk& desk) {
    if (!ImGui::BeginMenu("Tools")) return;
    items(desk, {"tool.pick", "tool.rectangle", "tool.ellipse", "tool.line"});
    ImGui::EndMenu();
}

void window_menu(Desk& desk) {
    if (!ImGui::BeginMenu("Window")) return;
    items(desk, {"panel.parameters", "panel.layers", "panel.display", "panel.regions", "panel.volume", "panel.points",
                 "panel.compare", "panel.provenance", "panel.log", "", "panel.side", "panel.trace", "",
                 "window.full_screen", "window.larger", "window.smaller", "window.light"});
    ImGui::EndMenu();
}

void help_menu(Desk& desk) {
    if (!ImGui::BeginMenu("Help")) return;
    items(desk, {"find.palette", "find.keys", "find.about"});
    ImGui::EndMenu();
}

}  // namespace

void draw_menu_bar(Desk& desk) {
    if (!ImGui::BeginMenuBar()) return;
    file_menu(desk);
    edit_menu(desk);
    recipe_menu(desk);
    view_menu(desk);
    tools_menu(desk);
    export_menu(desk);
    window_menu(desk);
    help_menu(desk);
    ImGui::EndMenuBar();
}

}  // namespace firstlight::viewer
