// What the CPU and the CUDA version of time_gate do alike for one trace: windows, weights, and from sums to layers.
#pragma once

#include <cmath>

#include "kernels/gating/time_gate.hpp"
#include "kernels/support/trace_sums.hpp"

namespace firstlight {

// Integral up to x of an edge at 0 that rises from 0 to 1 as a raised cosine of length `rise` (0: at once).
FL_HD inline double edge_integral(double x, double rise) {
    if (x <= -rise / 2) return 0;
    if (x >= rise / 2) return x;
    constexpr double pi = 3.14159265358979323846;
    return (x + rise / 2) / 2 - rise / (2 * pi) * cos(pi * x / rise);
}

// The gate's mean over [from, to).
FL_HD inline double gate_mean(double from, double to, double open, double close, double rise) {
    const double opened = edge_integral(to - open, rise) - edge_integral(from - open, rise);
    const double closed = edge_integral(to - close, rise) - edge_integral(from - close, rise);
    return (opened - closed) / (to - from);
}

FL_HD inline double bin_edge(const float* edges, std::int64_t i) {
    return edges == nullptr ? static_cast<double>(i) : static_cast<double>(edges[i]);
}

// Last bin whose left edge is at or before x, within 0 .. bins - 1. `per_bin`: 1 over the bins' mean width.
FL_HD inline std::int64_t bin_at(const float* edges, std::int64_t bins, double x, double per_bin = 1) {
    const double top = static_cast<double>(bins - 1);
    const double near = x * per_bin;
    std::int64_t i = static_cast<std::int64_t>(floor(near < 0 ? 0.0 : near > top ? top : near));
    if (edges == nullptr) return i;
    while (i > 0 && static_cast<double>(edges[i]) > x) --i;
    while (i + 1 < bins && static_cast<double>(edges[i + 1]) <= x) ++i;
    return i;
}

// One window on a trace: the bins it touches, and those it holds whole.
struct GateWindow {
    double open = 0, close = 0, rise = 0;  // bins from the start of the trace
    std::int64_t first = 0, last = 0;      // touched
    std::int64_t whole_first = 0, whole_last = 0;
    bool inside = false;  // it does not leave the data

