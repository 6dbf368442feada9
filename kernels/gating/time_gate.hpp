// time_gate: keeps the counts that arrive with the unscattered light, and says how sure they are.
//
// Physics: I = sum w_i y_i / live_i - b sum w_i width_i,  var = sum w_i^2 y_i / live_i^2 + (sum w_i width_i)^2 var(b),
// both over the relative sensitivity (its square). w_i is the gate's mean over the bin's true edges: a hard gate is 1
// in [open, close), so a bin that an edge cuts counts by the part inside (light taken as even within a bin); a soft
// one rises and falls as a raised cosine of length `rise_ps` centred on the edges.
// Background b per bin of width 1: `before_light` the mean of y / live over the whole bins that end before
// arrival - guard (it holds the dark counts, which are not taken off again), var(b) = sum y / live^2 / widths^2;
// `dark` the model's; `automatic` before_light where 8 such bins exist, else dark.
// Edges `optimal` maximise S / sqrt(S + B) on the pooled trace: S is proportional to the share of the response inside
// the gate, S + B are all counts in it; open is searched in -3..1, close up to 4 widths of the response (FWHM).
//
// purity is an *estimate* of the share of `ballistic` that is unscattered. Two windows, the gate and the `late_ps`
// after it, hold net counts G and W. Unscattered light divides between them as the response does (p_G, p_W); scattered
// light is assumed to set in at the arrival as a step (constant from there on) or a ramp, blurred by the response (s_G,
// s_W). G = u p_G + s s_G, W = u p_W + s s_W are solved for u, and purity = u p_G / G within 0..1. Scattered light that
// comes faster than the response can tell apart counts as unscattered; a fast decay within the late window lowers s.
// Shares are those of equal bins (of a sweep: its own), which edges that are off by 0.2 bins change by less than 0.015.
// NaN without a response, where G is below 3 standard deviations or where the late window leaves the data.
//
// Where a deconvolution estimated the light (tile.signal), I = sum w_i (x_i - b), x being the signal in even bins and b
// its mean before the light, or 0 for `dark`, whose counts are out of it already. The estimate has no variance of its
// own; it is approximated by the counts that the gated light can have caused: those in the gate widened by one FWHM of
// the response on both sides, var = sum y / (live gain)^2. On simulated traces like the samples' the true one is at
// most 1.1 times as large for richardson_lucy and gates as long as the FWHM (1.5 times for 3 bins of 5), but 1.2 to 2.9
// times for wiener. purity is NaN, gate_share 1, and `optimal` edges are those for counts.
//
// Shapes: per trace; needs model.arrival. Layers in counts: counts (all, as measured), ballistic, ballistic_sigma,
// background (what was subtracted, over the sensitivity), purity, snr. Masked pixels: NaN but for counts. Flag
// low_counts: ballistic not above 3 sigma, or a gate (or background) that leaves the data, whose layers are NaN.
// Effect: counts in the gate less all counts.
// context.shared: reads "arrival_bins"; writes "gate_share" (share of the response in the gate, as the gate
// weighs bins, mean over places of the arrival in its bin; with "reference." before it for a reference scan), for
// attenuation.
// Errors: automatic edges without a response; an empty gate; a gate outside the data; no bins before the light.
// Agreement of CPU and CUDA: relative 1e-5. Sources: W. Becker, Advanced TCSPC Techniques (2005); ALGORITHMS notes.
//
//   y = 4 4 4 4 4 4, arrival 3, gate [-1.25, 0.5) bins, no background  ->  4 (0.25 + 1 + 0.5) = 7, var = 4 * 1.3125
#pragma once

#include <limits>

#include "kernels/support/stage.hpp"

namespace firstlight {

struct TimeGate {
    static constexpr StageInfo info{"time_gate", "gating", "Counts that arrive with the unscattered light"};

    enum class Edges : std::uint8_t { fixed, optimal };
    enum class Shape : std::uint8_t { hard, soft };
    enum class Background : std::uint8_t { automatic, before_light, dark, none };
    enum class ScatterOnset : std::uint8_t { step, ramp };
    struct Params {
        Edges edges = Edges::fixed;
        double open_ps = std::numeric_limits<double>::quiet_NaN();
        double close_ps = std::numeric_limits<double>::quiet_NaN();
        Shape shape = Shape::hard;
        double rise_ps = 20;
        Background background = Background::automatic;
        double guard_ps = std::numeric_limits<double>::quiet_NaN();
        double late_ps = std::numeric_limits<double>::quiet_NaN();
        ScatterOnset scatter_onset = ScatterOnset::step;
        static const ParamTable& table();
    };
    struct Coefficients {
        double open = 0, close = 0, rise = 0;      // bins after the arrival
        double late = 0;                           // length of the late window, bins
        double guard = 0;                          // bins
        double reach = 0;                          // with a signal: FWHM of the response, bins
        Background background = Background::none;  // never automatic
        const float* shares = nullptr;  // [1 or pixels][share_phases][4]: p_G, p_W, s_G, s_W; null without a response
        bool shares_per_pixel = false;
    };
    static constexpr int share_phases = 8;  // places of the arrival within its bin
    static constexpr double detection_sigma = 3;

    static Survey survey(const Params& params, const Scan&) {
        return params.edges == Edges::optimal ? Survey::sample : Survey::none;
    }
    static std::vector<Layer> layers(const Params&) {
        return {Layer::counts, Layer::ballistic, Layer::ballistic_sigma, Layer::background, Layer::purity, Layer::snr};
    }
    static Coefficients prepare(const Params&, StageContext&);
    static void on_cpu(const TraceTile&, const Coefficients&);
};

}  // namespace firstlight
