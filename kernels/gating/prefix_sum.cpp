#include "kernels/gating/prefix_sum.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <type_traits>

#include "kernels/gating/prefix_sum_trace.hpp"

namespace firstlight {
namespace {

// Traces side by side in the tile whose pixels are of one group.
struct Lanes {
    std::int64_t trace = 0, pixel = 0, n = 0;
};

// Whole counts in units of 1: plain sums. `n`: of traces, known when compiled for a full group.
template <class T, class N>
void add_up_whole(const T* y, const HeldTraces& held, std::uint32_t* prefix, N n) {
    std::array<std::uint32_t, held_lanes> sum{};
    const auto store = [&] {
        for (std::int64_t l = 0; l < n; ++l) prefix[l] = sum[static_cast<std::size_t>(l)];
        prefix += held_lanes;
    };
    store();
    for (std::int64_t begin = 0; begin < held.bins; begin += held.step) {
        const std::int64_t end = std::min(begin + held.step, held.bins);
        for (std::int64_t i = begin; i < end; ++i)
            for (std::int64_t l = 0; l < n; ++l)
                sum[static_cast<std::size_t>(l)] += static_cast<std::uint32_t>(y[l * held.bins + i]);
        store();
    }
}

// value(i) is what bin i adds.
template <class F>
void add_up(const F& value, const HeldTraces& held, double unit, std::uint32_t* prefix) {
    const double per_unit = unit > 0 ? 1 / unit : 0;
    double sum = 0;
    *prefix = 0;
    for (std::int64_t begin = 0; begin < held.bins; begin += held.step) {
        const std::int64_t end = std::min(begin + held.step, held.bins);
        if (per_unit > 0)
            for (std::int64_t i = begin; i < end; ++i) sum += value(i) * per_unit;
        *(prefix += held_lanes) = rounded(sum);
    }
}

template <class F>
double bound_of(const F& value, std::int64_t bins) {
    constexpr std::int64_t parts = 4;
    double part[parts] = {};
    std::int64_t i = 0;
    for (; i + parts <= bins; i += parts)
        for (std::int64_t k = 0; k < parts; ++k) part[k] += std::abs(value(i + k));
    for (; i < bins; ++i) part[0] += std::abs(value(i));
    return (part[0] + part[1]) + (part[2] + part[3]);
}

void hold_counts(const PrefixSumTask& task, const Lanes& lanes) {
    const HeldTraces& held = task.held;
    const CountType type = task.tile.counts.type;
    bool whole = type != CountType::f4;
    for (std::int64_t l = 0; l < lanes.n; ++l) {
        const double total = sum_counts(task.tile.counts, lanes.trace + l, 0, held.bins);
        held.total[lanes.pixel + l] = static_cast<float>(total);
        whole = whole && count_unit_for(type, total) == 1;
    }
    std::uint32_t* prefix = held.counts + held.start(lanes.pixel);
    visit_counts(task.tile.counts, [&](const auto* y) {
        const auto* mine = y + lanes.trace * held.bins;
        if (whole) {
            std::fill_n(held.count_unit + lanes.pixel, lanes.n, 1.0F);
            if (lanes.n == held_lanes)
                add_up_whole(mine, held, prefix, std::integral_constant<std::int64_t, held_lanes>());
            else add_up_whole(mine, held, prefix, lanes.n);
            return;
        }
        for (std::int64_t l = 0; l < lanes.n; ++l) {
            const auto value = [from = mine + l * held.bins](std::int64_t i) { return static_cast<double>(from[i]); };
            const double unit = count_unit_for(type, bound_of(value, held.bins));
            held.count_unit[lanes.pixel + l] = static_cast<float>(unit);
            add_up(value, held, unit, prefix + l);
        }
    });
}

template <class F>
void hold_others(const F& value, const HeldTraces& held, const Lanes& lanes, std::uint32_t* prefixes, float* units) {
    if (prefixes == nullptr) return;
    for (std::int64_t l = 0; l < lanes.n; ++l) {
        const auto mine = [&](std::int64_t i) { return value(lanes.trace + l, i); };
        const double unit = unit_for(bound_of(mine, held.bins));
        units[lanes.pixel + l] = static_cast<float>(unit);
        add_up(mine, held, unit, prefixes + held.start(lanes.pixel + l));
    }
}

}  // namespace

void PrefixSum::on_cpu(const PrefixSumTask& task, const Coefficients& /*c*/) {
    const HeldTraces& held = task.held;
    for (std::int64_t i = 0; i < task.inner.traces();) {
        Lanes lanes{task.trace(i), task.inner.pixel(i), 0};
        lanes.n = std::min(held_lanes - lanes.pixel % held_lanes, task.inner.columns - i % task.inner.columns);
        if (lanes.pixel == 0)
            for (std::int64_t k = 0; k <= held.steps; ++k) hold_edge(task, k);
        for (std::int64_t l = 0; l < lanes.n; ++l) hold_model(task, lanes.trace + l, lanes.pixel + l);
        hold_counts(task, lanes);
        hold_others([&](std::int64_t t, std::int64_t b) { return value_of(task, t, b); }, held, lanes, held.value,
                    held.value_unit);
        hold_others([&](std::int64_t t, std::int64_t b) { return variance_of(task, t, b); }, held, lanes, held.variance,
                    held.variance_unit);
        i += lanes.n;
    }
}

}  // namespace firstlight
