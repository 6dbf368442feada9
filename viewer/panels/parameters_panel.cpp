// The recipe: which one, with which calibration, its stages and their parameters, all from the parameter table.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "host/io/readable.hpp"
#include "viewer/panels/panels.hpp"
#include "viewer/panels/parameter_row.hpp"
#include "viewer/session/stage_edits.hpp"
#include "viewer/widgets/fitted_text.hpp"

namespace firstlight::viewer {
namespace {

void ask_for_recipe(Desk& desk, Document& document) {
    FileRequest request;
    request.title = "Open a recipe";
    request.endings = {".toml"};
    request.act = [&desk, at = &document](const std::filesystem::path& path) {
        if (desk.session.is_open(at)) desk.session.use_recipe(*at, path.string());
    };
    open_file_dialog(desk, std::move(request));
}

void ask_where_to_save(Desk& desk, Document& document) {
    FileRequest request;
    request.what = FileRequest::For::save;
    request.title = "Save the recipe";
    request.endings = {".toml"};
    request.name = document.path.stem().string() + ".recipe.toml";
    request.act = [&desk, at = &document](const std::filesystem::path& path) {
        if (desk.session.is_open(at)) desk.session.save_recipe(*at, path, true);
    };
    open_file_dialog(desk, std::move(request));
}

void ask_for_calibration(Desk& desk, Document& document) {
    FileRequest request;
    request.title = "Open a calibration";
    request.endings = {".h5", ".hdf5"};
    request.act = [&desk, at = &document](const std::filesystem::path& path) {
        if (desk.session.is_open(at)) desk.session.use_calibration(*at, path);
    };
    open_file_dialog(desk, std::move(request));
}

void draw_recipe_entry(Desk& desk, Document& document, const BuiltInRecipe& entry) {
    const Recipe recipe = load_recipe(entry.name);
    const std::string why = why_not(recipe, document.scan ? &*document.scan : nullptr);
    const bool chosen = document.recipe().name == entry.name;
    ImGui::BeginDisabled(!why.empty());
    if (ImGui::Selectable(entry.name, chosen)) desk.session.use_recipe(document, entry.name);
    desk.places.note(std::string("recipe ") + entry.name);
    tooltip(why.empty() ? recipe.summary : recipe.summary + "\n\nNot for this scan. " + why);
    ImGui::SameLine(scaled(130));
    clipped_text(why.empty() ? recipe.summary : "not for this scan",
                 std::clamp(ImGui::GetContentRegionAvail().x, scaled(120), scaled(360)), palette().muted, false);
    ImGui::EndDisabled();
}

void draw_recipe_chooser(Desk& desk, Document& document) {
    const std::string& name = document.recipe().name;
    ImGui::AlignTextToFramePadding();
    ImGui::TextUnformatted("Recipe");
    ImGui::SameLine(scaled(88));
    ImGui::SetNextItemWidth(-1);
    const bool open = ImGui::BeginCombo("##recipe", name.c_str(), ImGuiComboFlags_HeightLargest);
    desk.places.note("recipe");
    if (!open) {
        tooltip(document.recipe().summary);
        return;
    }
    for (const BuiltInRecipe& entry : built_in_recipes()) draw_recipe_entry(desk, document, entry);
    ImGui::Separator();
    if (ImGui::Selectable("open a recipe file…")) ask_for_recipe(desk, document);
    desk.places.note("open recipe");
    if (ImGui::Selectable("save this recipe…")) ask_where_to_save(desk, document);
    desk.places.note("save recipe");
    ImGui::EndCombo();
}

void draw_calibration_chooser(Desk& desk, Document& document) {
    const std::filesystem::path& now = document.edits().calibration;
    constexpr const char* none = "what the scan says of itself";
    ImGui::AlignTextToFramePadding();
    ImGui::TextUnformatted("Calibration");
    ImGui::SameLine(scaled(88));
    ImGui::SetNextItemWidth(-1);
    const bool open = ImGui::BeginCombo("##calibration", now.empty() ? none : now.filename().c_str());
    desk.places.note("calibration");
    if (!open) {
        tooltip(now.empty() ? "No calibration file: response, arrival, delays and dark counts come from the scan."
                            : now.string());
        return;
    }
    if (ImGui::Selectable(none, now.empty()) && !now.empty()) desk.session.use_calibration(document, {});
    desk.places.note("no calibration");
    if (!now.empty()) ImGui::Selectable(now.filename().c_str(), true);
    if (ImGui::Selectable("open a calibration file…")) ask_for_calibration(desk, document);
    desk.places.note("open calibration");
    ImGui::EndCombo();
}

void draw_filter(Desk& desk) {
    RowFilter& filter = desk.parameters.filter;
    const float check = ImGui::GetFrameHeight() + ImGui::GetStyle().ItemInnerSpacing.x +
                        ImGui::CalcTextSize("changed only").x + ImGui::GetStyle().ItemSpacing.x;
    std::array<char, 128> words{};
    std::copy_n(filter.text.begin(), std::min(filter.text.size(), words.size() - 1), words.begin());
    ImGui::SetNextItemWidth(-check);
    if (ImGui::InputTextWithHint("##filter", "find a parameter, such as gate", words.data(), words.size()))
        filter.text = words.data();
    desk.places.note("parameter filter");
    ImGui::SameLine();
    ImGui::Checkbox("changed only", &filter.changed_only);
    desk.places.note("changed only");
}

void draw_stage_menu(Desk& desk, Document& document, const StageRows& stage) {
    if (!ImGui::BeginPopup("stage")) return;
    const std::string name = stage.stage->stage->info.name;
    if (ImGui::MenuItem("Reset the whole stage", nullptr, false, stage.changed))
        desk.session.reset_parameter(document, name);
    desk.places.note(name + " reset stage");
    const StageChange change = removing(document.recipe(), document.scan ? &*document.scan : nullptr, name);
    if (ImGui::MenuItem("Remove the stage", nullptr, false, change.why_not.empty()))
        desk.session.edit(document, "without " + name, [&](Edits& edits) { edits.recipe = change.recipe; });
    desk.places.note(name + " remove");
    tooltip(change.why_not);
    ImGui::EndPopup();
}

void draw_stage(Desk& desk, Document& document, const StageRows& stage) {
    const std::string name = stage.stage->stage->info.name;
    const bool filtered = desk.parameters.filter.any();
    ImGui::PushID(filtered ? (name + " filtered").c_str() : name.c_str());
    const bool starts_open = filtered || stage.changed || stage.family == "gating";
    const ImGuiTreeNodeFlags flags =
        ImGuiTreeNodeFlags_AllowItemOverlap | (starts_open ? ImGuiTreeNodeFlags_DefaultOpen : 0);
    const bool open =
        ImGui::CollapsingHeader((stage.label + (stage.changed ? "  •" : "") + "###header").c_str(), flags);
    desk.places.note(name);
    tooltip(fmt::format("{}\n\nA change {}.", stage.stage->stage->info.summary,
                        desk.session.rerun_of(document, *stage.stage)));
    const float button = ImGui::GetFrameHeight();
    const std::string time = stage.seconds ? readable_seconds(*stage.seconds) : "";
    ImGui::SameLine(ImGui::GetContentRegionMax().x - button - ImGui::CalcTextSize(time.c_str()).x - scaled(8));
    clipped_text(time, ImGui::CalcTextSize(time.c_str()).x + 1, palette().muted);
    if (!time.empty()) tooltip("of the last run");
    ImGui::SameLine(ImGui::GetContentRegionMax().x - button);
    if (ImGui::Button("…", ImVec2(button, 0))) ImGui::OpenPopup("stage");
    desk.places.note(name + " menu");
    tooltip("reset or remove this stage");
    draw_stage_menu(desk, document, stage);
    if (open)
        for (const ParameterRow& row : stage.rows) draw_parameter_row(desk, document, stage, row);
    ImGui::PopID();
}

void draw_add_stage(Desk& desk, Document& document) {
    if (ImGui::Button("add stage…")) ImGui::OpenPopup("add stage");
    desk.places.note("add stage");
    if (!ImGui::BeginPopup("add stage")) return;
    std::string family;
    for (const StageEntry& stage : stage_list()) {
        if (document.recipe().find(stage.info.name) != nullptr) continue;
        if (family != stage.info.family) {
            family = stage.info.family;
            ImGui::TextDisabled("%s", in_words(family).c_str());
        }
        const StageChange change = adding(document.recipe(), document.scan ? &*document.scan : nullptr, stage);
        std::string also;
        for (const std::string& one : change.also) also += (also.empty() ? "" : ", ") + in_words(one);
        if (ImGui::MenuItem(in_words(stage.info.name).c_str(), also.c_str(), false, change.why_not.empty()))
            desk.session.edit(document, std::string("with ") + stage.info.name,
                              [&](Edits& edits) { edits.recipe = change.recipe; });
        desk.places.note(std::string("add ") + stage.info.name);
        tooltip(change.why_not.empty() ? stage.info.summary : change.why_not);
    }
    ImGui::EndPopup();
}

void draw_nothing_found(Desk& desk, const Document& document) {
    RowFilter& filter = desk.parameters.filter;
    wrapped_text(filter.changed_only ? fmt::format("No changed parameter{}: the others are as recipe {} has them.",
                                                   filter.text.empty() ? "" : " of that name", document.recipe().name)
                                     : "No parameter of this recipe has these words in its name or meaning.",
                 palette().muted);
    if (ImGui::Button("show all")) filter = {};
    desk.places.note("show all");
}

void draw_stages(Desk& desk, Document& document) {
    const Recipe recipe = document.recipe();  // rows point into it while edits replace the document's
    const std::vector<StageRows> stages =
        parameter_rows(recipe, desk.parameters.filter, document.result.get(), document.view_of_images());
    std::string family;
    for (const StageRows& stage : stages) {
        if (family != stage.family) ImGui::TextDisabled("%s", stage.family.c_str());
        family = stage.family;
        draw_stage(desk, document, stage);
    }
    if (stages.empty()) draw_nothing_found(desk, document);
    else if (!desk.parameters.filter.any()) draw_add_stage(desk, document);
}

}  // namespace

void draw_parameters_panel(Desk& desk, Document& document) {
    if (document.kind == DocumentKind::result && !document.scan && !document.why_no_scan.empty())
        wrapped_text("What the result was made with. A change shows nothing: " + document.why_no_scan,
                     palette().warning);
    ImGui::BeginDisabled(!document.result && !document.scan);  // still opening
    draw_recipe_chooser(desk, document);
    draw_calibration_chooser(desk, document);
    draw_filter(desk);
    if (!document.failed_run.empty()) wrapped_text("No result: " + document.failed_run, palette().error);
    ImGui::BeginChild("stages", ImVec2(0, 0), false, ImGuiWindowFlags_NavFlattened);
    draw_stages(desk, document);
    ImGui::EndChild();
    ImGui::EndDisabled();
}

}  // namespace firstlight::viewer
