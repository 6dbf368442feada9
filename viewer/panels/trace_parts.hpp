// The parts of the trace panel, which share one look at the traces per frame.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "viewer/desk/desk.hpp"
#include "viewer/trace/trace_data.hpp"

namespace firstlight::viewer {

// Times in ps as places on the plot's axis and back.
struct TraceAxis {
    double zero_ps = 0, unit_ps = 1;
    [[nodiscard]] const char* unit() const { return unit_ps > 1 ? "ns" : "ps"; }
    [[nodiscard]] double x(double ps) const { return (ps - zero_ps) / unit_ps; }
    [[nodiscard]] double ps(double x) const { return x * unit_ps + zero_ps; }
};

struct TraceScene {
    Desk& desk;
    Document& document;
    TraceTarget target;
    std::shared_ptr<const TraceCurve> curve;    // never null
    std::shared_ptr<const TraceDetail> detail;  // may be
    std::string why_no_detail;
    TraceAxis axis;
    double arrival_ps = 0, bin_ps = 0;              // NaN: no arrival
    std::optional<std::pair<double, double>> gate;  // of time_gate, ps after the arrival
    bool field_is_active = false;                   // a gate's number is being changed
    bool line_is_dragged = false;
};

[[nodiscard]] TraceAxis trace_axis(const TraceCurve& curve, bool relative);
void draw_trace_controls(TraceScene& scene);
void draw_trace_plot(TraceScene& scene, ImVec2 size);  // with the residuals below
void draw_trace_gate(TraceScene& scene, Plot& plot);   // bands, and edges that the mouse and arrow keys move
void draw_trace_numbers(TraceScene& scene);            // the gate in numbers, and what is in it
// Edges in ps after the arrival, kept on the trace and apart; one step of undo until what moves them is let go.
void move_gate(TraceScene& scene, double open_ps, double close_ps);
void end_gate_move(TraceScene& scene);  // where it was let go

}  // namespace firstlight::viewer
