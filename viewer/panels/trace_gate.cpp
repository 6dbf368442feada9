// The gate on the trace: a band whose edges the mouse and the arrow keys move, and the same in numbers.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "viewer/image/image_words.hpp"
#include "viewer/panels/trace_parts.hpp"
#include "viewer/session/fixed_gate.hpp"
#include "viewer/widgets/fitted_text.hpp"
#include "viewer/window/fonts.hpp"
#include "viewer/window/keys.hpp"
#include "viewer/window/theme.hpp"

namespace firstlight::viewer {
namespace {

constexpr const char* mark = "gate";
constexpr double least_bins = 0.05;                   // of a gate
constexpr float middle_needs = 40, labels_need = 60;  // points between the edges
constexpr double finest_ps = 1e-6;                    // of what is written into the recipe

// The last digit that a pixel of the screen can tell, so that recipes hold short numbers.
double rounded(double ps, double per_pixel) {
    const double digit = std::pow(10.0, std::floor(std::log10(std::max(per_pixel, finest_ps))));
    return digit < 1 ? std::round(ps * std::round(1 / digit)) / std::round(1 / digit) : std::round(ps / digit) * digit;
}

double rise_of(const TraceScene& scene) {
    const auto* gate = scene.document.recipe().params<TimeGate>();
    return gate != nullptr && gate->shape == TimeGate::Shape::soft ? gate->rise_ps : 0;
}

// The band, with ramps where edges are soft.
void draw_band(const TraceScene& scene, Plot& plot, double from_ps, double to_ps, double rise_ps) {
    const ImU32 colour = palette().gate;
    constexpr float alpha = 0.2F;
    const double half = std::min(rise_ps, to_ps - from_ps) / 2;
    const auto x = [&](double ps) { return scene.axis.x(ps); };
    plot.fill(x(from_ps + half), x(to_ps - half), colour, "", alpha);
    if (half <= 0) return;
    const ImVec2 low = plot.data_top_left(), high = plot.data_bottom_right();
    const ImU32 full = with_alpha(colour, alpha), none = with_alpha(colour, 0);
    plot.list()->PushClipRect(low, high, true);
    const auto ramp = [&](double start, double end, ImU32 left, ImU32 right) {
        plot.list()->AddRectFilledMultiColor({plot.to_screen(x(start), 1).x, low.y},
                                             {plot.to_screen(x(end), 1).x, high.y}, left, right, right, left);
    };
    ramp(from_ps - half, from_ps + half, none, full);
    ramp(to_ps - half, to_ps + half, full, none);
    plot.list()->PopClipRect();
}

// True when the number was changed.
bool number_field(TraceScene& scene, const char* label, const char* about, double& ps) {
    ImGui::TableNextColumn();
    ImGui::AlignTextToFramePadding();
    ImGui::TextUnformatted(label);
    tooltip(about);
    ImGui::TableNextColumn();
    ImGui::SetNextItemWidth(-1);
    ImGui::PushFont(fonts().numbers);
    const bool changed = ImGui::DragScalar(fmt::format("##{}", label).c_str(), ImGuiDataType_Double, &ps,
                                           static_cast<float>(scene.bin_ps / 10), nullptr, nullptr, "%.2f ps");
    ImGui::PopFont();
    scene.field_is_active = scene.field_is_active || ImGui::IsItemActive();
    const auto* gate = scene.document.recipe().params<TimeGate>();
    const bool is_found = gate != nullptr && (gate->edges == TimeGate::Edges::optimal || std::isnan(gate->open_ps));
    tooltip(fmt::format("{}{}\nDrag, or double-click to type.", about, is_found ? ", as the recipe found it" : ""));
    return changed;
}

void draw_fields(TraceScene& scene) {
    auto [open, close] = *scene.gate;
    double width = close - open, middle = (open + close) / 2;
    const ImGuiStyle& style = ImGui::GetStyle();
    ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, ImVec2(style.FramePadding.x, scaled(2)));
    ImGui::PushStyleVar(ImGuiStyleVar_CellPadding, ImVec2(style.CellPadding.x, scaled(1.5F)));
    if (!ImGui::BeginTable("gate", 2, ImGuiTableFlags_SizingFixedFit | ImGuiTableFlags_NoSavedSettings)) {
        ImGui::PopStyleVar(2);
        return;
    }
    ImGui::TableSetupColumn("name");
    ImGui::TableSetupColumn("value", ImGuiTableColumnFlags_WidthStretch);
    if (number_field(scene, "opens", "Where the gate opens, after the arrival", open)) move_gate(scene, open, close);
    else if (number_field(scene, "closes", "Where the gate closes, after the arrival", close)) {
        move_gate(scene, open, close);
    } else if (number_field(scene, "width", "From opening to closing; the middle stays", width)) {
        move_gate(scene, middle - width / 2, middle + width / 2);
    } else if (number_field(scene, "middle", "The gate's middle, after the arrival; the width stays", middle)) {
        move_gate(scene, middle - width / 2, middle + width / 2);
    }
    ImGui::EndTable();
    ImGui::PopStyleVar(2);
}

void row(const char* name, const std::string& value, const char* about) {
    ImGui::TableNextColumn();
    ImGui::TextUnformatted(name);
    tooltip(about);
    ImGui::TableNextColumn();
    ImGui::PushFont(fonts().numbers);
    const float width = ImGui::CalcTextSize(value.c_str()).x;
    ImGui::SetCursorPosX(ImGui::GetCursorPosX() + std::max(0.0F, ImGui::GetContentRegionAvail().x - width));
    ImGui::TextUnformatted(value.c_str());
    ImGui::PopFont();
}

std::string counts_text(double counts) {
    return std::abs(counts) < 1e6 ? fmt::format("{:.{}f}", counts, std::abs(counts) < 100 ? 1 : 0)
                                  : fmt::format("{:.4g}", counts);
}

// Why the ballistic counts are not just those in the gate less the background.
std::string correction_words(const Recipe& recipe) {
    std::string names;
    for (const RecipeStage& stage : recipe.stages)
        if (std::string_view(stage.stage->info.family) == "corrections")
            names += (names.empty() ? "" : ", ") + words_of(stage.stage->info.name);
    return names.empty() ? "Counts of light in the gate, with their standard deviation"
                         : fmt::format(
                               "Counts of light in the gate, with their standard deviation, as the corrections "
                               "leave them ({}): not just what is in the gate less the background",
                               names);
}

void draw_read_out(TraceScene& scene) {
    ImGui::PushStyleVar(ImGuiStyleVar_CellPadding, ImVec2(ImGui::GetStyle().CellPadding.x, scaled(1)));
    const bool open = ImGui::BeginTable("read-out", 2, ImGuiTableFlags_NoSavedSettings);
    ImGui::PopStyleVar();
    if (!open) return;
    ImGui::TableSetupColumn("name", ImGuiTableColumnFlags_WidthFixed);
    ImGui::TableSetupColumn("value", ImGuiTableColumnFlags_WidthStretch);
    const auto& [ballistic, sigma, background, purity, snr] =
        scene.desk.traces().read_out(scene.document, scene.target);
    std::optional<std::pair<double, double>> window_ps;
    if (scene.gate && std::isfinite(scene.arrival_ps))
        window_ps = {scene.arrival_ps + scene.gate->first, scene.arrival_ps + scene.gate->second};
    else if (scene.detail && scene.detail->gate) window_ps = {scene.detail->gate->from_ps, scene.detail->gate->to_ps};
    if (window_ps)
        row("in the gate",
            counts_text(scene.curve->counts_between(window_ps->first * 1e-12, window_ps->second * 1e-12,
                                                    rise_of(scene) * 1e-12)),
            scene.document.scan->kind == ScanKind::gated
                ? "Counts of the frames between the edges, as measured: frames overlap, so that a photon is in several "
                  "of them; ballistic has it once"
                : "Counts between the edges, as measured");
    if (background) row("background", counts_text(*background), "Counts in the gate that are no light, subtracted");
    if (ballistic)
        row("ballistic",
            sigma ? fmt::format("{} ± {}", counts_text(*ballistic), counts_text(*sigma)) : counts_text(*ballistic),
            correction_words(scene.document.recipe()).c_str());
    if (purity) row("purity", fmt::format("{:.3f}", *purity), "Estimated share of unscattered light in it");
    if (snr) row("snr", fmt::format("{:.1f}", *snr), "Ballistic counts over their standard deviation");
    if (scene.detail && scene.detail->deviance)
        row("deviance", fmt::format("{:.2f}", *scene.detail->deviance),
            "Of the fit, per degree of freedom: about 1 where it describes the trace");
    ImGui::EndTable();
}

void draw_own_gate(TraceScene& scene) {
    const RecipeStage* fit = scene.document.recipe().find(ComponentFit::info.name);
    ImGui::PushStyleColor(ImGuiCol_Text, as_vec4(palette().muted));
    ImGui::TextWrapped("%s", fit != nullptr ? "component_fit takes each trace apart; it has no gate to move."
                                            : "adaptive_gate finds each pixel's gate in its trace.");
    ImGui::PopStyleColor();
    if (ImGui::Button("Use a fixed gate", {-1, 0})) {
        double open = std::nan(""), close = open;
        if (fit == nullptr && scene.detail && scene.detail->gate && std::isfinite(scene.arrival_ps)) {
            open = rounded(scene.detail->gate->from_ps - scene.arrival_ps, 1);
            close = std::max(rounded(scene.detail->gate->to_ps - scene.arrival_ps, 1), open + 1);
        }
        scene.desk.session.edit(scene.document, "fixed gate",
                                [&](Edits& edits) { use_fixed_gate(edits.recipe, *scene.document.scan, open, close); });
    }
    tooltip("Puts time_gate in its place: a gate for all pixels, whose edges you move. Can be undone.");
}

}  // namespace

