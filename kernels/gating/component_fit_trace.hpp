// What the CPU and the CUDA version of component_fit do alike for one trace: the bins of the fit, the steps to the
// maximum of the likelihood, and from amplitudes to layers. How sums over bins are taken is the backends' own.
//
// Bins before the response hold background alone, so their counts and widths are one bin of the fit, exactly. To every
// bin `pedestal` counts are added, and as many are expected: this moves no estimate, but lets expectations fall to 0
// (or, for an amplitude below 0, a little beneath) without the likelihood losing its curvature.
#pragma once

#include <cmath>
#include <cstring>

#include "kernels/gating/component_fit.hpp"
#include "kernels/support/trace_sums.hpp"

namespace firstlight {

constexpr float pedestal = 1e-3F;
constexpr float lowest_expected = 1e-6F;  // of a bin with its pedestal
constexpr int most_parameters = 5;        // a, s, d, b, arrival
constexpr int arrival_parameter = 4;
constexpr int information_size = 15;
constexpr int scoring_steps = 2;
constexpr double last_rise =
    1e-5;  // of twice the log-likelihood: a Newton step from there ends 1e-4 sigma from the top

// information[packed(j, k)], j >= k
FL_HD constexpr int packed(int j, int k) { return j * (j + 1) / 2 + k; }

// First and second derivatives of the log-likelihood by the parameters, the latter negative: observed for steps,
// expected (Fisher) where asked for.
struct FitSums {
    double gradient[most_parameters] = {};
    double information[information_size] = {};
    bool valid = true;  // every bin expects counts
};

// The bins of one trace that the curves reach, and where the arrival lies.
struct FitWindow {
    std::int64_t base = 0;  // bin of the trace under bin 0 of the table; may be negative
    std::int64_t first = 0, last = 0;
    int phase = 0;
    float part = 0;  // between phase and phase + 1
    double arrival = 0;
    bool inside = false;
};

FL_HD inline FitWindow fit_window(const CurveTable& table, std::int64_t bins, double arrival) {
    FitWindow w;
    w.arrival = arrival;
    if (!(arrival >= 0 && arrival <= static_cast<double>(bins))) return w;  // NaN too
    const double whole = floor(arrival);
    w.base = static_cast<std::int64_t>(whole) + table.first;
    w.first = w.base + table.margin > 0 ? w.base + table.margin : 0;
    w.last = w.base + table.bins - table.margin < bins ? w.base + table.bins - table.margin : bins;
    const double place = (arrival - whole) * curve_phases;
    w.phase = static_cast<int>(place);
    w.part = static_cast<float>(place - w.phase);
    w.inside = w.last > w.first;
    return w;
}

// The same bins when the arrival moves, by less than the table's margin.
FL_HD inline FitWindow moved_window(const CurveTable& table, const FitWindow& from, double arrival) {
    FitWindow w = from;
    const double whole = floor(arrival);
    const double place = (arrival - whole) * curve_phases;
    w.arrival = arrival;
    w.base = static_cast<std::int64_t>(whole) + table.first;
    w.phase = static_cast<int>(place);
    w.part = static_cast<float>(place - w.phase);
    return w;
}

FL_HD inline double cumulative_at(const CurveTable& table, int part, double x) {
    const std::int64_t size = table.bins * curve_phases + 1;
    const double* values = table.cumulative + part * size;
    const double place = (x - static_cast<double>(table.first)) * curve_phases;
    if (!(place > 0)) return values[0];
    const auto m = static_cast<std::int64_t>(place);
    if (m + 1 >= size) return values[size - 1];
    return values[m] + (place - static_cast<double>(m)) * (values[m + 1] - values[m]);
}

// Nine tenths of the unscattered light lie in the data.
FL_HD inline bool response_inside(const CurveTable& table, const float* edges, std::int64_t bins, const FitWindow& w) {
    if (!w.inside) return false;
    const double begin = edges == nullptr ? 0.0 : static_cast<double>(edges[0]);
    const double end = edges == nullptr ? static_cast<double>(bins) : static_cast<double>(edges[bins]);
    return cumulative_at(table, ballistic_part, end - w.arrival) -
               cumulative_at(table, ballistic_part, begin - w.arrival) >=
           0.9;
}

// live * width of a bin.
FL_HD inline double live_width(const DetectorModel& m, std::int64_t bins, std::int64_t trace, std::int64_t i) {
    const double live = m.live == nullptr ? 1.0 : static_cast<double>(m.live[trace * bins + i]);
    return m.edges == nullptr ? live : live * (static_cast<double>(m.edges[i + 1]) - static_cast<double>(m.edges[i]));
}

// Share of part `part` in bin i, and its derivative by the arrival.
FL_HD inline float curve_at(const CurveTable& table, const FitWindow& w, const float* edges, int part, std::int64_t i) {
    if (edges != nullptr)
        return static_cast<float>(cumulative_at(table, part, static_cast<double>(edges[i + 1]) - w.arrival) -
                                  cumulative_at(table, part, static_cast<double>(edges[i]) - w.arrival));
    const float* at = table.bin + (part * (curve_phases + 1) + w.phase) * table.bins + (i - w.base);
    return at[0] + w.part * (at[table.bins] - at[0]);
}
FL_HD inline float slope_at(const CurveTable& table, const FitWindow& w, const float* edges, int part, std::int64_t i) {
    if (edges == nullptr) {
        const float* at = table.bin + (part * (curve_phases + 1) + w.phase) * table.bins + (i - w.base);
        return curve_phases * (at[table.bins] - at[0]);
    }
    FitWindow moved = w;
    constexpr double by = 0.5 / curve_phases;
    moved.arrival = w.arrival + by;
    const float later = curve_at(table, moved, edges, part, i);
    moved.arrival = w.arrival - by;
    return (later - curve_at(table, moved, edges, part, i)) / static_cast<float>(2 * by);
}

// Solves information * step = gradient for the parameters that are not held; false when it is singular.
FL_HD inline bool solve(const double* information, const double* gradient, const bool* held, int n, double* step) {
    double lower[information_size] = {};
    for (int j = 0; j < n; ++j)
        for (int k = 0; k <= j; ++k) {
            double sum = information[packed(j, k)];
            if (held[j] || held[k]) sum = j == k ? 1.0 : 0.0;
            for (int m = 0; m < k; ++m) sum -= lower[packed(j, m)] * lower[packed(k, m)];
            if (j == k) {
                if (!held[j] && !(sum > 1e-10 * information[packed(j, j)])) return false;
                lower[packed(j, j)] = sqrt(sum);
            } else {
                lower[packed(j, k)] = sum / lower[packed(k, k)];
            }
        }
    for (int j = 0; j < n; ++j) {
        double sum = held[j] ? 0.0 : gradient[j];
        for (int m = 0; m < j; ++m) sum -= lower[packed(j, m)] * step[m];
        step[j] = sum / lower[packed(j, j)];
    }
    for (int j = n - 1; j >= 0; --j) {
        double sum = step[j];
        for (int m = j + 1; m < n; ++m) sum -= lower[packed(m, j)] * step[m];
        step[j] = sum / lower[packed(j, j)];
    }
    return true;
}

struct FitState {
    double value[most_parameters] = {};  // a, s, d, b, arrival
    double variance_ballistic = 0, variance_arrival = 0;
    bool converged = false;
    bool has_arrival = false;  // one of its own
};

// How far a climb may go.
struct ClimbLimits {
    bool signed_amplitudes = true;
    int iterations = 0;
    double earliest = 0, latest = 0;  // arrival
    // Of twice the log-likelihood, before the last Newton step, which ends 1e-4 sigma from the top.
    double last_rise = 1e-5;
};

// Climbs to the maximum from state.value. `sums(value, expected)` gives FitSums at a point.
template <class Sums>
FL_HD void climb(const ClimbLimits& c, int n, const bool* fixed, Sums& sums, FitState& state) {
    state.converged = false;
    FitSums here = sums(state.value, true);
    for (int iteration = 0; iteration < c.iterations && here.valid; ++iteration) {
        bool held[most_parameters] = {};
        for (int j = 0; j < n; ++j) {
            const double low = j == arrival_parameter ? c.earliest : c.signed_amplitudes ? -HUGE_VAL : 0.0;
            held[j] = fixed[j] || (state.value[j] <= low && here.gradient[j] <= 0) ||
                      (j == arrival_parameter && state.value[j] >= c.latest && here.gradient[j] >= 0);
        }
        double step[most_parameters] = {};
        if (!solve(here.information, here.gradient, held, n, step)) return;
        double rise = 0;
        for (int j = 0; j < n; ++j) rise += held[j] ? 0.0 : here.gradient[j] * step[j];
        const bool last = rise < c.last_rise && iteration >= scoring_steps;
        double share = 1;
        bool moved = false;
        for (int halving = 0; halving < 16 && !moved; ++halving, share /= 2) {
            double trial[most_parameters] = {};
            double first_slope = 0;
            for (int j = 0; j < n; ++j) {
                trial[j] = state.value[j] + (held[j] ? 0.0 : share * step[j]);
                if (j == arrival_parameter)
                    trial[j] = trial[j] < c.earliest ? c.earliest : trial[j] > c.latest ? c.latest : trial[j];
                else if (!c.signed_amplitudes && trial[j] < 0) trial[j] = 0;
                first_slope += here.gradient[j] * (trial[j] - state.value[j]);
            }
            if (last) {
                for (int j = 0; j < n; ++j) state.value[j] = trial[j];
                state.converged = true;
                return;
            }
            const FitSums there = sums(trial, iteration + 1 < scoring_steps);
            if (!there.valid) continue;
            double slope = 0;
            for (int j = 0; j < n; ++j) slope += there.gradient[j] * (trial[j] - state.value[j]);
            if (slope < -0.5 * first_slope) continue;  // far beyond the top
            for (int j = 0; j < n; ++j) state.value[j] = trial[j];
            here = there;
            moved = true;
        }
        if (!moved) return;
    }
}

// Variances at the estimate, amplitudes below 0 taken as 0: the truth is not below, and what nothing can be expected of
// would seem too sure. Parameters that are not `fixed` are all unknown, whether they lie at a bound or not.
template <class Sums>
FL_HD bool find_variances(int n, const bool* fixed, Sums& sums, FitState& state) {
    double value[most_parameters] = {};
    for (int j = 0; j < most_parameters; ++j)
        value[j] = j < component_count && state.value[j] < 0 ? 0.0 : state.value[j];
    const FitSums at = sums(value, true);
    double unit[most_parameters] = {1};
    double column[most_parameters] = {};
    if (!at.valid || !solve(at.information, unit, fixed, n, column)) return false;
    state.variance_ballistic = column[0];
    if (n <= arrival_parameter) return true;
    unit[0] = 0;
    unit[arrival_parameter] = 1;
    if (!solve(at.information, unit, fixed, n, column)) return false;
    state.variance_arrival = column[arrival_parameter];
    return true;
}

// What a trace holds beside the bins that the curves reach.
struct LeadBins {
    double counts = 0, width = 0;  // width: sum of live * width
};

// Start: background as before the light (or dark), the rest divided as in the pooled traces.
FL_HD inline void start_values(const ComponentFit::Coefficients& c, const LeadBins& lead, double counts_in_window,
                               double width_in_window, double dark, double gain, FitState& state) {
    constexpr double enough_lead = 8;
    double b = c.present[background_part] && lead.width >= enough_lead ? (lead.counts + 0.5) / lead.width : dark;
    const double most = (counts_in_window + 1) / (width_in_window > 0 ? width_in_window : 1.0);
    if (c.present[background_part]) b = b > most ? most : b > 1e-3 * most ? b : 1e-3 * most;
    double signal = counts_in_window - b * width_in_window;
    const double least = 0.1 * counts_in_window + 1;
    if (signal < least) signal = least;
    for (int j = 0; j < 3; ++j) state.value[j] = c.present[j] ? c.start[j] * signal / gain : 0.0;
    state.value[background_part] = b;
}

// Fits one trace from state.value on. `sums` holds the trace; sums.parameters says by how many it is differentiated.
template <class Sums>
FL_HD void fit_trace(const ComponentFit::Coefficients& c, Sums& sums, double arrival, FitState& state) {
    bool fixed[most_parameters] = {};
    for (int j = 0; j < component_count; ++j) fixed[j] = !c.present[j];
    const ClimbLimits limits{c.signed_amplitudes, c.iterations, arrival - c.arrival_reach, arrival + c.arrival_reach};
    sums.parameters = component_count;
    state.value[arrival_parameter] = arrival;
    climb(limits, component_count, fixed, sums, state);
    if (!find_variances(component_count, fixed, sums, state)) {
        state.converged = false;
        return;
    }
    const double a = state.value[ballistic_part];
    if (!c.fit_arrival || !state.converged ||
        !(a > 0 && a * a > ComponentFit::detection_sigma * ComponentFit::detection_sigma * state.variance_ballistic))
        return;
    FitState with_arrival = state;
    sums.parameters = most_parameters;
    climb(limits, most_parameters, fixed, sums, with_arrival);
    const double at = with_arrival.value[arrival_parameter];
    with_arrival.has_arrival = with_arrival.converged && at > limits.earliest && at < limits.latest &&
                               find_variances(most_parameters, fixed, sums, with_arrival);
    if (with_arrival.has_arrival) state = with_arrival;
    else state.converged = false;
}

// log2 of a positive, normal number to 1e-7, the same everywhere. F and I are float and int32_t, or vectors of them
// (which must not be returned by value where their registers may be missing).
template <class I, class F>
FL_INLINE void quick_log2(const F& x, F& log2_x) {
    I bits{};
    memcpy(&bits, &x, sizeof(bits));
    const I exponent = (bits - 0x3f3504f3) >> 23;  // of x / sqrt(1/2)
    const I within = bits - exponent * (1 << 23);
    F m{};
    memcpy(&m, &within, sizeof(m));
    const I shifted = exponent + 0x4b400000;  // as a float: 1.5 * 2^23 + exponent
    F whole{};
    memcpy(&whole, &shifted, sizeof(whole));
    const F t = (m - 1.0F) / (m + 1.0F);
    const F t2 = t * t;
    log2_x = (whole - 12582912.0F) + t * (2.88539008F + t2 * (0.961796694F + t2 * (0.577078016F + t2 * 0.412198583F)));
}

// The mean of 2 (y log(y / m) - y + m) over Poisson y of mean m > 0, to 3e-4 of itself. It is 2 m (E log(1 + y) - log
// m), and the fraction is fitted to E log(1 + y) - log(1 + m).
template <class I, class F>
FL_INLINE void expected_deviance(const F& m, F& mean) {
    const F above = 0.30128864F + m * (-0.00306502F + m * 0.04068703F);
    const F below = 1.0F + m * (1.03342482F + m * (0.62572258F + m * (0.09012975F + m * 0.08137406F)));
    F log_ratio{};
    quick_log2<I>(F((1.0F + m) / m), log_ratio);
    const F few = 2.0F * m * (0.69314718F * log_ratio - m * above / below);
    mean = m > 100.0F ? 1.0F + 1.0F / (6.0F * m) : few;
}

template <class I, class F>
FL_INLINE void deviance(const F& y, const F& m, F& found) {
    F log_ratio{};
    quick_log2<I>(F((y > 0.0F ? y : m) / m), log_ratio);
    found = 2.0F * (0.69314718F * y * log_ratio - y + m);
}
constexpr float lowest_mean = 1e-6F;  // of deviances

struct DevianceSums {
    double deviance = 0, expected = 0, bins = 0;
};

// Layers of a trace; `state` null where there was nothing to fit.
FL_HD inline void write_fitted(const TraceTile& tile, std::int64_t trace, const ComponentFit::Coefficients& c,
                               const FitState* state, double total, const DevianceSums& d) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double gain = tile.model.gain == nullptr ? 1.0 : static_cast<double>(tile.model.gain[trace]);
    const double shift = tile.model.shift == nullptr ? 0.0 : static_cast<double>(tile.model.shift[trace]);
    double a = nan, sigma = nan, s = nan, diffuse = nan, b = nan, purity = nan, snr = nan, deviance = nan;
    double arrival = nan, arrival_sigma = nan;
    if (state != nullptr) {
        a = state->value[ballistic_part];
        s = state->value[snake_part];
        diffuse = state->value[diffuse_part];
        b = state->value[background_part] * c.purity_width / gain;
        const double one_count = 1 / gain;
        sigma = sqrt(state->variance_ballistic);
        if (sigma < one_count) sigma = one_count;
        snr = a / sigma;
        if (a > ComponentFit::detection_sigma * sigma) {
            const double own = a * c.purity_share[0];
            const double late = s * c.purity_share[1] + diffuse * c.purity_share[2];
            purity = own / (own + (late > 0 ? late : 0.0));
            if (state->has_arrival) {
                arrival = c.first_bin_centre_s + (state->value[arrival_parameter] - shift - 0.5) * c.bin_width_s;
                arrival_sigma = sqrt(state->variance_arrival) * c.bin_width_s;
            }
        }
        int fitted = 0;
        for (int j = 0; j < component_count; ++j) fitted += c.present[j] ? 1 : 0;
        const double left = (d.bins - fitted) / d.bins;
        if (left > 0 && d.expected > 0) deviance = d.deviance / (d.expected * left);
    }
    tile.write(Layer::counts, trace, total);
    tile.write(Layer::ballistic, trace, a);
    tile.write(Layer::ballistic_sigma, trace, sigma);
    tile.write(Layer::snake, trace, s);
    tile.write(Layer::diffuse, trace, diffuse);
    tile.write(Layer::background, trace, b);
    tile.write(Layer::purity, trace, purity);
    tile.write(Layer::snr, trace, snr);
    tile.write(Layer::deviance, trace, deviance);
    if (c.fit_arrival) {
        tile.write(Layer::arrival, trace, arrival);
        tile.write(Layer::arrival_sigma, trace, arrival_sigma);
    }
    if (tile.effect != nullptr) tile.effect[trace] = static_cast<float>((a - a == 0 ? a * gain : 0.0) - total);
    if (tile.model.flags == nullptr || tile.is_masked(trace)) return;
    std::uint8_t flags = tile.model.flags[trace];
    if (!(a > ComponentFit::detection_sigma * sigma)) flags |= low_counts;
    if (state != nullptr && !state->converged) flags |= not_converged;
    tile.model.flags[trace] = flags;
}

}  // namespace firstlight
