#include "kernels/gating/instant_gate_soft.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/gating/instant_gate_trace.hpp"
#include "kernels/support/parallel_for.hpp"

namespace firstlight {
namespace {

constexpr std::int64_t grain = 64;  // groups

// 16 traces that share lines of the cache are summed at once, each step of the sums as a few vector
// instructions without branches. What is found is what gated_windows() and held_sums() find.
using Lanes = std::array<double, held_lanes>;
using Steps = std::array<std::int32_t, held_lanes>;
constexpr std::size_t lanes = held_lanes, groups_at_once = 2;

// edge_integral without branches, for all x.
FL_INLINE double edge_place(double x, double half, double swing, double angle) {
    const double low = x < -half ? -half : x, on = low > half ? half : low;
    const double turned = angle * on, q = turned * turned;  // |turned| <= pi / 2
    // The cosine to 1e-14: its series by Horner's scheme.
    double cosine = 1 - q * (1.0 / (18 * 17));
    cosine = 1 - q * (1.0 / (16 * 15)) * cosine;
    cosine = 1 - q * (1.0 / (14 * 13)) * cosine;
    cosine = 1 - q * (1.0 / (12 * 11)) * cosine;
    cosine = 1 - q * (1.0 / (10 * 9)) * cosine;
    cosine = 1 - q * (1.0 / (8 * 7)) * cosine;
    cosine = 1 - q * (1.0 / (6 * 5)) * cosine;
    cosine = 1 - q * (1.0 / (4 * 3)) * cosine;
    cosine = 1 - q * (1.0 / (2 * 1)) * cosine;
    const double beyond = x - half;
    return (on + half) / 2 - swing * cosine + (beyond > 0 ? beyond : 0.0);
}

struct EvenPlan {
    TimeGate::Coefficients c;
    SoftEdge soft;
    std::int32_t steps = 0;
    std::int32_t cut = 1;  // steps from the first one that an edge touches to the last

    EvenPlan(const InstantGateTask& task, const TimeGate::Coefficients& of)
        : c(of),
          soft(of.rise),
          steps(static_cast<std::int32_t>(task.held.steps)),
          cut(static_cast<std::int32_t>(of.rise) + 2) {}