void draw_trace_gate(TraceScene& scene, Plot& plot) {
    if (!scene.gate || !std::isfinite(scene.arrival_ps)) {
        if (scene.detail && scene.detail->gate && finds_its_gates(scene.document.recipe()))
            draw_band(scene, plot, scene.detail->gate->from_ps, scene.detail->gate->to_ps, scene.detail->rise_ps);
        return;
    }
    auto [open, close] = *scene.gate;
    const ImU32 colour = palette().gate;
    draw_band(scene, plot, scene.arrival_ps + open, scene.arrival_ps + close, rise_of(scene));
    const double step = scene.bin_ps / scene.axis.unit_ps;
    const auto place = [&](double after_ps) { return scene.axis.x(scene.arrival_ps + after_ps); };
    const float apart = plot.to_screen(place(close), 1).x - plot.to_screen(place(open), 1).x;
    const double per_pixel = apart > 0 ? (close - open) / static_cast<double>(apart) : scene.bin_ps;
    // How far a line was moved, in ps: by the mouse to what a pixel can tell, by a key whole bins.
    const auto moved = [&](const char* id, double at_ps, ImU32 ink, const std::string& label, double& by) {
        const double before = place(at_ps);
        double x = before;
        if (!plot.drag_line_x(id, x, ink, label.c_str(), step)) return false;
        by = plot.dragging_line() ? rounded(scene.axis.ps(x) - scene.arrival_ps, per_pixel) - at_ps
                                  : std::round((x - before) / step) * scene.bin_ps;
        return true;
    };
    const auto label = [&](double ps) { return apart > scaled(labels_need) ? fmt::format("{:.1f} ps", ps) : ""; };
    double by = 0;
    if (moved("gate opens", open, colour, label(open), by)) {
        move_gate(scene, std::min(open + by, close - least_bins * scene.bin_ps), close);
    } else if (moved("gate closes", close, colour, label(close), by)) {
        move_gate(scene, open, std::max(close + by, open + least_bins * scene.bin_ps));
    } else if (apart > scaled(middle_needs) && moved("gate", (open + close) / 2, with_alpha(colour, 0.35F), "", by)) {
        move_gate(scene, open + by, close + by);
    }
}

