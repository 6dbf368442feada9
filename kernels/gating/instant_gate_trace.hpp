// What the CPU and the CUDA version of instant_gate do alike for one trace.
#pragma once

#include "kernels/gating/instant_gate.hpp"

namespace firstlight {

// The view as time_gate's code sees it: model and outputs, one trace per pixel. Neither counts nor signal can be read.
FL_HD inline TraceTile gated_tile(const InstantGateTask& task) {
    const HeldTraces& held = task.held;
    TraceTile tile;
    tile.counts = {nullptr, CountType::u4, held.traces(), held.steps};
    tile.model = {nullptr,    held.edges,   held.gain,          held.dark, held.dark_variance,
                  held.shift, held.arrival, held.arrival_sigma, task.flags};
    tile.window = {0, 0, 0, held.rows, held.columns, held.columns};
    for (int l = 0; l < layer_count; ++l) tile.layers[l] = task.layers[l];
    return tile;
}

FL_HD inline BinPlaces bin_places_of(const HeldTraces& held) {
    return {held.steps, held.edges, held.of_signal ? held.even_edges : held.edges, held.of_signal, held.per_step()};
}

// A soft edge at even places x, x + 1, …: edge_integral, the cosine turned on from place to place rather than found
// anew.
struct SoftEdge {
    double half = 0, swing = 0, angle = 0;  // rise / 2, rise / 2 pi, pi / rise
    double cosine = 1, sine = 0;            // of `angle`

    FL_HD explicit SoftEdge(double rise) {
        if (!(rise > 0)) return;
        constexpr double pi = 3.14159265358979323846;
        half = rise / 2;
        swing = rise / (2 * pi);
        angle = pi / rise;
        cosine = cos(angle);
        sine = sin(angle);
    }
};

class EdgeWalk {
  public:
    FL_HD explicit EdgeWalk(const SoftEdge& edge) : edge_(edge) {}
    FL_HD double at(double x) {
        if (x <= -edge_.half) return 0;
        if (x >= edge_.half) return x;
        if (on_edge_) {
            const double turned = c_ * edge_.cosine - s_ * edge_.sine;
            s_ = s_ * edge_.cosine + c_ * edge_.sine;
            c_ = turned;
        } else {
            c_ = cos(edge_.angle * x);
            s_ = sin(edge_.angle * x);
            on_edge_ = true;
        }
        return (x + edge_.half) / 2 - edge_.swing * c_;
    }

  private:
    SoftEdge edge_;
    double c_ = 1, s_ = 0;
    bool on_edge_ = false;
};

// Calls part(from, to, weight, width) for the parts of a window: steps [from, to) of one weight, their width times
// that. Cut steps come one by one; neighbours share an edge, so each integral is found once.
template <class F>
FL_INLINE void each_part(const GateWindow& w, const SoftEdge& soft, const float* edges, F&& part) {
    if (!w.inside) return;
    const auto cut = [&](std::int64_t first, std::int64_t last) {
        if (first >= last) return;
        EdgeWalk opening(soft), closing(soft);
        const auto passed = [&](double x) {
            if (edges == nullptr) return opening.at(x - w.open) - closing.at(x - w.close);
            return edge_integral(x - w.open, w.rise) - edge_integral(x - w.close, w.rise);
        };
        double from = bin_edge(edges, first);
        double before = passed(from);
        for (std::int64_t k = first; k < last; ++k) {
            const double to = bin_edge(edges, k + 1);
            const double after = passed(to);
            const double width = after - before;
            part(k, k + 1, edges == nullptr ? width : width / (to - from), width);
            from = to;
            before = after;
        }
    };
    cut(w.first, w.whole_first);
    if (w.whole_first < w.whole_last)
        part(w.whole_first, w.whole_last, 1.0, bin_edge(edges, w.whole_last) - bin_edge(edges, w.whole_first));
    cut(w.whole_last, w.last);
}

// What is the same for all traces.
struct InstantGatePlan {
    TraceTile tile;
    BinPlaces at;
    SoftEdge soft, hard{0};

    FL_HD InstantGatePlan(const InstantGateTask& task, const TimeGate::Coefficients& c)
        : tile(gated_tile(task)), at(bin_places_of(task.held)), soft(c.rise) {}
};

FL_HD inline WindowSums held_sums(const GateWindow& w, const SoftEdge& soft, const float* edges, const HeldSum& value,
                                  const HeldSum& variance) {
    WindowSums sums;
    const bool alike = value.prefix == variance.prefix;
    each_part(w, soft, edges, [&](std::int64_t from, std::int64_t to, double weight, double width) {
        const double y = weight * value.units_between(from, to);
        sums.value += y;
        sums.variance += weight * (alike ? y : weight * variance.units_between(from, to));
        sums.width += width;
    });
    sums.value *= value.unit;
    sums.variance *= variance.unit;
    return sums;
}

// As time_gate's add_signal: values by the gate on even bins, variance by the counts within reach.
FL_HD inline void add_held_signal(const HeldTraces& held, std::int64_t trace, const InstantGatePlan& plan,
                                  GatedTrace& g) {
    const BinPlaces& at = plan.at;
    const HeldSum value = held_value(held, trace), variance = held_variance(held, trace);
    const double gain = static_cast<double>(held.gain[trace]);
    g.in_gate = held_sums(g.gate, plan.soft, at.of_gated, value, variance);
    g.in_gate.variance = 0;
    each_part(g.reach, plan.hard, at.of_counts, [&](std::int64_t from, std::int64_t to, double weight, double) {
        g.in_gate.variance += weight * variance.between(from, to) / (gain * gain);
    });
    if (g.lead_bins > 0)
        g.in_lead = {0, value.between(0, g.lead_bins), variance.between(0, g.lead_bins) / (gain * gain),
                     bin_edge(at.of_gated, g.lead_bins)};
}

FL_HD inline void add_held_counts(const HeldTraces& held, std::int64_t trace, const InstantGatePlan& plan,
                                  GatedTrace& g) {
    const BinPlaces& at = plan.at;
    const HeldSum value = held_value(held, trace), variance = held_variance(held, trace);
    g.in_gate = held_sums(g.gate, plan.soft, at.of_gated, value, variance);
    g.in_late = held_sums(g.late, plan.hard, at.of_gated, value, variance);
    if (g.lead_bins > 0)
        g.in_lead = {0, value.between(0, g.lead_bins), variance.between(0, g.lead_bins),
                     bin_edge(at.of_counts, g.lead_bins) - bin_edge(at.of_counts, 0)};
}

// `g`: the windows of the trace; its sums are added here.
FL_HD inline void gate_held_trace(const InstantGateTask& task, const InstantGatePlan& plan, std::int64_t trace,
                                  const TimeGate::Coefficients& c, GatedTrace& g) {
    const HeldTraces& held = task.held;
    task.flags[trace] = held.flags[trace];
    g.total = static_cast<double>(held.total[trace]);
    if (held.of_signal) add_held_signal(held, trace, plan, g);
    else add_held_counts(held, trace, plan, g);
    write_gated(plan.tile, trace, c, g);
}

}  // namespace firstlight
