// The trace panel: whose trace, how it is shown, and what can be taken away from it.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "viewer/panels/panels.hpp"
#include "viewer/panels/trace_parts.hpp"
#include "viewer/trace/trace_export.hpp"
#include "viewer/widgets/fitted_text.hpp"
#include "viewer/window/fonts.hpp"
#include "viewer/window/theme.hpp"

namespace firstlight::viewer {
namespace {

constexpr double longest_in_ps = 10000;  // longer axes are in ns

void say_in_the_middle(const std::string& text) {
    const ImVec2 room = ImGui::GetContentRegionAvail();
    const float width = std::min(scaled(480), 0.9F * room.x);
    const ImVec2 size = ImGui::CalcTextSize(text.c_str(), nullptr, false, width);
    const ImVec2 at = ImGui::GetCursorPos();
    ImGui::SetCursorPos({at.x + (room.x - size.x) / 2, at.y + std::max(0.0F, (room.y - size.y) / 2)});
    ImGui::PushStyleColor(ImGuiCol_Text, as_vec4(palette().muted));
    ImGui::PushTextWrapPos(ImGui::GetCursorPosX() + width);
    ImGui::TextUnformatted(text.c_str());
    ImGui::PopTextWrapPos();
    ImGui::PopStyleColor();
}

// On the same line where there is room for it.
void next(float width) {
    ImGui::SameLine();
    if (ImGui::GetContentRegionAvail().x < width) ImGui::NewLine();
}
float check_width(const char* label) {
    return ImGui::GetFrameHeight() + ImGui::GetStyle().ItemInnerSpacing.x + ImGui::CalcTextSize(label).x;
}

Table table_of(const TraceScene& scene) {
    return trace_table(scene.document, scene.target, *scene.curve, scene.detail.get(), scene.gate);
}

void ask_where_to_export(TraceScene& scene) {
    FileRequest request;
    request.what = FileRequest::For::save;
    request.title = "Save trace as CSV";
    request.endings = {".csv"};
    request.name = scene.document.path.stem().string() + ".trace.csv";
    request.act = [&session = scene.desk.session, table = table_of(scene)](const std::filesystem::path& path) {
        export_trace(session, path, table, true);
    };
    open_file_dialog(scene.desk, std::move(request));
}

void draw_take_away(TraceScene& scene) {
    if (ImGui::Selectable("Save as CSV…")) ask_where_to_export(scene);
    if (ImGui::Selectable("Copy values")) scene.desk.window.set_clipboard(with_tabs(table_of(scene)));
    tooltip("Times, counts and what is drawn with them, to paste into a spreadsheet.");
}

void draw_target(TraceScene& scene) {
    TraceLook& look = scene.document.looks.trace;
    const auto regions = static_cast<int>(scene.document.edits().regions.size());
    const bool has_region = scene.document.looks.region >= 0 && scene.document.looks.region < regions;
    if (ImGui::RadioButton("Pixel", !look.of_region || !has_region)) look.of_region = false;
    tooltip("The pixel under the mouse or the one that was clicked; all pixels while there is neither.");
    ImGui::SameLine();
    ImGui::BeginDisabled(!has_region);
    if (ImGui::RadioButton("Region", look.of_region && has_region)) look.of_region = true;
    ImGui::EndDisabled();
    tooltip(has_region ? "The sum over the selected region, without masked pixels."
                       : "No region is selected: press R and drag on the image.");
}

void draw_shown(TraceScene& scene) {
    TraceLook& look = scene.document.looks.trace;
    ImGui::MenuItem("Follow the mouse", nullptr, &look.follow);
    tooltip("Shows the pixel under the mouse while it is over the image.");
    ImGui::MenuItem("Move traces by their arrivals", nullptr, &look.aligned);
    tooltip("Before traces are added up, each is moved so that its light arrives with the others'.");
    ImGui::Separator();
    ImGui::MenuItem("Response", nullptr, &look.response);
    ImGui::MenuItem("Parts of the fit", nullptr, &look.components);
    ImGui::MenuItem("Residuals", nullptr, &look.residuals);
    tooltip("(counts − expected) / √expected, below the trace, of recipes that fit it.");
    if (!scene.why_no_detail.empty()) {
        ImGui::Separator();
        ImGui::TextDisabled("Response and fit: %s", scene.why_no_detail.c_str());
    }
}

}  // namespace

TraceAxis trace_axis(const TraceCurve& curve, bool relative) {
    TraceAxis axis;
    const double first = curve.held.edge_s.front() * 1e12, last = curve.held.edge_s.back() * 1e12;
    const bool has_arrival = std::isfinite(curve.arrival_s);
    if (relative && has_arrival) axis.zero_ps = curve.arrival_s * 1e12;
    const double longest = relative ? last - first : std::max(std::abs(first), std::abs(last));
    if (longest > longest_in_ps) axis.unit_ps = 1000;
    return axis;
}

void draw_trace_controls(TraceScene& scene) {
    TraceLook& look = scene.document.looks.trace;
    draw_target(scene);
    next(scaled(120));
    ImGui::AlignTextToFramePadding();
    ImGui::PushStyleColor(ImGuiCol_Text, as_vec4(palette().muted));
    ImGui::TextUnformatted(scene.target.name.c_str());
    ImGui::PopStyleColor();
    if (scene.curve->masked > 0) tooltip(fmt::format("{} masked pixels are left out.", scene.curve->masked).c_str());
    next(check_width("Log"));
    ImGui::Checkbox("Log", &look.log);
    tooltip("Counts on a logarithmic axis (G).");
    next(check_width("After arrival"));
    bool relative = look.relative;
    if (ImGui::Checkbox("After arrival", &relative)) {
        const TraceAxis to = trace_axis(*scene.curve, relative);
        for (const char* name : {"trace", "trace residuals"}) {
            PlotRange& range = scene.desk.plot_range(name, scene.document);
            range.x_low = to.x(scene.axis.ps(range.x_low));
            range.x_high = to.x(scene.axis.ps(range.x_high));
        }
        look.relative = relative;
        scene.axis = to;
    }
    tooltip("Times from the arrival of the unscattered light on, instead of those of the scan.");
    next(scaled(60));
    if (ImGui::Button("Show ▾")) ImGui::OpenPopup("shown");
    if (ImGui::BeginPopup("shown")) {
        draw_shown(scene);
        ImGui::EndPopup();
    }
    next(scaled(60));
    if (ImGui::Button("Take ▾")) ImGui::OpenPopup("take");
    tooltip("Save the trace as a table, or copy it.");
    if (ImGui::BeginPopup("take")) {
        draw_take_away(scene);
        ImGui::EndPopup();
    }
}

void draw_trace_panel(Desk& desk, Document& document) {
    const TraceTarget target = trace_target(document, desk.hovered_pixel);
    if (!document.held) {
        say_in_the_middle(why_no_traces(document));
        return;
    }
    TraceData& data = desk.traces();
    TraceScene scene{desk, document, target, data.curve(document, target), nullptr, {}, {}, 0, 0, {}};
    if (!scene.curve || scene.curve->held.counts.empty()) {
        say_in_the_middle("adding up traces of " + target.name);
        return;
    }
    scene.detail = data.detail(document, target, &scene.why_no_detail);
    scene.axis = trace_axis(*scene.curve, document.looks.trace.relative);
    scene.arrival_ps = scene.curve->arrival_s * 1e12;
    scene.bin_ps = document.held->scan.scan().bin_width_s * 1e12;
    scene.gate = desk.session.gate_ps(document);

    const ImGuiStyle& style = ImGui::GetStyle();
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2(scaled(10), scaled(4)));
    ImGui::SetCursorPos({ImGui::GetCursorPosX() + scaled(6), ImGui::GetCursorPosY() + scaled(3)});
    ImGui::BeginGroup();
    draw_trace_controls(scene);
    const ImVec2 room = ImGui::GetContentRegionAvail();
    const float numbers = room.x > scaled(520) ? scaled(214) : 0;
    draw_trace_plot(scene,
                    {room.x - numbers - (numbers > 0 ? style.ItemSpacing.x : 0) - scaled(4), room.y - scaled(4)});
    if (numbers > 0) {
        ImGui::SameLine();
        ImGui::BeginChild("numbers", {numbers, room.y - scaled(4)}, false);
        draw_trace_numbers(scene);
        ImGui::EndChild();
    }
    ImGui::EndGroup();
    ImGui::PopStyleVar();
    end_gate_move(scene);
    if (ImGui::BeginPopup("trace menu")) {
        if (ImGui::Selectable("Show all")) desk.plot_range("trace", document).fit();
        draw_take_away(scene);
        ImGui::EndPopup();
    }
}

}  // namespace firstlight::viewer