    FL_HD double weight(const float* edges, std::int64_t i) const {
        return i >= whole_first && i < whole_last
                   ? 1.0
                   : gate_mean(bin_edge(edges, i), bin_edge(edges, i + 1), open, close, rise);
    }
};

FL_HD inline GateWindow gate_window(const float* edges, std::int64_t bins, double open, double close, double rise,
                                    double per_bin = 1) {
    GateWindow w;
    w.open = open;
    w.close = close;
    w.rise = rise;
    const double begin = open - rise / 2;
    const double end = close + rise / 2;
    w.inside = begin >= bin_edge(edges, 0) && end <= bin_edge(edges, bins);  // false for NaN
    if (!w.inside) return w;
    w.first = bin_at(edges, bins, begin, per_bin);
    w.last = bin_at(edges, bins, end, per_bin) + 1;
    const double whole_begin = open + rise / 2;
    const double whole_end = close - rise / 2;
    if (whole_end > whole_begin) {
        w.whole_first = bin_at(edges, bins, whole_begin, per_bin);
        if (bin_edge(edges, w.whole_first) < whole_begin) ++w.whole_first;
        w.whole_last = bin_at(edges, bins, whole_end, per_bin);
        if (bin_edge(edges, bins) <= whole_end) w.whole_last = bins;
    }
    if (w.whole_last <= w.whole_first) w.whole_first = w.whole_last = w.last;
    return w;
}

struct WindowSums {
    double raw = 0;       // sum w y
    double value = 0;     // sum w y / live
    double variance = 0;  // sum w^2 y / live^2
    double width = 0;     // sum w width
};

FL_HD inline void add_bin(const TraceTile& tile, std::int64_t trace, std::int64_t i, double weight, WindowSums& sums) {
    const double y = exact_count_at(tile.counts, trace, i);
    const double live =
        tile.model.live == nullptr ? 1.0 : static_cast<double>(tile.model.live[trace * tile.counts.bins + i]);
    const double value = weight * y / live;
    sums.raw += weight * y;
    sums.value += value;
    sums.variance += weight * value / live;
    sums.width += weight * (bin_edge(tile.model.edges, i + 1) - bin_edge(tile.model.edges, i));
}

// Everything a trace is looked at for.
struct GatedTrace {
    GateWindow gate, late;
    GateWindow reach;            // with a signal: where the counts behind the gated light are
    std::int64_t lead_bins = 0;  // bins before the light
    bool of_signal = false;
    double total = 0;
    WindowSums in_gate, in_late, in_lead;
};

// Where bins lie. Edges [bins + 1], or null for 0, 1, 2, …
struct BinPlaces {
    std::int64_t bins = 0;
    const float* of_counts = nullptr;
    const float* of_gated = nullptr;  // of what is gated: the counts, or a signal, whose bins are even
    bool of_signal = false;
    double per_bin = 1;  // 1 over the bins' mean width
};

FL_HD inline GatedTrace gated_windows(const BinPlaces& at, double arrival, const TimeGate::Coefficients& c) {
    GatedTrace g;
    g.of_signal = at.of_signal;
    const float* edges = at.of_gated;
    const double close = arrival + c.close;
    g.gate = gate_window(edges, at.bins, arrival + c.open, close, c.rise, at.per_bin);
    if (c.shares != nullptr)
        g.late = gate_window(edges, at.bins, close + c.rise / 2, close + c.rise / 2 + c.late, 0, at.per_bin);
    if (c.background == TimeGate::Background::before_light) {
        const double end = arrival - c.guard;
        if (end >= bin_edge(edges, 0))
            g.lead_bins = end >= bin_edge(edges, at.bins) ? at.bins : bin_at(edges, at.bins, end, at.per_bin);
        if (g.lead_bins == 0) g.gate.inside = false;
    }
    if (at.of_signal && g.gate.inside) {
        const double begin = fmax(bin_edge(at.of_counts, 0), arrival + c.open - c.rise / 2 - c.reach);
        const double end = fmin(bin_edge(at.of_counts, at.bins), close + c.rise / 2 + c.reach);
        g.reach = gate_window(at.of_counts, at.bins, begin, end, 0, at.per_bin);
    }
    return g;
}

FL_HD inline GatedTrace gated_windows(const TraceTile& tile, std::int64_t trace, const TimeGate::Coefficients& c) {
    const float* edges = tile.model.edges;
    const bool of_signal = tile.signal != nullptr;
    return gated_windows({tile.counts.bins, edges, of_signal ? nullptr : edges, of_signal},
                         static_cast<double>(tile.model.arrival[trace]), c);
}

// Adds every `step`-th bin from `offset` on of a trace with a signal to the sums.
FL_HD inline void add_signal(const TraceTile& tile, std::int64_t trace, std::int64_t offset, std::int64_t step,
                             GatedTrace& g) {
    const std::int64_t start = trace * tile.counts.bins;
    const double gain = tile.model.gain == nullptr ? 1.0 : static_cast<double>(tile.model.gain[trace]);
    const auto variance = [&](std::int64_t i) {
        const double weight =
            gain * (tile.model.live == nullptr ? 1.0 : static_cast<double>(tile.model.live[start + i]));
        return exact_count_at(tile.counts, trace, i) / (weight * weight);
    };
    for (std::int64_t i = g.gate.first + offset; g.gate.inside && i < g.gate.last; i += step) {
        const double weight = g.gate.weight(nullptr, i);
        g.in_gate.raw += weight * exact_count_at(tile.counts, trace, i);
        g.in_gate.value += weight * static_cast<double>(tile.signal[start + i]);
        g.in_gate.width += weight;
    }
    for (std::int64_t i = g.reach.first + offset; g.reach.inside && i < g.reach.last; i += step)
        g.in_gate.variance += g.reach.weight(tile.model.edges, i) * variance(i);
    for (std::int64_t i = offset; i < g.lead_bins; i += step) {
        g.in_lead.value += static_cast<double>(tile.signal[start + i]);
        g.in_lead.width += 1;
        g.in_lead.variance += variance(i);
    }
}

FL_HD inline double estimated_purity(const TraceTile& tile, std::int64_t trace, const TimeGate::Coefficients& c,
                                     double in_gate, double in_late) {
    const double arrival = static_cast<double>(tile.model.arrival[trace]);
    const int phase =
        static_cast<int>(floor((arrival - floor(arrival)) * TimeGate::share_phases + 0.5)) % TimeGate::share_phases;
    const std::int64_t of = c.shares_per_pixel ? tile.window.pixel(trace) : 0;
    const float* share = c.shares + (of * TimeGate::share_phases + phase) * 4;
    const double determinant = static_cast<double>(share[0]) * static_cast<double>(share[3]) -
                               static_cast<double>(share[1]) * static_cast<double>(share[2]);
    const double unscattered =
        (in_gate * static_cast<double>(share[3]) - in_late * static_cast<double>(share[2])) / determinant;
    const double purity = unscattered * static_cast<double>(share[0]) / in_gate;
    if (!(determinant > 1e-6)) return std::numeric_limits<double>::quiet_NaN();
    return purity < 0 ? 0 : purity > 1 ? 1 : purity;
}

FL_HD inline void write_gated(const TraceTile& tile, std::int64_t trace, const TimeGate::Coefficients& c,
                              const GatedTrace& g) {
    const DetectorModel& m = tile.model;
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const bool masked = tile.is_masked(trace);
    tile.write(Layer::counts, trace, g.total);
    if (tile.effect != nullptr) tile.effect[trace] = static_cast<float>(g.in_gate.raw - g.total);
    double ballistic = nan, sigma = nan, subtracted = nan, purity = nan, snr = nan;
    if (!masked && g.gate.inside) {
        double b = 0, b_variance = 0;
        if (c.background == TimeGate::Background::before_light) {
            b = g.in_lead.value / g.in_lead.width;
            b_variance = g.in_lead.variance / (g.in_lead.width * g.in_lead.width);
        } else if (c.background == TimeGate::Background::dark && m.dark != nullptr) {
            b = static_cast<double>(m.dark[trace]);
            if (m.dark_variance != nullptr) b_variance = static_cast<double>(m.dark_variance[trace]);
        }
        double gain = m.gain == nullptr ? 1.0 : static_cast<double>(m.gain[trace]);
        if (g.of_signal) {  // dark counts and gain are out of it already
            if (c.background == TimeGate::Background::dark) {
                b = 0;
                b_variance /= gain * gain;
            }
            gain = 1;
        }
        const double width = g.in_gate.width;
        const double net = g.in_gate.value - b * width;
        ballistic = net / gain;
        sigma = sqrt(g.in_gate.variance + width * width * b_variance) / gain;
        subtracted = b * width / gain;
        snr = sigma > 0 ? ballistic / sigma : 0.0;
        const bool detected = ballistic > TimeGate::detection_sigma * sigma;
        if (detected && c.shares != nullptr && g.late.inside)
            purity = estimated_purity(tile, trace, c, net, g.in_late.value - b * g.in_late.width);
    }
    tile.write(Layer::ballistic, trace, ballistic);
    tile.write(Layer::ballistic_sigma, trace, sigma);
    tile.write(Layer::background, trace, subtracted);
    tile.write(Layer::purity, trace, purity);
    tile.write(Layer::snr, trace, snr);
    if (!masked && m.flags != nullptr && !(ballistic > TimeGate::detection_sigma * sigma))
        m.flags[trace] = static_cast<std::uint8_t>(m.flags[trace] | low_counts);
}

}  // namespace firstlight