    // No step is cut by both edges of a window.
    static bool serves(const InstantGateTask& task, const TimeGate::Coefficients& c) {
        return task.held.edges == nullptr && !task.held.of_signal && c.close - c.open >= std::floor(c.rise) + 3 &&
               (c.shares == nullptr || c.late >= 2) && task.held.steps * held_lanes < (std::int64_t{1} << 30);
    }
};

struct EvenWindows {
    Lanes open{}, close{}, late_from{}, late_to{};
    Steps opens{}, closes{}, late_opens{}, late_closes{}, lead{};  // the steps that hold where edges begin
    Steps inside{}, late_inside{};                                 // 1 where the data hold all of it
};

FL_INLINE void find_windows(const EvenPlan& plan, const float* arrivals, EvenWindows& w) {
    const auto end = static_cast<double>(plan.steps);
    const double half = plan.soft.half;
    const bool with_lead = plan.c.background == TimeGate::Background::before_light;
    const bool with_late = plan.c.shares != nullptr;
    const auto step_of = [end](double x) {  // NaN: 0; what is not inside is not used
        const double low = x > 0 ? x : 0.0;
        return static_cast<std::int32_t>(low < end ? low : end);
    };
    for (std::size_t l = 0; l < lanes; ++l) {
        const auto arrival = static_cast<double>(arrivals[l]);
        w.open[l] = arrival + plan.c.open;
        w.close[l] = arrival + plan.c.close;
        w.late_from[l] = w.close[l] + half;
        w.late_to[l] = w.late_from[l] + plan.c.late;
        w.opens[l] = step_of(w.open[l] - half);
        w.closes[l] = step_of(w.close[l] - half);
        w.late_opens[l] = step_of(w.late_from[l]);
        w.late_closes[l] = step_of(w.late_to[l]);
        w.lead[l] = with_lead ? step_of(arrival - plan.c.guard) : 0;
        const bool in = (w.open[l] - half >= 0) & (w.close[l] + half <= end) & (!with_lead | (w.lead[l] > 0));
        w.inside[l] = in ? 1 : 0;
        w.late_inside[l] = in & with_late & (w.late_to[l] <= end) ? 1 : 0;
    }
}

// Asks for the lines of steps [from, from + more] of all lanes; `prefix` is that of the group.
inline void ask_for(const std::uint32_t* prefix, const Steps& from, std::int32_t more) {
    const auto [low, high] = std::minmax_element(from.begin(), from.end());
    if (*high - *low <= held_lanes) {
        for (std::int32_t k = *low; k <= *high + more; ++k) __builtin_prefetch(prefix + k * held_lanes);
        return;
    }
    for (const std::int32_t first : from)
        for (std::int32_t k = first; k <= first + more; ++k) __builtin_prefetch(prefix + k * held_lanes);
}

inline void ask_for(const EvenPlan& plan, const std::uint32_t* prefix, const EvenWindows& w) {
    __builtin_prefetch(prefix);
    ask_for(prefix, w.opens, plan.cut);
    ask_for(prefix, w.closes, plan.cut);
    if (plan.c.shares != nullptr) {
        ask_for(prefix, w.late_opens, 1);
        ask_for(prefix, w.late_closes, 1);
    }
    if (plan.c.background == TimeGate::Background::before_light) ask_for(prefix, w.lead, 0);
}

using Prefixes = std::array<std::uint32_t, lanes>;

// Sums before step `at` of each lane; those of later steps than there are: of the whole trace.
FL_INLINE Prefixes prefixes(const std::uint32_t* group, const Steps& at, std::int32_t more, std::int32_t steps) {
    Prefixes found;
    for (std::size_t l = 0; l < lanes; ++l) {
        const std::int64_t step = std::min(at[l] + more, steps);
        found[l] = group[step * held_lanes + static_cast<std::int64_t>(l)];
    }
    return found;
}

FL_INLINE Lanes units_between(const Prefixes& from, const Prefixes& to) {
    Lanes units;
    for (std::size_t l = 0; l < lanes; ++l) units[l] = static_cast<double>(static_cast<std::int32_t>(to[l] - from[l]));
    return units;
}

struct EvenSums {
    Lanes value{}, variance{}, late{}, lead{}, lead_variance{};  // in units of the traces
};

// The steps that an edge cuts, by their share (closing: what is left of it), its square for variances.
template <bool closing, bool alike>
FL_INLINE void add_edge(const EvenPlan& plan, const std::uint32_t* values, const std::uint32_t* variances,
                        const Lanes& at, const Steps& first, EvenSums& sums) {
    const double half = plan.soft.half, swing = plan.soft.swing, angle = plan.soft.angle;
    Lanes x, before, value = sums.value, variance = sums.variance;
    for (std::size_t l = 0; l < lanes; ++l) {
        x[l] = static_cast<double>(first[l]) - at[l];
        before[l] = edge_place(x[l], half, swing, angle);
    }
    Prefixes from = prefixes(values, first, 0, plan.steps), variance_from = prefixes(variances, first, 0, plan.steps);
    for (std::int32_t k = 1; k <= plan.cut; ++k) {
        const Prefixes to = prefixes(values, first, k, plan.steps);
        const Lanes y = units_between(from, to);
        from = to;
        Lanes variance_y = y;
        if (!alike) {
            const Prefixes variance_to = prefixes(variances, first, k, plan.steps);
            variance_y = units_between(variance_from, variance_to);
            variance_from = variance_to;
        }
        const auto on = static_cast<double>(k);
        for (std::size_t l = 0; l < lanes; ++l) {
            const double after = edge_place(x[l] + on, half, swing, angle);
            const double share = after - before[l], weight = closing ? 1 - share : share;
            before[l] = after;
            value[l] += weight * y[l];
            variance[l] += weight * weight * variance_y[l];
        }
    }
    sums.value = value;
    sums.variance = variance;
}

template <bool alike>
FL_INLINE void sum_group(const EvenPlan& plan, const std::uint32_t* values, const std::uint32_t* variances,
                         const EvenWindows& w, EvenSums& sums) {
    const std::int32_t steps = plan.steps;
    const auto whole = [&](const std::uint32_t* of) {
        return units_between(prefixes(of, w.opens, plan.cut, steps), prefixes(of, w.closes, 0, steps));
    };
    const auto lead = [&](const std::uint32_t* of) {
        return units_between(prefixes(of, Steps{}, 0, steps), prefixes(of, w.lead, 0, steps));
    };
    sums.value = whole(values);
    sums.variance = alike ? sums.value : whole(variances);
    sums.lead = lead(values);
    sums.lead_variance = alike ? sums.lead : lead(variances);
    add_edge<false, alike>(plan, values, variances, w.open, w.opens, sums);
    add_edge<true, alike>(plan, values, variances, w.close, w.closes, sums);
    if (plan.c.shares == nullptr) return;
    const Prefixes first = prefixes(values, w.late_opens, 0, steps), second = prefixes(values, w.late_opens, 1, steps),
                   last = prefixes(values, w.late_closes, 0, steps), end = prefixes(values, w.late_closes, 1, steps);
    const Lanes cut = units_between(first, second), kept = units_between(second, last), part = units_between(last, end);
    for (std::size_t l = 0; l < lanes; ++l)
        sums.late[l] = (1 - (w.late_from[l] - static_cast<double>(w.late_opens[l]))) * cut[l] + kept[l] +
                       (w.late_to[l] - static_cast<double>(w.late_closes[l])) * part[l];
}

// `group`: held_lanes traces, all of them of the view.
FL_INLINE void write_group(const InstantGateTask& task, const EvenPlan& plan, const TraceTile& tile, std::int64_t group,
                           const EvenWindows& w, const EvenSums& sums) {
    const HeldTraces& held = task.held;
    GatedTrace g;
    g.in_gate.width = plan.c.close - plan.c.open;
    g.in_late.width = plan.c.late;
    for (std::size_t l = 0; l < lanes; ++l) {
        const std::int64_t trace = group * held_lanes + static_cast<std::int64_t>(l);
        const double unit = held_value(held, trace).unit, variance_unit = held_variance(held, trace).unit;
        task.flags[trace] = held.flags[trace];
        g.total = static_cast<double>(held.total[trace]);
        g.gate.inside = w.inside[l] != 0;
        g.late.inside = w.late_inside[l] != 0;
        g.lead_bins = w.lead[l];
        g.in_gate.value = unit * sums.value[l];
        g.in_gate.variance = variance_unit * sums.variance[l];
        g.in_late.value = unit * sums.late[l];
        g.in_lead.value = unit * sums.lead[l];
        g.in_lead.variance = variance_unit * sums.lead_variance[l];
        g.in_lead.width = static_cast<double>(w.lead[l]);
        write_gated(tile, trace, plan.c, g);
    }
}

FL_SIMD void gate_even(const InstantGateTask& task, std::int64_t begin, std::int64_t end,
                       const TimeGate::Coefficients& c) {
    const HeldTraces& held = task.held;
    const EvenPlan plan(task, c);
    const TraceTile tile = gated_tile(task);
    const std::uint32_t* values = held.value == nullptr ? held.counts : held.value;
    const std::uint32_t* variances = held.variance == nullptr ? held.counts : held.variance;
    std::array<EvenWindows, groups_at_once> windows;
    EvenSums sums;
    for (std::int64_t first = begin; first < end; first += static_cast<std::int64_t>(groups_at_once)) {
        const std::int64_t n = std::min(static_cast<std::int64_t>(groups_at_once), end - first);
        for (std::int64_t i = 0; i < n; ++i) {
            EvenWindows& w = windows[static_cast<std::size_t>(i)];
            find_windows(plan, held.arrival + (first + i) * held_lanes, w);
            const std::int64_t start = held.start((first + i) * held_lanes);
            ask_for(plan, values + start, w);
            if (variances != values) ask_for(plan, variances + start, w);
        }
        for (std::int64_t i = 0; i < n; ++i) {
            const EvenWindows& w = windows[static_cast<std::size_t>(i)];
            const std::int64_t start = held.start((first + i) * held_lanes);
            if (values == variances) sum_group<true>(plan, values + start, values + start, w, sums);
            else sum_group<false>(plan, values + start, variances + start, w, sums);
            write_group(task, plan, tile, first + i, w, sums);
        }
    }
}

}  // namespace

std::int64_t gate_soft_groups(const InstantGateTask& task, const TimeGate::Coefficients& c) {
    if (!EvenPlan::serves(task, c)) return 0;
    const std::int64_t groups = task.held.traces() / held_lanes;
    parallel_for(groups, grain, [&](std::int64_t begin, std::int64_t end) { gate_even(task, begin, end, c); });
    return groups * held_lanes;
}

}  // namespace firstlight
