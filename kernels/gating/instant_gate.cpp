#include "kernels/gating/instant_gate.hpp"

#include <algorithm>
#include <array>
#include <new>

#include "kernels/gating/instant_gate_soft.hpp"
#include "kernels/gating/instant_gate_trace.hpp"
#include "kernels/support/parallel_for.hpp"

namespace firstlight {
namespace {

constexpr std::int64_t side_by_side = 2 * held_lanes;  // traces whose reads are under way at once
constexpr std::int64_t grain = 1024;

// A read from main memory takes longer than the arithmetic: lines of the cache are asked for before they are needed.
// What lies between the edges is not read.
void ask_for(const HeldTraces& held, std::int64_t trace, const GatedTrace& g) {
    const std::int64_t start = held.start(trace);
    for (const std::uint32_t* prefixes : {held.value == nullptr ? held.counts : held.value, held.variance}) {
        if (prefixes == nullptr) continue;
        const auto ask = [p = prefixes + start](std::int64_t step) { __builtin_prefetch(p + step * held_lanes); };
        ask(0);
        ask(g.lead_bins);
        for (std::int64_t k = g.gate.first; k <= g.gate.whole_first; ++k) ask(k);
        for (std::int64_t k = g.gate.whole_last; k <= g.gate.last; ++k) ask(k);
        ask(g.late.last - 1);
        ask(g.late.last);
    }
}

FL_SIMD void gate_traces(const InstantGateTask& task, std::int64_t begin, std::int64_t end,
                         const TimeGate::Coefficients& c) {
    const HeldTraces& held = task.held;
    const InstantGatePlan plan(task, c);
    std::array<GatedTrace, side_by_side> gated;
    for (std::int64_t first = begin; first < end; first += side_by_side) {
        const std::int64_t n = std::min(side_by_side, end - first);
        for (std::int64_t i = 0; i < n; ++i) {
            GatedTrace& g = gated[static_cast<std::size_t>(i)];
            ::new (&g)
                GatedTrace(gated_windows(plan.at, static_cast<double>(held.arrival[first + i]), c));  // in its place
            ask_for(held, first + i, g);
        }
        for (std::int64_t i = 0; i < n; ++i)
            gate_held_trace(task, plan, first + i, c, gated[static_cast<std::size_t>(i)]);
    }
}

// Hard edges on even bins, the usual case: a sum is the difference of two interpolated prefixes, the same few
// instructions for every trace. What is found is what gated_windows() and held_sums() find.
struct HardEdge {
    std::int64_t bin = 0;  // that holds it
    double after = 0;      // its place in the bin, 0..1
};

inline HardEdge hard_edge(double x, std::int64_t steps) {
    const auto bin = std::min(static_cast<std::int64_t>(x), steps - 1);  // x >= 0
    return {bin, x - static_cast<double>(bin)};
}

// Counts between two edges, with those of cut bins in proportion to `power` 1 (values) or 2 (variances) of their share.
template <int power>
inline double hard_sum(const HeldSum& sum, const HardEdge& open, const HardEdge& close) {
    const auto weight = [](double share) { return power == 1 ? share : share * share; };
    const double first = sum.units_between(open.bin, open.bin + 1);
    if (open.bin == close.bin) return weight(close.after - open.after) * first;
    return weight(1 - open.after) * first + sum.units_between(open.bin + 1, close.bin) +
           weight(close.after) * sum.units_between(close.bin, close.bin + 1);
}

struct HardWindows {
    HardEdge open, close, late;  // `late`: the end of the late window, which begins where the gate closes
    std::int64_t lead = 0;
    bool inside = false, late_inside = false;
};

inline HardWindows hard_windows(double arrival, std::int64_t steps, const TimeGate::Coefficients& c) {
    HardWindows w;
    const auto end = static_cast<double>(steps);
    const double open = arrival + c.open, close = arrival + c.close, late = close + c.late;
    w.inside = open >= 0 && close <= end;  // false for NaN
    if (c.background == TimeGate::Background::before_light) {
        const double lead = arrival - c.guard;
        w.lead = lead >= end ? steps : lead >= 0 ? static_cast<std::int64_t>(lead) : 0;
        w.inside = w.inside && w.lead > 0;
    }
    if (w.inside) w.open = hard_edge(open, steps);
    if (w.inside) w.close = hard_edge(close, steps);
    w.late_inside = c.shares != nullptr && w.inside && close >= 0 && late <= end;
    if (w.late_inside) w.late = hard_edge(late, steps);
    return w;
}

FL_SIMD void gate_hard(const InstantGateTask& task, std::int64_t begin, std::int64_t end,
                       const TimeGate::Coefficients& c) {
    const HeldTraces& held = task.held;
    const InstantGatePlan plan(task, c);
    const std::uint32_t* values = held.value == nullptr ? held.counts : held.value;
    const std::uint32_t* variances = held.variance == nullptr ? held.counts : held.variance;
    std::array<HardWindows, side_by_side> windows;
    for (std::int64_t first = begin; first < end; first += side_by_side) {
        const std::int64_t n = std::min(side_by_side, end - first);
        for (std::int64_t i = 0; i < n; ++i) {
            HardWindows& w = windows[static_cast<std::size_t>(i)];
            w = hard_windows(static_cast<double>(held.arrival[first + i]), held.steps, c);
            for (const std::uint32_t* prefix : {values, variances == values ? nullptr : variances}) {
                if (prefix == nullptr) continue;
                prefix += held.start(first + i);
                __builtin_prefetch(prefix);
                for (const std::int64_t step :
                     {w.lead, w.open.bin, w.open.bin + 1, w.close.bin, w.close.bin + 1, w.late.bin, w.late.bin + 1})
                    __builtin_prefetch(prefix + step * held_lanes);
            }
        }
        for (std::int64_t i = 0; i < n; ++i) {
            const std::int64_t trace = first + i;
            const HardWindows& w = windows[static_cast<std::size_t>(i)];
            const HeldSum value = held_value(held, trace), variance = held_variance(held, trace);
            task.flags[trace] = held.flags[trace];
            GatedTrace g;
            g.total = static_cast<double>(held.total[trace]);
            g.gate.inside = w.inside;
            g.late.inside = w.late_inside;
            g.lead_bins = w.lead;
            if (w.inside) {
                g.in_gate.value = value.unit * hard_sum<1>(value, w.open, w.close);
                g.in_gate.variance = variance.unit * hard_sum<2>(variance, w.open, w.close);
                g.in_gate.width = c.close - c.open;
            }
            if (w.late_inside) {
                g.in_late.value = value.unit * hard_sum<1>(value, w.close, w.late);
                g.in_late.width = c.late;
            }
            if (w.lead > 0)
                g.in_lead = {0, value.between(0, w.lead), variance.between(0, w.lead), static_cast<double>(w.lead)};
            write_gated(plan.tile, trace, c, g);
        }
    }
}

}  // namespace

void InstantGate::on_cpu(const InstantGateTask& task, const Coefficients& c) {
    const std::int64_t traces = task.held.traces();
    const bool even = task.held.edges == nullptr && !task.held.of_signal;
    if (even && !(c.rise > 0)) {
        parallel_for(traces, grain, [&](std::int64_t begin, std::int64_t end) { gate_hard(task, begin, end, c); });
        return;
    }
    const std::int64_t done = gate_soft_groups(task, c);
    parallel_for(traces - done, grain,
                 [&](std::int64_t begin, std::int64_t end) { gate_traces(task, done + begin, done + end, c); });
}

}  // namespace firstlight
