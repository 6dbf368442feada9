#include "kernels/gating/gate_shares.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/gating/time_gate_trace.hpp"

namespace firstlight {
namespace {

constexpr int steps_per_bin = 16;  // of the integrals over scattered light
constexpr double edge_step_fwhm = 1.0 / 8;

// Share of the response that the gate keeps, when bins start at whole numbers.
double kept_share(const CumulativeResponse& response, double open, double close, double rise) {
    double kept = 0;
    for (double x = std::floor(open - rise / 2); x < close + rise / 2; x += 1)
        kept += gate_mean(x, x + 1, open, close, rise) * response.between(x, x + 1);
    return kept;
}

// Light that sets in at the arrival as a step arrives as the response's integral; as a ramp, as the integral of that.
class ScatteredLight {
  public:
    ScatteredLight(const CumulativeResponse& response, TimeGate::ScatterOnset onset, double from, std::size_t bins)
        : from_(from), until_(bins * steps_per_bin + 1) {
        const bool ramp = onset == TimeGate::ScatterOnset::ramp;
        double level = ramp ? 0 : response.at(from);
        for (double x = response.start(); ramp && x < from; x += 1) {
            const double to = std::min(x + 1, from);
            level += (to - x) * (response.at(x) + response.at(to)) / 2;
        }
        for (std::size_t k = 1; k < until_.size(); ++k) {
            const double x = from + static_cast<double>(k) * step;
            const double next = ramp ? level + step * (response.at(x - step) + response.at(x)) / 2 : response.at(x);
            until_[k] = until_[k - 1] + step * (level + next) / 2;
            level = next;
        }
    }
    // What has come by from + k * step, less what came by `from`.
    [[nodiscard]] double until(std::size_t k) const { return until_[k]; }
    [[nodiscard]] double between(double x0, double x1) const { return at(x1) - at(x0); }
    static constexpr double step = 1.0 / steps_per_bin;

  private:
    [[nodiscard]] double at(double x) const {
        const double place = std::clamp((x - from_) / step, 0.0, static_cast<double>(until_.size() - 1));
        const auto k = std::min(static_cast<std::size_t>(place), until_.size() - 2);
        return until_[k] + (place - static_cast<double>(k)) * (until_[k + 1] - until_[k]);
    }
    double from_;
    std::vector<double> until_;
};

// The gate and the late window after it.
struct Windows {
    double open, close, rise, late_open, late_close;
    explicit Windows(const TimeGate::Coefficients& gate)
        : open(gate.open),
          close(gate.close),
          rise(gate.rise),
          late_open(gate.close + gate.rise / 2),
          late_close(late_open + gate.late) {}
    // Adds a bin [x0, x1) after the arrival that holds this much light.
    void add(double x0, double x1, double direct, double scattered, double (&share)[4]) const {
        const double in_gate = gate_mean(x0, x1, open, close, rise);
        const double in_late = gate_mean(x0, x1, late_open, late_close, 0);
        share[0] += in_gate * direct;
        share[1] += in_late * direct;
        share[2] += in_gate * scattered;
        share[3] += in_late * scattered;
    }
};

}  // namespace

void add_shares(const CumulativeResponse& response, const TimeGate::Coefficients& gate, TimeGate::ScatterOnset onset,
                std::vector<float>& shares) {
    const Windows windows(gate);
    const double from = std::floor(gate.open - gate.rise / 2) - 1;
    const auto bins = static_cast<std::size_t>(std::ceil(windows.late_close) - from) + 1;
    const ScatteredLight light(response, onset, from, bins);
    for (int phase = 0; phase < TimeGate::share_phases; ++phase) {
        constexpr int steps_per_phase = steps_per_bin / TimeGate::share_phases;
        double share[4] = {};
        for (std::size_t i = 0; i + 1 < bins; ++i) {
            const std::size_t k = (i + 1) * steps_per_bin - static_cast<std::size_t>(phase * steps_per_phase);
            const double x = from + static_cast<double>(k) * ScatteredLight::step;
            windows.add(x, x + 1, response.between(x, x + 1), light.until(k + steps_per_bin) - light.until(k), share);
        }
        for (const double s : share) shares.push_back(static_cast<float>(s));
    }
}

void add_shares(const CumulativeResponse& response, const TimeGate::Coefficients& gate, TimeGate::ScatterOnset onset,
                const std::vector<double>& edges, double arrival, std::vector<float>& shares) {
    const Windows windows(gate);
    const double open = gate.open - gate.rise / 2;
    const auto touched = [&](std::size_t i) {
        return edges[i + 1] - arrival > open && edges[i] - arrival < windows.late_close;
    };
    double from = open;
    double to = windows.late_close;
    for (std::size_t i = 0; i + 1 < edges.size(); ++i) {
        if (!touched(i)) continue;
        from = std::min(from, edges[i] - arrival);
        to = std::max(to, edges[i + 1] - arrival);
    }
    const ScatteredLight light(response, onset, from, static_cast<std::size_t>(std::ceil(to - from)) + 1);
    double share[4] = {};
    for (std::size_t i = 0; i + 1 < edges.size(); ++i) {
        if (!touched(i)) continue;
        const double x0 = edges[i] - arrival;
        const double x1 = edges[i + 1] - arrival;
        windows.add(x0, x1, response.between(x0, x1), light.between(x0, x1), share);
    }
    for (int phase = 0; phase < TimeGate::share_phases; ++phase)
        for (const double s : share) shares.push_back(static_cast<float>(s));
}

bool choose_edges(const BinnedResponse& response, const PooledTrace& pooled, TimeGate::Coefficients& gate) {
    const auto bins = static_cast<std::int64_t>(pooled.counts.size());
    const double step = std::max(edge_step_fwhm * response.fwhm_bins, 1.0 / 8);
    const double fwhm = response.fwhm_bins;
    double best = -1;
    for (double open = -3 * fwhm; open <= fwhm; open += step)
        for (double close = open + 2 * step; close <= 4 * fwhm; close += step) {
            const GateWindow window =
                gate_window(nullptr, bins, pooled.arrival + open, pooled.arrival + close, gate.rise);
            if (!window.inside) continue;
            double counted = 0;
            for (std::int64_t i = window.first; i < window.last; ++i)
                counted +=
                    window.weight(nullptr, i) * (pooled.counts[static_cast<std::size_t>(i)] + pooled.dark_per_bin);
            const double score =
                kept_share(response.cumulative, open, close, gate.rise) / std::sqrt(std::max(counted, 1.0));
            if (score > best) {
                best = score;
                gate.open = open;
                gate.close = close;
            }
        }
    return best >= 0;
}

}  // namespace firstlight
