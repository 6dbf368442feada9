#include "kernels/gating/time_gate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "kernels/gating/gate_shares.hpp"
#include "kernels/gating/time_gate_trace.hpp"
#include "kernels/support/gate_axis.hpp"

namespace firstlight {
namespace {

constexpr double fewest_lead_bins = 8;
constexpr double open_fwhm = -1.0;
constexpr double close_fwhm = 0.5;
constexpr double late_fwhm = 1.0;
constexpr double guard_fwhm = 3.0;
constexpr double guard_without_response_ps = 200;

// Sums over whole bins of y / live and y / live^2, written out per stored type (multiversioned functions cannot be
// templates). Single precision within `run` bins, double over runs, always in the same order.
struct LiveSums {
    double value = 0, variance = 0;
};
constexpr int parts = 32;
constexpr std::int64_t run = 8 * parts;
#define FL_SUM_WHOLE_BINS(NAME, TYPE)                                                  \
    FL_SIMD LiveSums NAME(const TYPE* y, const float* live, std::int64_t n) {          \
        LiveSums sums;                                                                 \
        std::int64_t i = 0;                                                            \
        while (i + parts <= n) {                                                       \
            float value[parts] = {};                                                   \
            float variance[parts] = {};                                                \
            const std::int64_t end = i + run < n ? i + run : n;                        \
            for (; i + parts <= end; i += parts)                                       \
                for (int k = 0; k < parts; ++k) {                                      \
                    const float inverse = 1.0F / live[i + k];                          \
                    const float v = static_cast<float>(y[i + k]) * inverse;            \
                    value[k] += v;                                                     \
                    variance[k] += v * inverse;                                        \
                }                                                                      \
            for (int k = 0; k < parts; ++k) {                                          \
                sums.value += static_cast<double>(value[k]);                           \
                sums.variance += static_cast<double>(variance[k]);                     \
            }                                                                          \
        }                                                                              \
        for (; i < n; ++i) {                                                           \
            const double v = static_cast<double>(y[i]) / static_cast<double>(live[i]); \
            sums.value += v;                                                           \
            sums.variance += v / static_cast<double>(live[i]);                         \
        }                                                                              \
        return sums;                                                                   \
    }
FL_SUM_WHOLE_BINS(whole_bins_u1, std::uint8_t)
FL_SUM_WHOLE_BINS(whole_bins_u2, std::uint16_t)
FL_SUM_WHOLE_BINS(whole_bins_u4, std::uint32_t)
FL_SUM_WHOLE_BINS(whole_bins_f4, float)
#undef FL_SUM_WHOLE_BINS

LiveSums whole_bins(const std::uint8_t* y, const float* live, std::int64_t n) { return whole_bins_u1(y, live, n); }
LiveSums whole_bins(const std::uint16_t* y, const float* live, std::int64_t n) { return whole_bins_u2(y, live, n); }
LiveSums whole_bins(const std::uint32_t* y, const float* live, std::int64_t n) { return whole_bins_u4(y, live, n); }
LiveSums whole_bins(const float* y, const float* live, std::int64_t n) { return whole_bins_f4(y, live, n); }

// `raw`: the plain sum of the same counts.
void add_whole_bins(const TraceTile& tile, std::int64_t trace, std::int64_t first, std::int64_t last, double raw,
                    WindowSums& sums) {
    if (last <= first) return;
    LiveSums live{raw, raw};
    if (tile.model.live != nullptr) {
        const std::int64_t at = trace * tile.counts.bins + first;
        live = visit_counts(tile.counts,
                            [&](const auto* y) { return whole_bins(y + at, tile.model.live + at, last - first); });
    }
    sums.raw += raw;
    sums.value += live.value;
    sums.variance += live.variance;
    sums.width += bin_edge(tile.model.edges, last) - bin_edge(tile.model.edges, first);
}

// Bins that an edge cuts. Neighbours share an edge, so each integral is found once.
void add_cut_bins(const TraceTile& tile, std::int64_t trace, const GateWindow& w, std::int64_t first, std::int64_t last,
                  WindowSums& sums) {
    const float* edges = tile.model.edges;
    const auto passed = [&w](double x) {
        return edge_integral(x - w.open, w.rise) - edge_integral(x - w.close, w.rise);
    };
    double from = bin_edge(edges, first);
    double before = last > first ? passed(from) : 0;
    for (std::int64_t i = first; i < last; ++i) {
        const double to = bin_edge(edges, i + 1);
        const double after = passed(to);
        add_bin(tile, trace, i, (after - before) / (to - from), sums);
        from = to;
        before = after;
    }
}

WindowSums sums_over(const TraceTile& tile, std::int64_t trace, const GateWindow& window) {
    WindowSums sums;
    if (!window.inside) return sums;
    add_cut_bins(tile, trace, window, window.first, window.whole_first, sums);
    add_whole_bins(tile, trace, window.whole_first, window.whole_last,
                   sum_counts(tile.counts, trace, window.whole_first, window.whole_last), sums);
    add_cut_bins(tile, trace, window, window.whole_last, window.last, sums);
    return sums;
}

[[noreturn]] void no_response(const Scan& scan, const std::string& option, const std::string& instead) {
    throw Error(ExitCode::bad_input, scan.name + ": there is no /entry/calibration/irf",
                option + " is found from the width of the response", "add the response, or " + instead);
}

void check_gate(const Scan& scan, const TimeGate::Coefficients& c, const std::optional<double>& arrival) {
    if (!(c.close > c.open))
        throw Error(ExitCode::usage,
                    fmt::format("time_gate: the gate from {:.4g} ps to {:.4g} ps is empty",
                                c.open * scan.bin_width_s * 1e12, c.close * scan.bin_width_s * 1e12),
                    "it must close after it opens", "raise --time_gate.close_ps or lower --time_gate.open_ps");
    if (!arrival) return;
    const double begin = *arrival + c.open - c.rise / 2;
    const double end = *arrival + c.close + c.rise / 2;
    if (begin < 0 || end > static_cast<double>(scan.bins))
        throw Error(ExitCode::bad_input,
                    fmt::format("{}: the gate runs from {:.6g} ps to {:.6g} ps, which leaves the data", scan.name,
                                scan.time_of(begin) * 1e12, scan.time_of(end) * 1e12),
                    fmt::format("the time axis runs from {:.6g} ps to {:.6g} ps and light is expected at {:.6g} ps",
                                scan.time_of(0) * 1e12, scan.time_of(static_cast<double>(scan.bins)) * 1e12,
                                scan.time_of(*arrival) * 1e12),
                    "check the arrival, or change --time_gate.open_ps and close_ps");
}

TimeGate::Background resolved(const TimeGate::Params& params, StageContext& context,
                              const std::optional<double>& arrival, double guard) {
    using Background = TimeGate::Background;
    const bool automatic = params.background == Background::automatic;
    if (!automatic && params.background != Background::before_light) return params.background;
    if (!arrival || std::floor(*arrival - guard) >= fewest_lead_bins) return Background::before_light;
    const std::string problem =
        fmt::format("{}: fewer than {} bins lie before the light", context.scan.name, fewest_lead_bins);
    if (!automatic)
        throw Error(ExitCode::bad_input, problem, "time_gate.background is \"before_light\"",
                    "lower --time_gate.guard_ps, or set --time_gate.background dark");
    context.warn(problem + ": the gate's background is the model's dark counts");
    return Background::dark;
}

}  // namespace

const ParamTable& TimeGate::Params::table() {
    static const ParamTable t{
        choice(&Params::edges, "edges", "fixed edges, or those with the largest signal over noise on the pooled trace",
               {"fixed", "optimal"}),
        real(&Params::open_ps, "open_ps", "ps", "when the gate opens, after the arrival", -1e6, 1e6)
            .auto_is("-1.0 times the response's FWHM")
            .only_if("edges", "fixed"),
        real(&Params::close_ps, "close_ps", "ps", "when the gate closes, after the arrival", -1e6, 1e6)
            .auto_is("0.5 times the response's FWHM")
            .only_if("edges", "fixed"),
        choice(&Params::shape, "shape", "hard edges, or soft ones that rise as a raised cosine", {"hard", "soft"}),
        real(&Params::rise_ps, "rise_ps", "ps", "length of a soft edge from 0 to 1", 0, 1e6).only_if("shape", "soft"),
        choice(&Params::background, "background",
               "what is subtracted: the mean of the bins before the light, the model's dark counts, or nothing",
               {"automatic", "before_light", "dark", "none"}),
        real(&Params::guard_ps, "guard_ps", "ps", "bins this close before the arrival are no background", 0, 1e6)
            .auto_is("3 times the response's FWHM; 200 ps without a response")
            .only_if("background", "automatic|before_light"),
        real(&Params::late_ps, "late_ps", "ps", "length of the window after the gate that purity looks at", 1e-3, 1e6)
            .auto_is("the response's FWHM"),
        choice(&Params::scatter_onset, "scatter_onset", "how scattered light is assumed to set in at the arrival",
               {"step", "ramp"}),
    };
    return t;
}

TimeGate::Coefficients TimeGate::prepare(const Params& params, StageContext& context) {
    const Scan& scan = context.scan;
    const double bins_per_ps = 1e-12 / scan.bin_width_s;
    const std::optional<BinnedResponse> response =
        scan.irf.empty() ? std::nullopt : std::optional<BinnedResponse>(binned_response(scan));
    const auto in_bins = [&](double ps, double fwhm, const char* option) {
        if (!std::isnan(ps)) return ps * bins_per_ps;
        if (!response)
            no_response(scan, fmt::format("time_gate.{} = \"auto\"", option),
                        fmt::format("set --time_gate.{}", option));
        return fwhm * response->fwhm_bins;
    };
    Coefficients c;
    c.rise = params.shape == Shape::soft ? params.rise_ps * bins_per_ps : 0;
    const double guard_ps = std::isnan(params.guard_ps) && !response ? guard_without_response_ps : params.guard_ps;
    c.guard = in_bins(guard_ps, guard_fwhm, "guard_ps");
    std::optional<double> arrival;
    if (context.shared != nullptr && context.shared->count("arrival_bins") != 0)
        arrival = context.shared->at("arrival_bins");
    if (params.edges == Edges::optimal) {
        if (!response) no_response(scan, "time_gate.edges = \"optimal\"", "set --time_gate.edges fixed");
        const PooledTrace pooled = pool_traces(scan, context.sample);
        arrival = pooled.arrival;
        if (!choose_edges(*response, pooled, c))
            throw Error(ExitCode::bad_input,
                        fmt::format("{}: no gate around the arrival at {:.6g} ps lies in the data", scan.name,
                                    scan.time_of(pooled.arrival) * 1e12),
                        "time_gate.edges is \"optimal\"", "check the arrival and /entry/data/t");
    } else {
        c.open = in_bins(params.open_ps, open_fwhm, "open_ps");
        c.close = in_bins(params.close_ps, close_fwhm, "close_ps");
    }
    check_gate(scan, c, arrival);
    c.background = resolved(params, context, arrival, c.guard);
    const bool of_signal = context.shared != nullptr && context.shared->count("signal") != 0;
    if (of_signal && response) {  // all unscattered light is in the arrival's bin, as far as the estimate goes
        c.reach = response->fwhm_bins;
        (*context.shared)[context.is_reference ? "reference.gate_share" : "gate_share"] = 1;
    } else if (response) {
        c.late = in_bins(params.late_ps, late_fwhm, "late_ps");
        c.shares_per_pixel = scan.irf.per_pixel;
        const std::vector<double> sweep = scan.gates.empty() ? std::vector<double>{} : gate_bins(scan.gates).edges;
        const auto add = [&](const CumulativeResponse& of, std::vector<float>& to) {
            if (sweep.empty() || !arrival) add_shares(of, c, params.scatter_onset, to);
            else add_shares(of, c, params.scatter_onset, sweep, *arrival, to);
        };
        std::vector<float> mean;
        add(response->cumulative, mean);
        std::vector<float> shares;
        if (c.shares_per_pixel)
            for (std::int64_t p = 0; p < scan.pixels(); ++p) add(pixel_response(scan, *response, p), shares);
        c.shares = context.keep.keep(c.shares_per_pixel ? shares : mean);
        // Arrivals lie anywhere in their bins (skew), and bins that an edge cuts count by parts: the mean of both.
        double share = 0;
        for (std::size_t phase = 0; phase < share_phases; ++phase)
            share += static_cast<double>(mean[4 * phase]) / share_phases;
        if (context.shared != nullptr)
            (*context.shared)[context.is_reference ? "reference.gate_share" : "gate_share"] = share;
        if (context.found != nullptr) (*context.found)["gate_share"] = share;
        for (const std::string& message : response->messages)
            if (!context.is_reference) context.warn(scan.name + ": " + message);
    }
    if (context.found != nullptr) {
        (*context.found)["open_ps"] = c.open / bins_per_ps;
        (*context.found)["close_ps"] = c.close / bins_per_ps;
    }
    return c;
}

void TimeGate::on_cpu(const TraceTile& tile, const Coefficients& c) {
    for (std::int64_t i = 0; i < tile.counts.traces; ++i) {
        GatedTrace g = gated_windows(tile, i, c);
        if (tile.signal != nullptr) {
            g.total = sum_counts(tile.counts, i, 0, tile.counts.bins);
            add_signal(tile, i, 0, 1, g);
            write_gated(tile, i, c, g);
            continue;
        }
        const double lead = sum_counts(tile.counts, i, 0, g.lead_bins);
        g.total = lead + sum_counts(tile.counts, i, g.lead_bins, tile.counts.bins);
        g.in_gate = sums_over(tile, i, g.gate);
        g.in_late = sums_over(tile, i, g.late);
        add_whole_bins(tile, i, 0, g.lead_bins, lead, g.in_lead);
        write_gated(tile, i, c, g);
    }
}

}  // namespace firstlight
