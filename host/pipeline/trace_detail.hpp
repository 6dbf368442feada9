// What a panel shows of a pixel's trace, or of the sum of several: counts over time, the response where the light
// arrives, windows, and what a fit took the counts for.
//
//   const TraceStages stages({scan, counts, nullptr, recipe, view, nullptr});
//   const TraceDetail detail = trace_detail(stages, {pixel});
//
// Times are in ps on the acquisition's axis; arrival and windows are on the pixel's own clock, with its skew. A bin's
// own time is its true centre (bin_nonlinearity moves it); a gated camera's is its gate's delay, which is not the
// middle of its bin where delays are uneven. Curves are *expected counts* of each bin, with the detector's model in
// them (live fraction, gain, bin width), so that they lie on the counts: sum over bins of a component / (gain * live)
// is the layer's value, less what comes after the data.
//
// A masked pixel by itself shows its counts and nothing that an estimate would say of them.
// Of several pixels counts, components and residuals are sums over those that are not masked; arrival and windows are
// means (pixels differ by their skew), the gate's weight is that of the summed counts.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "host/pipeline/trace_stages.hpp"

namespace firstlight {

struct TimeWindow {
    double from_ps = 0, to_ps = 0;
};

struct TraceComponent {
    std::string name;            // "ballistic", "snake", "diffuse", "background"
    std::vector<double> counts;  // [bins] expected
};

// Where a response that is drawn came from.
enum class ResponseOrigin : std::uint8_t { none, measured, gaussian };

struct TraceDetail {
    std::int64_t pixels = 0;      // summed
    std::int64_t masked = 0;      // left out
    std::vector<double> time_ps;  // [bins]
    std::vector<double> edge_ps;  // [bins + 1] true edges
    std::vector<double> counts;   // [bins] as measured
    std::vector<double> sigma;    // [bins] sqrt(counts)
    std::optional<double> arrival_ps;

    // The response at the arrival, scaled to the unscattered counts: a fit's ballistic ones; else ballistic * purity
    // (purity 1 where it is not known) over the gate's share of the response; without a gate the counts within a FWHM
    // of the arrival, less those before the light, over the response's share there. From /entry/calibration/irf (a
    // pixel's own where there are such and the gate uses them); of adaptive_gate what it looks for, with the light that
    // was scattered forwards; a Gaussian where a stage was told so, or of the detector's jitter and the pulse's length.
    ResponseOrigin response_origin = ResponseOrigin::none;
    std::vector<double> response;  // [bins] expected counts; empty where there is none

    // Windows of time_gate and adaptive_gate. A soft edge rises over `rise_ps` centred on the edge.
    std::optional<TimeWindow> gate, late, background;
    double rise_ps = 0;
    std::vector<double> gate_weight;  // [bins] 0..1, as the gate weighs counts; empty without a gate

    // Of component_fit: parts present, their sum, (counts - total) / sqrt(total) (NaN where total is not above 0), and
    // the deviance per degree of freedom (mean over pixels).
    std::vector<TraceComponent> components;
    std::vector<double> total, residual;
    std::optional<double> deviance;

    std::map<std::string, double> layers;             // what the trace stages wrote, of one pixel (empty for several)
    double gain = 1, dark_per_bin = 0, shift_ps = 0;  // the detector's model, means over pixels
};

// Pixels are y * columns + x of the stages' view. Errors: ExitCode::usage for none, or one outside the image; those of
// TraceStages::run.
[[nodiscard]] TraceDetail trace_detail(const TraceStages& stages, const std::vector<std::int64_t>& pixels);

}  // namespace firstlight
