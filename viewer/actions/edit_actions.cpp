// Undo, recipes, calibrations, and stopping what runs.
#include <fmt/format.h>

#include "host/pipeline/scan_kind.hpp"
#include "viewer/actions/action_groups.hpp"
#include "viewer/desk/desk.hpp"

namespace firstlight::viewer {
namespace {

std::string why_no_undo(Desk& desk) {
    if (desk.session.current() == nullptr) return needs_document(desk);
    return desk.session.current()->history.can_undo() ? "" : "nothing was changed";
}

std::string why_no_redo(Desk& desk) {
    if (desk.session.current() == nullptr) return needs_document(desk);
    return desk.session.current()->history.can_redo() ? "" : "nothing was undone";
}

std::string undo_name(Desk& desk) {
    const Document* document = desk.session.current();
    return document == nullptr || !document->history.can_undo() ? "Undo" : "Undo " + document->history.undo_label();
}

std::string redo_name(Desk& desk) {
    const Document* document = desk.session.current();
    return document == nullptr || !document->history.can_redo() ? "Redo" : "Redo " + document->history.redo_label();
}

std::string why_no_scan(Desk& desk) {
    const Document* document = desk.session.current();
    if (document == nullptr) return needs_document(desk);
    return document->scan ? "" : "its acquisition is not there";
}

std::string why_no_calibration(Desk& desk) {
    if (const std::string why = why_no_scan(desk); !why.empty()) return why;
    return desk.session.current()->edits().calibration.empty() ? "none is used" : "";
}

// A built-in recipe with its own values, whatever was set.
void reset_all(Desk& desk) {
    Document& document = *desk.session.current();
    desk.session.edit(document, "reset all parameters", [](Edits& edits) {
        for (const BuiltInRecipe& built_in : built_in_recipes())
            if (edits.recipe.name == built_in.name) {
                edits.recipe = load_recipe(built_in.name);
                return;
            }
        for (RecipeStage& stage : edits.recipe.stages) {
            stage.params = stage.stage->make_params();
            stage.given.clear();
        }
    });
}

void load_recipe_file(Desk& desk) {
    open_file_dialog(
        desk, {FileRequest::For::open, "Load a recipe", {".toml"}, "", [&desk](const std::filesystem::path& path) {
                   if (Document* document = desk.session.current()) desk.session.use_recipe(*document, path.string());
               }});
}

void load_calibration(Desk& desk) {
    open_file_dialog(
        desk, {FileRequest::For::open, "Use a calibration", {".h5"}, "", [&desk](const std::filesystem::path& path) {
                   if (Document* document = desk.session.current()) desk.session.use_calibration(*document, path);
               }});
}

std::string why_nothing_runs(Desk& desk) {
    if (desk.session.current() == nullptr) return needs_document(desk);
    const Document& document = *desk.session.current();
    return document.pipeline.busy() || document.gating.busy() ? "" : "nothing runs";
}

}  // namespace

std::vector<Action> edit_actions() {
    return {
        {"edit.undo",
         "Undo",
         "Takes back the last change of recipe, calibration, regions or colours",
         {{Key::z, ctrl}},
         why_no_undo,
         [](Desk& desk) { desk.session.undo(*desk.session.current()); },
         nullptr,
         undo_name,
         true},
        {"edit.redo",
         "Redo",
         "Does again what was taken back",
         {{Key::z, ctrl_shift}, {Key::y, ctrl}},
         why_no_redo,
         [](Desk& desk) { desk.session.redo(*desk.session.current()); },
         nullptr,
         redo_name,
         true},
        {"edit.reset_all",
         "Reset all parameters",
         "Gives every parameter the value that the recipe has for it",
         {{Key::backspace, ctrl}},
         needs_document,
         reset_all},
        {"edit.load_recipe",
         "Load recipe…",
         "Uses a recipe from a file; the built-in ones are in the menu Recipe",
         {{Key::r, ctrl}},
         needs_document,
         load_recipe_file},
        {"edit.calibration",
         "Use calibration…",
         "Takes detector response, gains and dark counts from a calibration file",
         {},
         why_no_scan,
         load_calibration},
        {"edit.no_calibration",
         "No calibration",
         "Takes what the scan says of itself",
         {},
         why_no_calibration,
         [](Desk& desk) { desk.session.use_calibration(*desk.session.current(), {}); }},
        {"run.cancel",
         "Cancel what runs",
         "Stops the run; the picture stays as it is",
         {{Key::period, ctrl}},
         why_nothing_runs,
         [](Desk& desk) { desk.session.cancel(*desk.session.current()); }},
    };
}

}  // namespace firstlight::viewer
