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

}  // namespace

void add_shares(const CumulativeResponse& response, const TimeGate::Coefficients& gate,
                TimeGate::ScatterOnset onset, std::vector<float>& shares) {
    const double late_open = gate.close + gate.rise / 2;
    const double late_close = late_open + gate.late;
    const double from = std::floor(gate.open - gate.rise / 2) - 1;
    const auto bins = static_cast<std::size_t>(std::ceil(late_close) - from) + 1;
    // Light that sets in as a step arrives as the response's integral; as a ramp, as the integral of that. `so_far` is
    // the latter's value where the table begins.
    const std::size_t n = bins * steps_per_bin + 1;
    const double step = 1.0 / steps_per_bin;
    std::vector<double> until(n);  // scattered light that has come by from + k * step, less what came by `from`
    double so_far = 0;
    for (double x = response.start(); onset == TimeGate::ScatterOnset::ramp && x < from; x += 1) {
        const double to = std::min(x + 1, from);
        so_far += (to - x) * (response.at(x) + response.at(to)) / 2;
    }
    double level = onset == TimeGate::ScatterOnset::ramp ? so_far : response.at(from);
    for (std::size_t k = 1; k < n; ++k) {
        const double x = from + static_cast<double>(k) * step;
        const double next = onset == TimeGate::ScatterOnset::ramp
                                ? level + step * (response.at(x - step) + response.at(x)) / 2
                                : response.at(x);
        until[k] = until[k - 1] + step * (level + next) / 2;
        level = next;
    }
    for (int phase = 0; phase < TimeGate::share_phases; ++phase) {
        constexpr int steps_per_phase = steps_per_bin / TimeGate::share_phases;
        double share[4] = {};
        for (std::size_t i = 0; i + 1 < bins; ++i) {
            const std::size_t k = (i + 1) * steps_per_bin - static_cast<std::size_t>(phase * steps_per_phase);
            const double x = from + static_cast<double>(k) * step;
            const double direct = response.between(x, x + 1);
            const double scattered = until[k + steps_per_bin] - until[k];
            const double in_gate = gate_mean(x, x + 1, gate.open, gate.close, gate.rise);
            const double in_late = gate_mean(x, x + 1, late_open, late_close, 0);
            share[0] += in_gate * direct;
            share[1] += in_late * direct;
            share[2] += in_gate * scattered;
            share[3] += in_late * scattered;
        }
        for (const double s : share) shares.push_back(static_cast<float>(s));
    }
}

bool choose_edges(const BinnedResponse& response, const PooledTrace& pooled, TimeGate::Coefficients& gate) {
    const auto bins = static_cast<std::int64_t>(pooled.counts.size());
    const double step = std::max(edge_step_fwhm * response.fwhm_bins, 1.0 / 8);
    const double fwhm = response.fwhm_bins;
    double best = -1;
    for (double open = -3 * fwhm; open <= fwhm; open += step)
        for (double close = open + 2 * step; close <= 4 * fwhm; close += step) {
            const GateWindow window = gate_window(nullptr, bins, pooled.arrival + open, pooled.arrival + close, gate.rise);
            if (!window.inside) continue;
            double counted = 0;
            for (std::int64_t i = window.first; i < window.last; ++i)
                counted += window.weight(nullptr, i) * (pooled.counts[static_cast<std::size_t>(i)] + pooled.dark_per_bin);
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
