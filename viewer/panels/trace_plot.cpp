// The curves of the trace panel, and the residuals below them.
#include <algorithm>
#include <cmath>
#include <vector>

#include "viewer/panels/trace_parts.hpp"
#include "viewer/window/theme.hpp"

namespace firstlight::viewer {
namespace {

constexpr double bins_with_band = 120;  // that are in sight, at most, for the band of one sigma to be drawn
constexpr float residuals_share = 0.3F;

Samples on_axis(const std::vector<double>& values, const TraceAxis& axis, double factor_to_ps) {
    return Samples(values, factor_to_ps / axis.unit_ps, -axis.zero_ps / axis.unit_ps);
}

const char* name_of_part(const std::string& part) { return part == "ballistic" ? "unscattered" : part.c_str(); }

// counts ± sqrt(counts) as steps.
void draw_band(const TraceScene& scene, Plot& plot, const PlotRange& range) {
    const HeldCurve& held = scene.curve->held;
    const double bins = (range.x_high - range.x_low) * scene.axis.unit_ps / scene.bin_ps;
    if (!(bins < bins_with_band)) return;
    std::vector<double> x, low, high;
    for (std::size_t k = 0; k < held.counts.size(); ++k) {
        const double left = scene.axis.x(held.edge_s[k] * 1e12), right = scene.axis.x(held.edge_s[k + 1] * 1e12);
        if (right < range.x_low || left > range.x_high) continue;
        const double sigma = std::sqrt(std::max(0.0, held.counts[k]));
        for (const double at : {left, right}) {
            x.push_back(at);
            low.push_back(held.counts[k] - sigma);
            high.push_back(held.counts[k] + sigma);
        }
    }
    plot.band("##sigma", Samples(x), Samples(low), Samples(high), palette().measured, 0.18F);
}

void draw_windows(const TraceScene& scene, Plot& plot) {
    if (!scene.detail) return;
    const Palette& colours = palette();
    const auto fill = [&](const std::optional<TimeWindow>& window, ImU32 colour, const char* name) {
        if (window) plot.fill(scene.axis.x(window->from_ps), scene.axis.x(window->to_ps), colour, name, 0.09F);
    };
    fill(scene.detail->background, colours.muted, "background");
    fill(scene.detail->late, colours.corrected, "late");
}

void draw_expected(const TraceScene& scene, Plot& plot) {
    if (!scene.detail) return;
    const TraceLook& look = scene.document.looks.trace;
    const TraceDetail& detail = *scene.detail;
    const Palette& colours = palette();
    const Samples time = on_axis(detail.time_ps, scene.axis, 1);
    if (look.components)
        for (std::size_t i = 0; i < detail.components.size(); ++i)
            plot.line(name_of_part(detail.components[i].name), time, Samples(detail.components[i].counts),
                      detail.components[i].name == "background" ? colours.muted : curve_colour(i + 1), 1.2F);
    if (look.components && !detail.total.empty())
        plot.line("total", time, Samples(detail.total), colours.expected, 1.6F);
    if (look.response && !detail.response.empty() && !(look.components && !detail.components.empty()))
        plot.line(detail.response_origin == ResponseOrigin::measured ? "response" : "response (from jitter)", time,
                  Samples(detail.response), colours.expected, 1.3F);
}

}  // namespace

void draw_trace_plot(TraceScene& scene, ImVec2 size) {
    const TraceLook& look = scene.document.looks.trace;
    const bool has_residuals =
        look.residuals && scene.detail && !scene.detail->residual.empty() && size.y > scaled(150);
    const float below = has_residuals ? std::max(scaled(54), residuals_share * size.y) : 0;
    const float gap = has_residuals ? scaled(2) : 0;
    PlotRange& range = scene.desk.plot_range("trace", scene.document);
    PlotRange& lower = scene.desk.plot_range("trace residuals", scene.document);
    range.log_y = look.log;
    const std::string x_title =
        std::string(scene.axis.zero_ps != 0 ? "time after the arrival (" : "time (") + scene.axis.unit() + ")";
    PlotOptions options;
    options.x_title = x_title.c_str();
    options.y_title = "counts";
    options.x_unit = scene.axis.unit();
    options.least_x_span = scene.bin_ps / scene.axis.unit_ps;
    ImGui::BeginGroup();
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2(ImGui::GetStyle().ItemSpacing.x, gap));
    float left = ImGui::GetCursorScreenPos().x;
    {
        Plot plot("trace", {size.x, size.y - below - gap}, range, options);
        draw_windows(scene, plot);
        draw_band(scene, plot, range);
        plot.steps("counts", on_axis(scene.curve->held.edge_s, scene.axis, 1e12), Samples(scene.curve->held.counts),
                   palette().measured);
        draw_expected(scene, plot);
        // Of several pixels only where they share one: a mean of surfaces lies where no light is.
        const bool has_one = scene.target.what == TraceTarget::What::pixel || scene.gate;
        if (std::isfinite(scene.arrival_ps) && has_one) plot.line_x(scene.axis.x(scene.arrival_ps), palette().arrival);
        draw_trace_gate(scene, plot);
        scene.line_is_dragged = plot.dragging_line();
        if (plot.right_clicked()) ImGui::OpenPopup("trace menu");
        left = plot.data_top_left().x - left;
    }
    if (has_residuals) {
        lower.x_low = range.x_low;
        lower.x_high = range.x_high;
        lower.follow_x = false;
        const double low = lower.x_low, high = lower.x_high;
        PlotOptions of_residuals = options;
        of_residuals.x_title = "";
        of_residuals.y_title = "sigma";
        of_residuals.least_left = left;
        of_residuals.legend = of_residuals.zero_y = false;
        {
            Plot plot("residuals", {size.x, below}, lower, of_residuals);
            plot.line_y(0, palette().axis);
            plot.steps("residual", on_axis(scene.detail->edge_ps, scene.axis, 1), Samples(scene.detail->residual),
                       palette().measured, 1, 0);
        }
        if (lower.follow_x) range.follow_x = true;  // a double click
        else if (lower.x_low != low || lower.x_high != high) {
            range.x_low = lower.x_low;
            range.x_high = lower.x_high;
            range.follow_x = false;
        }
    }
    ImGui::PopStyleVar();
    ImGui::EndGroup();
}

}  // namespace firstlight::viewer
