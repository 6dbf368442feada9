// The jobs of a calibration that are about the detector.
#include <fmt/format.h>

#include "host/calibration/dark_rate_fit.hpp"
#include "host/calibration/flat_field_fit.hpp"
#include "host/calibration/irf_fit.hpp"
#include "host/calibration/pixel_mask_fit.hpp"
#include "host/calibration/t0_map_fit.hpp"
#include "host/io/readable.hpp"
#include "host/pipeline/calibration_job.hpp"

namespace firstlight {
namespace {

// Dark counts need no more of a trace's bins than how long they were open, so frames of a gated camera will do.
TraceInput open_dark(const CalibrationRequest& o) {
    TraceOptions options = trace_options(o);
    options.frames = true;
    return open_traces(o.files.at(0), options);
}

}  // namespace

CalibrationReport calibrate_irf(const CalibrationRequest& o, Calibration& c) {
    const TraceInput input = open_traces(o.files.at(0), trace_options(o));
    ResponseOptions fit_options;
    fit_options.per_pixel = o.options.per_pixel;
    fit_options.least_counts = o.options.least_counts;
    if (c.rows == input.scan.rows && c.columns == input.scan.columns) {
        fit_options.mask = c.pixel_mask;
        fit_options.t0_map_s = c.t0_map_s;
    }
    const ResponseFit fit = fit_response(input, fit_options);
    if (o.options.per_pixel) c.set_size(input.scan.rows, input.scan.columns, o.files[0]);
    c.irf = fit.irf;
    const double arrival_s = input.scan.time_of(fit.peak_bins);
    if (o.options.arrival) c.arrival_s = arrival_s;
    c.set_figure("irf_fwhm", fit.fwhm_s, "s");
    CalibrationReport report;
    report.remarks = input.remarks;
    report.inputs = {o.files[0]};
    report.facts = {
        {"response", fmt::format("{} samples of {:.4g} ps{}", fit.irf.time_s.size(), input.scan.bin_width_s * 1e12,
                                 o.options.per_pixel ? fmt::format(", {} pixels with their own", fit.pixels_with_own)
                                                     : fmt::format(", from {} pixels", fit.pixels))},
        {"FWHM", readable_ps(fit.fwhm_s)},
        {"light", readable_count(fit.light) + " counts"},
        {"background", fmt::format("{:.4g} counts per bin, taken out", fit.background_per_bin)},
        {"peak",
         fmt::format("{} on the scan's axis{}", readable_ps(arrival_s), o.options.arrival ? ", kept as arrival" : "")}};
    report.json = {{"fwhm_ps", fit.fwhm_s * 1e12}, {"samples", fit.irf.time_s.size()},
                   {"light", fit.light},           {"background", fit.background_per_bin},
                   {"peak_ps", arrival_s * 1e12},  {"pixels_with_own", fit.pixels_with_own}};
    return report;
}

CalibrationReport calibrate_t0(const CalibrationRequest& o, Calibration& c) {
    const TraceInput input = open_traces(o.files.at(0), trace_options(o));
    c.set_size(input.scan.rows, input.scan.columns, o.files[0]);
    T0MapOptions fit_options;
    fit_options.irf = c.irf;
    fit_options.mask = c.pixel_mask;
    fit_options.least_snr = o.options.least_snr;
    const T0MapFit fit = fit_t0_map(input, fit_options);
    c.t0_map_s = fit.t0_map_s;
    if (o.options.arrival) c.arrival_s = fit.arrival_s;
    c.set_figure("t0_sigma", fit.median_sigma_s, "s");
    CalibrationReport report;
    report.remarks = input.remarks;
    if (fit.without_light > 0)
        report.remarks.push_back(
            fmt::format("{} pixels have too little light, or are masked, and are left at 0", fit.without_light));
    report.inputs = {o.files[0]};
    report.facts = {{"pixels", fmt::format("{}", fit.pixels)},
                    {"spread", readable_ps(fit.spread_s) + " over pixels"},
                    {"error", readable_ps(fit.median_sigma_s) + " per pixel, median"},
                    {"arrival", readable_ps(fit.arrival_s) + (o.options.arrival ? ", kept" : "")}};
    report.json = {{"pixels", fit.pixels},
                   {"without_light", fit.without_light},
                   {"spread_ps", fit.spread_s * 1e12},
                   {"sigma_ps", fit.median_sigma_s * 1e12},
                   {"arrival_ps", fit.arrival_s * 1e12}};
    return report;
}

CalibrationReport calibrate_dark(const CalibrationRequest& o, Calibration& c) {
    const TraceInput input = open_dark(o);
    const DarkRateFit fit = fit_dark_rate(input);
    c.set_size(input.scan.rows, input.scan.columns, o.files[0]);
    c.dark_rate_hz = fit.rate_hz;
    c.set_figure("dark_rate_sigma", fit.median_sigma_hz, "Hz");
    CalibrationReport report;
    report.remarks = input.remarks;
    report.remarks.insert(report.remarks.end(), fit.remarks.begin(), fit.remarks.end());
    report.inputs = {o.files[0]};
    report.facts = {
        {"median", fmt::format("{:.4g} Hz, with an error of {:.2g} Hz per pixel", fit.median_hz, fit.median_sigma_hz)},
        {"highest", fmt::format("{:.4g} Hz", fit.highest_hz)}};
    report.json = {{"median_hz", fit.median_hz},
                   {"sigma_hz", fit.median_sigma_hz},
                   {"highest_hz", fit.highest_hz},
                   {"flatness_z", fit.chi_square_z}};
    return report;
}

CalibrationReport calibrate_flat(const CalibrationRequest& o, Calibration& c) {
    const TraceInput input = open_traces(o.files.at(0), trace_options(o));
    c.set_size(input.scan.rows, input.scan.columns, o.files[0]);
    const FlatFieldFit fit = fit_flat_field(input, c.dark_rate_hz, c.pixel_mask);
    c.flat = fit.flat;
    c.set_figure("flat_sigma", fit.median_sigma, "1");
    CalibrationReport report;
    report.remarks = input.remarks;
    report.remarks.insert(report.remarks.end(), fit.remarks.begin(), fit.remarks.end());
    report.inputs = {o.files[0]};
    report.facts = {
        {"pixels", fmt::format("{}", fit.pixels)},
        {"spread", fmt::format("{:.3g} %, of which counting {:.3g} %", fit.spread * 100, fit.median_sigma * 100)}};
    report.json = {{"pixels", fit.pixels}, {"spread", fit.spread}, {"sigma", fit.median_sigma}};
    return report;
}

CalibrationReport calibrate_mask(const CalibrationRequest& o, Calibration& c) {
    const TraceInput input = open_dark(o);
    c.set_size(input.scan.rows, input.scan.columns, o.files[0]);
    const DarkRateFit dark = fit_dark_rate(input);
    CalibrationReport report;
    report.inputs = {o.files[0]};
    report.remarks = input.remarks;
    report.remarks.insert(report.remarks.end(), dark.remarks.begin(), dark.remarks.end());
    std::vector<double> light;
    if (!o.options.even_light.empty()) {
        const TraceInput even = open_traces(o.options.even_light, trace_options(o));
        c.set_size(even.scan.rows, even.scan.columns, o.options.even_light);
        light = fit_flat_field(even, dark.rate_hz, {}).light;
        report.inputs.push_back(o.options.even_light);
    }
    const PixelMaskFit fit = find_bad_pixels(dark.counts, light, o.options.threshold);
    c.pixel_mask = fit.mask;
    report.facts = {{"hot", fmt::format("{} pixels", fit.hot_pixels)},
                    {"noisy", fmt::format("{} pixels", fit.noisy_pixels)},
                    {"dead", fmt::format("{} pixels", fit.dead_pixels)},
                    {"dark counts", fmt::format("median {:.4g}, spread {:.3g}", fit.median, fit.spread)}};
    report.json = {{"hot", fit.hot_pixels},
                   {"noisy", fit.noisy_pixels},
                   {"dead", fit.dead_pixels},
                   {"dark_counts_median", fit.median},
                   {"dark_counts_spread", fit.spread}};
    return report;
}

}  // namespace firstlight
