#include "viewer/panels/parameter_row.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "viewer/widgets/fitted_text.hpp"

namespace firstlight::viewer {
namespace {

struct Row {
    Desk& desk;
    Document& document;
    const StageRows& stage;
    const ParameterRow& row;
    const void* params;
    float width = 0;  // of the widget
    [[nodiscard]] const Param& param() const { return *row.param; }
};

void set(const Row& r, const std::string& text, const std::string& mark = {}) {
    ParameterPanel& panel = r.desk.parameters;
    const std::string before = panel.refused_key == r.row.key ? panel.refused : "";
    const bool taken = r.desk.session.set_parameter(r.document, r.row.key, text, mark);
    if (taken) r.desk.session.messages().settle(before);
    panel.refused_key = taken ? "" : r.row.key;
    panel.refused = taken || r.desk.session.messages().all().empty() ? "" : r.desk.session.messages().all().back().text;
}

double number_of(const ParamValue& value) {
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
    const auto* real = std::get_if<double>(&value);
    return real == nullptr ? 0 : *real;
}

std::string number_text(const Param& param, double value) {
    return param.kind == ParamKind::integer ? fmt::format("{:.0f}", value) : fmt::format("{}", value);
}

void draw_number(const Row& r) {
    const Param& param = r.param();
    const double value = number_of(param.get(r.params));
    FieldValue field;
    field.number = r.row.is_auto ? start_value(r.row) : value;
    field.typed = typed_text(param, r.params);
    field.muted = r.row.is_auto || !r.row.idle.empty();
    field.whole = param.kind == ParamKind::integer;
    if (field.muted && r.row.found) field.shown = shown_number(param, std::stod(fmt::format("{:.4g}", *r.row.found)));
    else field.shown = r.row.is_auto ? "auto" : shown_number(param, value);
    const std::shared_ptr<void> defaults = r.stage.stage->stage->make_params();
    const double step = drag_step(param, field.number, number_of(param.get(defaults.get())));
    const ValueEdit edit = number_field("##value", field, step, param.minimum, param.maximum, r.width, r.desk.typing);
    r.desk.places.note(r.row.key);
    if (edit.kind == ValueEdit::dragged) set(r, number_text(param, edit.value), r.row.key);
    if (edit.kind == ValueEdit::drag_ended) r.desk.session.end_drag(r.document);
    if (edit.kind == ValueEdit::typed) set(r, as_flag_text(param, edit.text));
}

void draw_choice(const Row& r) {
    const std::string now = typed_text(r.param(), r.params);
    ImGui::SetNextItemWidth(r.width);
    const bool open = ImGui::BeginCombo("##value", in_words(now).c_str());
    r.desk.places.note(r.row.key);
    if (!open) return;
    for (const std::string& choice : r.param().choices) {
        if (ImGui::Selectable(in_words(choice).c_str(), choice == now) && choice != now) set(r, choice);
        r.desk.places.note(r.row.key + "=" + choice);
        if (choice == now && ImGui::IsWindowAppearing()) ImGui::SetItemDefaultFocus();
    }
    ImGui::EndCombo();
}

void draw_boolean(const Row& r) {
    bool on = typed_text(r.param(), r.params) == "true";
    if (ImGui::Checkbox(on ? "on##value" : "off##value", &on)) set(r, on ? "true" : "false");
    r.desk.places.note(r.row.key);
}

void draw_text(const Row& r) {
    const ValueEdit edit = text_field("##value", typed_text(r.param(), r.params), "", r.width, r.desk.typing);
    r.desk.places.note(r.row.key);
    if (edit.kind == ValueEdit::typed) set(r, edit.text);
}

void draw_widget(const Row& r) {
    switch (r.param().kind) {
        case ParamKind::boolean: return draw_boolean(r);
        case ParamKind::choice: return draw_choice(r);
        case ParamKind::text: return draw_text(r);
        default: return draw_number(r);
    }
}

// A button that stays down while the value is automatic.
void draw_auto(const Row& r, float width) {
    const bool on = r.row.is_auto;
    ImGui::PushStyleColor(ImGuiCol_Button,
                          as_vec4(with_alpha(on ? palette().accent : palette().text, on ? 0.4F : 0.06F)));
    ImGui::PushStyleColor(ImGuiCol_Text, as_vec4(on ? palette().text : palette().muted));
    if (ImGui::Button("auto", ImVec2(width, 0))) set(r, on ? fmt::format("{:.5g}", start_value(r.row)) : "auto");
    ImGui::PopStyleColor(2);
    r.desk.places.note(r.row.key + " auto");
    std::string about = fmt::format("{}auto: {}", on ? "now " : "", r.param().automatic);
    if (on && r.row.found) about += fmt::format("\nthe last run found {}", shown_number(r.param(), *r.row.found));
    tooltip(about + (on ? "\n\nPress to set a value of your own." : "\n\nPress to leave it to the program."));
}

void draw_dot(bool shown, const std::string& why) {
    const float size = scaled(10), height = ImGui::GetFrameHeight();
    const ImVec2 at = ImGui::GetCursorScreenPos();
    ImGui::Dummy(ImVec2(size, height));
    if (!shown) return;
    ImGui::GetWindowDrawList()->AddCircleFilled({at.x + size / 2, at.y + height / 2}, scaled(3), palette().accent);
    tooltip(why);
}

}  // namespace

void draw_parameter_row(Desk& desk, Document& document, const StageRows& stage, const ParameterRow& row) {
    ImGui::PushID(row.param->name.c_str());
    const float gap = ImGui::GetStyle().ItemSpacing.x, all = ImGui::GetContentRegionAvail().x;
    const float auto_width = ImGui::CalcTextSize("auto").x + 2 * ImGui::GetStyle().FramePadding.x;
    const float back_width = ImGui::GetFrameHeight();
    const float right = std::max(scaled(180), 0.5F * all);  // widget, auto, way back
    const bool automatic = !row.param->automatic.empty();
    Row r{desk, document, stage, row, stage.stage->params.get()};
    r.width = right - back_width - gap - (automatic ? auto_width + gap : 0);
    draw_dot(row.changed, "changed: recipe " + document.recipe().name + " has another value");
    ImGui::SameLine(0, scaled(2));
    clipped_text(row.label, all - right - scaled(12) - gap, row.idle.empty() ? palette().text : palette().muted);
    desk.places.note(row.key + " label");
    const std::string words = about(row, *stage.stage->stage);
    tooltip(words);
    ImGui::SameLine();
    ImGui::BeginDisabled(!row.idle.empty());
    draw_widget(r);
    tooltip(words);
    if (automatic) {
        ImGui::SameLine();
        draw_auto(r, auto_width);
    }
    ImGui::EndDisabled();
    if (row.changed) {
        ImGui::SameLine(all - back_width);
        if (ImGui::Button("↺", ImVec2(back_width, 0))) {
            desk.session.reset_parameter(document, row.key);
            if (desk.parameters.refused_key == row.key) {
                desk.session.messages().settle(desk.parameters.refused);
                desk.parameters.refused_key.clear();
            }
        }
        desk.places.note(row.key + " reset");
        tooltip("back to the recipe's value");
    }
    if (desk.parameters.refused_key == row.key) {
        wrapped_text(desk.parameters.refused, palette().error);
        desk.places.note(row.key + " refused");
    }
    ImGui::PopID();
}

}  // namespace firstlight::viewer
