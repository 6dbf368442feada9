#include "kernels/acquisition/gate_sweep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kernels/support/gate_axis.hpp"
#include "kernels/support/response.hpp"
#include "kernels/support/trace_sums.hpp"

namespace firstlight {
namespace {

constexpr double until_fwhm = 3.0;
constexpr double widest_step_fwhm = 0.5;
constexpr double width_tolerance = 0.01;

void warn_of_widths(StageContext& context) {
    const std::vector<double>& widths = context.scan.gates.width_s;
    const auto [least, most] = std::minmax_element(widths.begin(), widths.end());
    if (*most <= *least * (1 + width_tolerance)) return;
    context.warn(
        fmt::format("{}: gate widths run from {:.4g} ps to {:.4g} ps: frames are compared per width, which is "
                    "right for light longer than the gates; one response is taken for all",
                    context.scan.name, *least * 1e12, *most * 1e12));
}

// Gates up to `until` bins after the arrival of the slowest pixel.
std::int64_t gates_that_matter(const Scan& scan, const GateBins& bins, double until) {
    if (!scan.arrival_s || std::isnan(until)) return scan.bins;
    double latest_s = 0;
    for (const double t0 : scan.t0_map_s) latest_s = std::max(latest_s, t0);
    const double end = scan.bin_of(*scan.arrival_s + latest_s) + until;
    return std::count_if(bins.edges.begin(), bins.edges.end() - 1, [&](double edge) { return edge < end; });
}

// FWHM in bins. From the samples themselves where one response serves all pixels: bins may be wider than the gate.
double response_width(const Scan& scan) {
    const std::vector<double>& t = scan.irf.time_s;
    if (scan.irf.per_pixel || t.size() < 2) return binned_response(scan).fwhm_bins;
    const double step_s = (t.back() - t.front()) / static_cast<double>(t.size() - 1);
    return full_width_at_half_maximum(scan.irf.values) * step_s / scan.bin_width_s;
}

double largest_step(const GateBins& bins, double from, double to) {
    double step = 0;
    for (std::size_t i = 0; i + 1 < bins.edges.size(); ++i)
        if (bins.edges[i + 1] > from && bins.edges[i] < to) step = std::max(step, bins.edges[i + 1] - bins.edges[i]);
    return step;
}

}  // namespace

const ParamTable& GateSweep::Params::table() {
    static const ParamTable t{
        real(&Params::saturation_count, "saturation_count", "counts", "a count from here on is saturated", 1, 1e12)
            .auto_is("the file's saturation_count, else the largest number of its bit depth or type"),
        real(&Params::saturation_until_ps, "saturation_until_ps", "ps",
             "gates later than this after the arrival may saturate", -1e9, 1e9)
            .auto_is("3 times the response's FWHM; all gates matter without a response or a calibrated arrival"),
    };
    return t;
}

GateSweep::Coefficients GateSweep::prepare(const Params& params, StageContext& context) {
    const Scan& scan = context.scan;
    if (scan.kind != ScanKind::gated || scan.gates.empty())
        throw Error(ExitCode::bad_input, scan.name + ": is not a scan of a gated camera",
                    "gate_sweep turns frames at several gate delays into traces",
                    "use --recipe transmission, which takes histograms");
    check_gates(scan.gates, scan.bins, scan.name);
    const GateBins bins = gate_bins(scan.gates);
    std::vector<float> edges(bins.edges.begin(), bins.edges.end());
    std::vector<float> live;
    for (std::size_t i = 0; i < bins.exposure.size(); ++i)
        live.push_back(static_cast<float>(bins.exposure[i] / (bins.edges[i + 1] - bins.edges[i])));

    double until = params.saturation_until_ps * 1e-12 / scan.bin_width_s;
    if (!scan.irf.empty()) {
        const double fwhm = response_width(scan);
        if (std::isnan(until)) until = until_fwhm * fwhm;
        const double at = scan.arrival_s ? scan.bin_of(*scan.arrival_s) : 0;
        const double step = scan.arrival_s ? largest_step(bins, at - fwhm, at + fwhm)
                                           : largest_step(bins, 0, static_cast<double>(scan.bins));
        if (step > widest_step_fwhm * fwhm && !context.is_reference)
            context.warn(
                fmt::format("{}: gates are up to {:.4g} ps apart and {:.4g} ps wide (FWHM): light between "
                            "them is not seen, and sums over gates depend on where they lie",
                            scan.name, step * scan.bin_width_s * 1e12, fwhm * scan.bin_width_s * 1e12));
    }
    if (!context.is_reference) warn_of_widths(context);

    Coefficients c;
    c.edges = context.keep.keep(edges);
    c.live = context.keep.keep(live);
    c.saturation = std::isnan(params.saturation_count) ? saturation_of(scan.gates, scan.type) : params.saturation_count;
    c.matter = gates_that_matter(scan, bins, until);
    if (context.found != nullptr) {
        (*context.found)["saturation_count"] = c.saturation;
        (*context.found)["gates_that_matter"] = static_cast<double>(c.matter);
    }
    return c;
}

void GateSweep::on_cpu(const TraceTile& tile, const Coefficients& c) {
    const std::int64_t bins = tile.counts.bins;
    if (tile.model.edges != nullptr) std::copy_n(c.edges, bins + 1, tile.model.edges);
    for (std::int64_t i = 0; i < tile.counts.traces; ++i) {
        if (tile.model.live != nullptr) std::copy_n(c.live, bins, tile.model.live + i * bins);
        double gained = 0;
        double brightest = 0;
        visit_counts(tile.counts, [&](const auto* y) {
            y += i * bins;
            for (std::int64_t k = 0; k < bins; ++k) {
                const auto count = static_cast<double>(y[k]);
                gained += count / static_cast<double>(c.live[k]) - count;
                if (k < c.matter && count > brightest) brightest = count;
            }
        });
        if (c.saturation > 0 && brightest >= c.saturation)
            tile.model.flags[i] = static_cast<std::uint8_t>(tile.model.flags[i] | saturated);
        if (tile.effect != nullptr) tile.effect[i] = static_cast<float>(gained);
    }
}

std::string GateSweep::remark(const ImageTile& images) {
    std::int64_t number = 0;
    for (std::int64_t i = 0; i < images.pixels(); ++i) number += (images.flags[i] & saturated) != 0 ? 1 : 0;
    if (number == 0) return "";
    return fmt::format(
        "{} of {} pixels are saturated in a frame that matters to the first light and are masked: "
        "expose less, or leave out the frames (--gate_sweep.saturation_until_ps)",
        number, images.pixels());
}

}  // namespace firstlight