void move_gate(TraceScene& scene, double open_ps, double close_ps) {
    const double first = scene.curve->held.edge_s.front() * 1e12 - scene.arrival_ps;
    const double last = scene.curve->held.edge_s.back() * 1e12 - scene.arrival_ps;
    const double least = least_bins * scene.bin_ps;
    if (std::isfinite(first) && std::isfinite(last)) {
        open_ps = std::clamp(open_ps, first, last - least);
        close_ps = std::clamp(close_ps, first + least, last);
    }
    close_ps = std::max(close_ps, open_ps + least);
    if (!scene.gate || open_ps != scene.gate->first) open_ps = rounded(open_ps, finest_ps);
    if (!scene.gate || close_ps != scene.gate->second) close_ps = rounded(close_ps, finest_ps);
    if (scene.gate && open_ps == scene.gate->first && close_ps == scene.gate->second) return;
    scene.desk.gate_moves_in = scene.document.path.string();
    if (scene.desk.session.set_gate(scene.document, open_ps, close_ps, mark)) scene.gate = {open_ps, close_ps};
}

void end_gate_move(TraceScene& scene) {
    Desk& desk = scene.desk;
    if (desk.gate_moves_in != scene.document.path.string()) return;
    if (scene.line_is_dragged || scene.field_is_active || held(Key::left) || held(Key::right)) return;
    desk.gate_moves_in.clear();
    desk.session.end_drag(scene.document);
}

void draw_trace_numbers(TraceScene& scene) {
    if (scene.gate) {
        if (std::isfinite(scene.arrival_ps)) draw_fields(scene);
        else ImGui::TextWrapped("No arrival is known for %s, so there is no gate to show.", scene.target.name.c_str());
    } else if (finds_its_gates(scene.document.recipe())) {
        draw_own_gate(scene);
    } else {
        ImGui::PushStyleColor(ImGuiCol_Text, as_vec4(palette().muted));
        ImGui::TextWrapped("%s", scene.document.recipe().params<TimeGate>() != nullptr
                                     ? "The gate is known when the recipe has run."
                                     : "This recipe has no gate.");
        ImGui::PopStyleColor();
    }
    draw_read_out(scene);
}

}  // namespace firstlight::viewer
