// Where the image comes from: the file, the run, what each stage did, how good it is, and how to do it again.
#include <fmt/format.h>

#include <algorithm>

#include "host/io/readable.hpp"
#include "viewer/panels/panels.hpp"
#include "viewer/session/provenance_facts.hpp"
#include "viewer/widgets/fitted_text.hpp"
#include "viewer/window/fonts.hpp"

namespace firstlight::viewer {
namespace {

bool section(Desk& desk, const char* name, bool starts_open = true) {
    const bool open = ImGui::CollapsingHeader(name, starts_open ? ImGuiTreeNodeFlags_DefaultOpen : 0);
    desk.places.note(std::string("section ") + name);
    return open;
}

void draw_facts(const char* id, const std::vector<Fact>& facts) {
    if (!ImGui::BeginTable(id, 2, ImGuiTableFlags_SizingStretchProp)) return;
    ImGui::TableSetupColumn("", ImGuiTableColumnFlags_WidthFixed, scaled(118));
    ImGui::TableSetupColumn("");
    for (const Fact& fact : facts) fact_row(fact.name, fact.value, fact.about);
    ImGui::EndTable();
}

void copy_button(Desk& desk, const char* label, const std::string& name, const std::string& text) {
    if (ImGui::SmallButton(label)) desk.window.set_clipboard(text);
    desk.places.note(name);
}

// A bar from the left, `share` of the width; a paler one under it.
void draw_bar(float width, double share, double pale_share, ImU32 colour) {
    const float height = scaled(7);
    const ImVec2 at = ImGui::GetCursorScreenPos();
    ImGui::Dummy(ImVec2(width, height));
    ImDrawList* list = ImGui::GetWindowDrawList();
    const auto bar = [&](double part, ImU32 shade) {
        const float length = width * static_cast<float>(std::clamp(part, 0.0, 1.0));
        if (length > 0) list->AddRectFilled(at, {at.x + std::max(1.0F, length), at.y + height}, shade, scaled(2));
    };
    list->AddRectFilled(at, {at.x + width, at.y + height}, with_alpha(palette().text, 0.05F), scaled(2));
    bar(pale_share, with_alpha(colour, 0.35F));
    bar(share, colour);
}

void draw_stage(Desk& desk, const StageBar& bar) {
    ImGui::TableNextRow();
    ImGui::TableNextColumn();
    clipped_text(in_words(bar.name), 0, palette().text, false);
    desk.places.note("bar " + bar.name);
    if (const StageEntry* stage = find_stage(bar.name)) tooltip(stage->info.summary);
    ImGui::TableNextColumn();
    if (bar.counted()) {
        draw_bar(ImGui::GetContentRegionAvail().x, bar.share_out, bar.share_in, palette().measured);
        ImGui::PushFont(fonts().small);
        wrapped_text(bar.counts, palette().muted);
        ImGui::PopFont();
    }
    ImGui::PushFont(fonts().small);
    for (const Fact& fact : bar.found) {
        wrapped_text(fmt::format("{} {}", fact.name, fact.value), palette().text);
        tooltip(fact.about);
    }
    ImGui::PopFont();
    ImGui::TableNextColumn();
    draw_bar(ImGui::GetContentRegionAvail().x, bar.share_seconds, 0, palette().corrected);
    ImGui::PushFont(fonts().small);
    clipped_text(readable_seconds(bar.seconds), 0, palette().muted, false);
    ImGui::PopFont();
}

void draw_stages(Desk& desk, const Result& result) {
    bool* log = ImGui::GetStateStorage()->GetBoolRef(ImGui::GetID("log counts"), false);
    ImGui::Checkbox("counts on a log scale", log);
    desk.places.note("log counts");
    if (!ImGui::BeginTable("stages", 3, ImGuiTableFlags_SizingStretchProp | ImGuiTableFlags_BordersInnerH)) return;
    ImGui::TableSetupColumn("stage", ImGuiTableColumnFlags_WidthFixed, scaled(118));
    ImGui::TableSetupColumn("counts");
    ImGui::TableSetupColumn("time", ImGuiTableColumnFlags_WidthFixed, scaled(70));
    ImGui::TableNextRow();
    for (const char* head : {"stage", "counts in (pale) and out", "time"}) {
        ImGui::TableNextColumn();
        clipped_text(head, 0, palette().muted, false);
    }
    for (const StageBar& bar : waterfall(result, *log)) draw_stage(desk, bar);
    ImGui::EndTable();
}

void draw_inputs(Desk& desk, const Process& process) {
    for (std::size_t i = 0; i < process.inputs.size(); ++i) {
        const InputRecord& input = process.inputs[i];
        ImGui::PushID(static_cast<int>(i));
        wrapped_text(input.path, palette().text);
        ImGui::PushFont(fonts().numbers);
        ImGui::TextUnformatted(("SHA-256 " + input.sha256.substr(0, 12) + "…").c_str());
        ImGui::PopFont();
        tooltip(input.sha256);
        ImGui::SameLine();
        copy_button(desk, "copy", fmt::format("copy sha {}", i), input.sha256);
        ImGui::PopID();
    }
    if (process.inputs.empty()) wrapped_text("The result does not say what it was made from.", palette().muted);
}

// Text as it is, on a ground of its own, with a button that copies it.
void draw_text(Desk& desk, const char* title, const std::string& text) {
    ImGui::PushID(title);
    ImGui::TextUnformatted(title);
    ImGui::SameLine();
    copy_button(desk, "copy", std::string("copy ") + title, text);
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float width = ImGui::GetContentRegionAvail().x, inner = scaled(6);
    ImGui::PushFont(fonts().numbers);
    const float height = ImGui::CalcTextSize(text.c_str(), nullptr, false, width - 2 * inner).y + 2 * inner;
    ImGui::GetWindowDrawList()->AddRectFilled(at, {at.x + width, at.y + height}, palette().plot_background, scaled(3));
    ImGui::SetCursorScreenPos({at.x + inner, at.y + inner});
    ImGui::PushTextWrapPos(ImGui::GetCursorPosX() + width - 2 * inner);
    ImGui::TextUnformatted(text.c_str());
    ImGui::PopTextWrapPos();
    ImGui::PopFont();
    ImGui::SetCursorScreenPos({at.x, at.y + height});
    ImGui::Dummy(ImVec2(0, scaled(4)));
    ImGui::PopID();
}

void draw_again(Desk& desk, const Document& document) {
    if (document.scan_path.empty()) {
        wrapped_text("Without its acquisition the result cannot be made again. " + document.why_no_scan,
                     palette().muted);
    } else {
        const ReconstructText text = desk.session.reconstruct_text(document);
        const CommandText command = reconstruct_command(text);
        if (!command.must_save.empty())
            wrapped_text(fmt::format("This recipe is no built-in one: save it first as {} (Parameters, Recipe).",
                                     command.must_save.string()),
                         palette().warning);
        draw_text(desk, "Command line", command.line());
        draw_text(desk, "Python", reconstruct_python(text));
    }
    draw_text(desk, "Recipe", to_toml(document.recipe()));
}

void draw_result(Desk& desk, const Document& document, const Result& result) {
    if (document.scan && document.result_of != document.wanted())
        wrapped_text("The recipe was changed: what follows is of the run before it.", palette().warning);
    if (section(desk, "Stages")) draw_stages(desk, result);
    if (section(desk, "Quality")) draw_facts("quality", quality_facts(result));
    if (!result.process.warnings.empty() && section(desk, "Warnings"))
        for (const std::string& warning : result.process.warnings) {
            ImGui::Bullet();
            wrapped_text(warning, palette().warning);
        }
    if (section(desk, "Run")) draw_facts("run", run_facts(result));
    if (section(desk, "Inputs")) draw_inputs(desk, result.process);
}

}  // namespace

void draw_provenance_panel(Desk& desk, Document& document) {
    if (section(desk, "File")) draw_facts("file", file_facts(document));
    if (document.result) draw_result(desk, document, *document.result);
    else wrapped_text("No run yet: stages and figures appear when the recipe has run.", palette().muted);
    if (section(desk, "Do it again")) draw_again(desk, document);
}

}  // namespace firstlight::viewer
