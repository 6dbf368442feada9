#include "kernels/gating/component_bins.hpp"

namespace firstlight {
namespace {

constexpr int lanes = bin_lanes;
using Floats = float __attribute__((vector_size(lanes * sizeof(float))));
using Whole = std::int32_t __attribute__((vector_size(lanes * sizeof(std::int32_t))));
using Loaded = float __attribute__((vector_size(lanes * sizeof(float)), aligned(4), may_alias));

struct RawSums {
    Floats gradient[most_parameters];
    Floats information[information_size];
    Floats lowest;
};

// value[]: amplitudes. `observed`: 1 for observed information, 0 for expected.
#define FL_LOAD(from) *reinterpret_cast<const Loaded*>(from)
template <int N>
FL_INLINE void sum_bins(const TraceBins& bins, const float* value, float observed, RawSums& out) {
    Floats gradient[N] = {};
    Floats information[N * (N + 1) / 2] = {};
    Floats lowest = Floats{} + 1e30F;
    for (std::size_t i = 0; i < bins.padded; i += lanes) {
        Floats part[N];
        Floats mean = Floats{} + pedestal;
        for (int j = 0; j < component_count; ++j) {
            part[j] = FL_LOAD(bins.part[j].data() + i);
            mean += value[j] * part[j];
        }
        if constexpr (N > arrival_parameter) {
            part[arrival_parameter] = Floats{};
            for (int j = 0; j < 3; ++j) part[arrival_parameter] += value[j] * FL_LOAD(bins.slope[j].data() + i);
        }
        const Floats inverse = 1.0F / mean;
        const Floats excess = FL_LOAD(bins.y.data() + i) * inverse - 1.0F;
        const Floats weight = inverse + observed * inverse * excess;
        lowest = mean < lowest ? mean : lowest;
        for (int j = 0; j < N; ++j) {
            gradient[j] += part[j] * excess;
            const Floats weighted = part[j] * weight;
            for (int k = 0; k <= j; ++k) information[packed(j, k)] += weighted * part[k];
        }
    }
    for (int j = 0; j < N; ++j) out.gradient[j] = gradient[j];
    for (int j = 0; j < N * (N + 1) / 2; ++j) out.information[j] = information[j];
    out.lowest = lowest;
}

FL_SIMD void sum_amplitudes(const TraceBins& bins, const float* value, float observed, RawSums& out) {
    sum_bins<component_count>(bins, value, observed, out);
}
FL_SIMD void sum_with_arrival(const TraceBins& bins, const float* value, float observed, RawSums& out) {
    sum_bins<most_parameters>(bins, value, observed, out);
}

double sum_of(const Floats& values) {
    double sum = 0;
    for (int k = 0; k < lanes; ++k) sum += static_cast<double>(values[k]);
    return sum;
}

// part[k] = scale * (from[k] + share * (to[k] - from[k])), and the slope where asked for.
FL_SIMD void interpolate(const float* from, const float* to, float share, float scale, std::size_t n, float* part) {
    for (std::size_t k = 0; k < n; ++k) part[k] = scale * (from[k] + share * (to[k] - from[k]));
}
FL_SIMD void interpolate_slope(const float* from, const float* to, float scale, std::size_t n, float* slope) {
    for (std::size_t k = 0; k < n; ++k) slope[k] = scale * (to[k] - from[k]);
}
FL_SIMD void multiply(const float* by, std::size_t n, float* values) {
    for (std::size_t k = 0; k < n; ++k) values[k] *= by[k];
}

// The curves at a window's arrival.
void place_curves(const TraceTile& tile, std::int64_t trace, const ComponentFit::Coefficients& c, const FitWindow& w,
                  TraceBins& bins) {
    const DetectorModel& m = tile.model;
    const float gain = m.gain == nullptr ? 1.0F : m.gain[trace];
    const auto n = static_cast<std::size_t>(w.last - w.first);
    const float* live = m.live == nullptr ? nullptr : m.live + trace * tile.counts.bins + w.first;
    for (int j = 0; j < 3; ++j) {
        if (!c.present[j]) continue;
        float* part = bins.part[j].data();
        float* slope = bins.by_arrival ? bins.slope[j].data() : nullptr;
        if (m.edges == nullptr) {
            const float* from = c.table.bin + (j * (curve_phases + 1) + w.phase) * c.table.bins + (w.first - w.base);
            interpolate(from, from + c.table.bins, w.part, gain, n, part);
            if (slope != nullptr) interpolate_slope(from, from + c.table.bins, gain * curve_phases, n, slope);
        } else {
            double before = cumulative_at(c.table, j, static_cast<double>(m.edges[w.first]) - w.arrival);
            for (std::size_t k = 0; k < n; ++k) {
                const auto i = w.first + static_cast<std::int64_t>(k);
                const double until = cumulative_at(c.table, j, static_cast<double>(m.edges[i + 1]) - w.arrival);
                part[k] = gain * static_cast<float>(until - before);
                if (slope != nullptr) slope[k] = gain * slope_at(c.table, w, m.edges, j, i);
                before = until;
            }
        }
        if (live == nullptr) continue;
        multiply(live, n, part);
        if (slope != nullptr) multiply(live, n, slope);
    }
}

// Padding adds nothing to speak of.
FL_SIMD DevianceSums deviance_sums(const TraceBins& bins, const float* value) {
    Floats found{};
    Floats expected{};
    for (std::size_t i = 0; i < bins.padded; i += lanes) {
        Floats mean{};
        for (int j = 0; j < component_count; ++j) mean += value[j] * FL_LOAD(bins.part[j].data() + i);
        mean = mean > lowest_mean ? mean : Floats{} + lowest_mean;
        const Floats y = FL_LOAD(bins.y.data() + i) - pedestal;
        Floats one{};
        deviance<Whole>(y, mean, one);
        found += one;
        expected_deviance<Whole>(mean, one);
        expected += one;
    }
    DevianceSums sums;
    for (int k = 0; k < lanes; ++k) {
        sums.deviance += static_cast<double>(found[k]);
        sums.expected += static_cast<double>(expected[k]);
    }
    sums.bins = static_cast<double>(bins.n);
    return sums;
}
#undef FL_LOAD

}  // namespace

LeadBins fill_bins(const TraceTile& tile, std::int64_t trace, const ComponentFit::Coefficients& c, const FitWindow& w,
                   TraceBins& bins) {
    const DetectorModel& m = tile.model;
    const std::int64_t all = tile.counts.bins;
    const auto n = static_cast<std::size_t>(w.last - w.first);
    visit_counts(tile.counts, [&](const auto* counts) {
        const auto* y = counts + trace * all + w.first;
        for (std::size_t k = 0; k < n; ++k) bins.y[k] = static_cast<float>(y[k]) + pedestal;
    });
    float* width = bins.part[background_part].data();
    for (std::size_t k = 0; k < n; ++k) {
        const auto i = w.first + static_cast<std::int64_t>(k);
        width[k] = m.edges == nullptr ? 1.0F : m.edges[i + 1] - m.edges[i];
    }
    if (m.live != nullptr) multiply(m.live + trace * all + w.first, n, width);
    LeadBins lead;
    lead.counts = sum_counts(tile.counts, trace, 0, w.first);
    if (m.live == nullptr && m.edges == nullptr) lead.width = static_cast<double>(w.first);
    else
        for (std::int64_t i = 0; i < w.first; ++i) lead.width += live_width(m, all, trace, i);
    bins.n = n + (w.first > 0 ? 1 : 0);
    bins.padded = (bins.n + lanes - 1) / lanes * lanes;
    for (std::size_t k = n; k < bins.padded; ++k) {
        bins.y[k] = pedestal;
        for (auto& part : bins.part) part[k] = 0;
        for (auto& slope : bins.slope)
            if (bins.by_arrival) slope[k] = 0;
    }
    if (w.first > 0) {
        bins.y[n] += static_cast<float>(lead.counts);
        width[n] = static_cast<float>(lead.width);
    }
    place_curves(tile, trace, c, w, bins);
    return lead;
}

FitSums TraceSums::operator()(const double* value, bool expected) {
    FitSums sums;
    if (parameters > arrival_parameter && value[arrival_parameter] != window.arrival) {
        window = moved_window(c.table, window, value[arrival_parameter]);
        place_curves(tile, trace, c, window, bins);
    }
    float amplitudes[component_count];
    for (int j = 0; j < component_count; ++j) amplitudes[j] = static_cast<float>(value[j]);
    RawSums raw;
    (parameters > arrival_parameter ? sum_with_arrival : sum_amplitudes)(bins, amplitudes, expected ? 0.0F : 1.0F, raw);
    float lowest = raw.lowest[0];
    for (int k = 1; k < lanes; ++k) lowest = raw.lowest[k] < lowest ? raw.lowest[k] : lowest;
    sums.valid = lowest > lowest_expected;
    for (int j = 0; j < parameters; ++j) sums.gradient[j] = sum_of(raw.gradient[j]);
    for (int j = 0; j < packed(parameters, 0); ++j) sums.information[j] = sum_of(raw.information[j]);
    return sums;
}

DevianceSums deviance_of(const TraceBins& bins, const FitState& state) {
    float value[component_count];
    for (int j = 0; j < component_count; ++j) value[j] = static_cast<float>(state.value[j]);
    return deviance_sums(bins, value);
}

bool fit_on_cpu(const TraceTile& tile, std::int64_t trace, const ComponentFit::Coefficients& c, double total,
                TraceBins& bins, FitState& state) {
    const DetectorModel& m = tile.model;
    const std::int64_t all = tile.counts.bins;
    const FitWindow window = fit_window(c.table, all, static_cast<double>(m.arrival[trace]));
    if (tile.is_masked(trace) || !response_inside(c.table, m.edges, all, window)) return false;
    const LeadBins lead = fill_bins(tile, trace, c, window, bins);
    double width = 0;
    for (std::size_t k = 0; k < static_cast<std::size_t>(window.last - window.first); ++k)
        width += static_cast<double>(bins.part[background_part][k]);
    start_values(c, lead, total - lead.counts, width, m.dark == nullptr ? 0.0 : static_cast<double>(m.dark[trace]),
                 m.gain == nullptr ? 1.0 : static_cast<double>(m.gain[trace]), state);
    TraceSums sums{tile, trace, c, bins, window};
    fit_trace(c, sums, window.arrival, state);
    return true;
}

ExpectedParts expected_parts(const TraceTile& tile, std::int64_t trace, const ComponentFit::Coefficients& c,
                             const FitState& state) {
    const DetectorModel& m = tile.model;
    const std::int64_t all = tile.counts.bins;
    const FitWindow window = moved_window(c.table, fit_window(c.table, all, static_cast<double>(m.arrival[trace])),
                                          state.value[arrival_parameter]);
    const double gain = m.gain == nullptr ? 1.0 : static_cast<double>(m.gain[trace]);
    ExpectedParts parts;
    for (int j = 0; j < component_count; ++j) {
        // A background that is not fitted is the model's, and is expected all the same.
        if (!c.present[j] && j != background_part) continue;
        std::vector<double>& counts = parts.counts[j];
        counts.assign(static_cast<std::size_t>(all), 0.0);
        for (std::int64_t i = 0; i < all; ++i) {
            double& expected = counts[static_cast<std::size_t>(i)];
            if (j == background_part) {
                expected = state.value[j] * live_width(m, all, trace, i);
            } else if (i >= window.first && i < window.last) {
                const double live = m.live == nullptr ? 1.0 : static_cast<double>(m.live[trace * all + i]);
                expected = state.value[j] * gain * live * static_cast<double>(curve_at(c.table, window, m.edges, j, i));
            }
        }
    }
    return parts;
}

}  // namespace firstlight
