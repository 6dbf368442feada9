// firstlight calibrate: what a detector and a medium do to light, from scans made for that.
#include "host/cli/calibrate.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "host/calibration/dark_rate_fit.hpp"
#include "host/calibration/flat_field_fit.hpp"
#include "host/calibration/irf_fit.hpp"
#include "host/calibration/pixel_mask_fit.hpp"
#include "host/calibration/t0_map_fit.hpp"
#include "host/cli/interruption.hpp"
#include "host/io/known_hashes.hpp"
#include "host/io/probe.hpp"
#include "host/pipeline/pipeline.hpp"

namespace firstlight::cli {
namespace {

bool exists(const std::string& path) {
    std::error_code ignored;
    return std::filesystem::exists(path, ignored);
}

struct IrfOptions : CalibrateOptions {
    bool per_pixel = false, arrival = false;
    double least_counts = 10000, least_snr = 5;
};
struct MaskOptions : CalibrateOptions {
    std::string even_light;
    double threshold = 6;
};

JobReport irf_job(const IrfOptions& o, Calibration& c) {
    const TraceInput input = open_traces(o.files.at(0), o.traces());
    ResponseOptions fit_options;
    fit_options.per_pixel = o.per_pixel;
    fit_options.least_counts = o.least_counts;
    if (c.rows == input.scan.rows && c.columns == input.scan.columns) {
        fit_options.mask = c.pixel_mask;
        fit_options.t0_map_s = c.t0_map_s;
    }
    const ResponseFit fit = fit_response(input, fit_options);
    if (o.per_pixel) c.set_size(input.scan.rows, input.scan.columns, o.files[0]);
    c.irf = fit.irf;
    const double arrival_s = input.scan.time_of(fit.peak_bins);
    if (o.arrival) c.arrival_s = arrival_s;
    c.set_figure("irf_fwhm", fit.fwhm_s, "s");
    JobReport report;
    report.remarks = input.remarks;
    report.inputs = {o.files[0]};
    report.facts = {
        {"response", fmt::format("{} samples of {:.4g} ps{}", fit.irf.time_s.size(), input.scan.bin_width_s * 1e12,
                                 o.per_pixel ? fmt::format(", {} pixels with their own", fit.pixels_with_own)
                                             : fmt::format(", from {} pixels", fit.pixels))},
        {"FWHM", readable_ps(fit.fwhm_s)},
        {"light", readable_count(fit.light) + " counts"},
        {"background", fmt::format("{:.4g} counts per bin, taken out", fit.background_per_bin)},
        {"peak", fmt::format("{} on the scan's axis{}", readable_ps(arrival_s), o.arrival ? ", kept as arrival" : "")}};
    report.json = {{"fwhm_ps", fit.fwhm_s * 1e12}, {"samples", fit.irf.time_s.size()},
                   {"light", fit.light},           {"background", fit.background_per_bin},
                   {"peak_ps", arrival_s * 1e12},  {"pixels_with_own", fit.pixels_with_own}};
    return report;
}

JobReport t0_job(const IrfOptions& o, Calibration& c) {
    const TraceInput input = open_traces(o.files.at(0), o.traces());
    c.set_size(input.scan.rows, input.scan.columns, o.files[0]);
    T0MapOptions fit_options;
    fit_options.irf = c.irf;
    fit_options.mask = c.pixel_mask;
    fit_options.least_snr = o.least_snr;
    const T0MapFit fit = fit_t0_map(input, fit_options);
    c.t0_map_s = fit.t0_map_s;
    if (o.arrival) c.arrival_s = fit.arrival_s;
    c.set_figure("t0_sigma", fit.median_sigma_s, "s");
    JobReport report;
    report.remarks = input.remarks;
    if (fit.without_light > 0)
        report.remarks.push_back(
            fmt::format("{} pixels have too little light, or are masked, and are left at 0", fit.without_light));
    report.inputs = {o.files[0]};
    report.facts = {{"pixels", fmt::format("{}", fit.pixels)},
                    {"spread", readable_ps(fit.spread_s) + " over pixels"},
                    {"error", readable_ps(fit.median_sigma_s) + " per pixel, median"},
                    {"arrival", readable_ps(fit.arrival_s) + (o.arrival ? ", kept" : "")}};
    report.json = {{"pixels", fit.pixels},
                   {"without_light", fit.without_light},
                   {"spread_ps", fit.spread_s * 1e12},
                   {"sigma_ps", fit.median_sigma_s * 1e12},
                   {"arrival_ps", fit.arrival_s * 1e12}};
    return report;
}

// Dark counts need no more of a trace's bins than how long they were open, so frames of a gated camera will do.
TraceInput open_dark(const CalibrateOptions& o) {
    TraceOptions options = o.traces();
    options.frames = true;
    return open_traces(o.files.at(0), options);
}

JobReport dark_job(const CalibrateOptions& o, Calibration& c) {
    const TraceInput input = open_dark(o);
    const DarkRateFit fit = fit_dark_rate(input);
    c.set_size(input.scan.rows, input.scan.columns, o.files[0]);
    c.dark_rate_hz = fit.rate_hz;
    c.set_figure("dark_rate_sigma", fit.median_sigma_hz, "Hz");
    JobReport report;
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

JobReport flat_job(const CalibrateOptions& o, Calibration& c) {
    const TraceInput input = open_traces(o.files.at(0), o.traces());
    c.set_size(input.scan.rows, input.scan.columns, o.files[0]);
    const FlatFieldFit fit = fit_flat_field(input, c.dark_rate_hz, c.pixel_mask);
    c.flat = fit.flat;
    c.set_figure("flat_sigma", fit.median_sigma, "1");
    JobReport report;
    report.remarks = input.remarks;
    report.remarks.insert(report.remarks.end(), fit.remarks.begin(), fit.remarks.end());
    report.inputs = {o.files[0]};
    report.facts = {
        {"pixels", fmt::format("{}", fit.pixels)},
        {"spread", fmt::format("{:.3g} %, of which counting {:.3g} %", fit.spread * 100, fit.median_sigma * 100)}};
    report.json = {{"pixels", fit.pixels}, {"spread", fit.spread}, {"sigma", fit.median_sigma}};
    return report;
}

JobReport mask_job(const MaskOptions& o, Calibration& c) {
    const TraceInput input = open_dark(o);
    c.set_size(input.scan.rows, input.scan.columns, o.files[0]);
    const DarkRateFit dark = fit_dark_rate(input);
    JobReport report;
    report.inputs = {o.files[0]};
    report.remarks = input.remarks;
    report.remarks.insert(report.remarks.end(), dark.remarks.begin(), dark.remarks.end());
    std::vector<double> light;
    if (!o.even_light.empty()) {
        const TraceInput even = open_traces(o.even_light, o.traces());
        c.set_size(even.scan.rows, even.scan.columns, o.even_light);
        light = fit_flat_field(even, dark.rate_hz, {}).light;
        report.inputs.push_back(o.even_light);
    }
    const PixelMaskFit fit = find_bad_pixels(dark.counts, light, o.threshold);
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

template <class Options>
CLI::App* add_job(CLI::App& calibrate, CommandLine& line, const std::string& name, const std::string& what,
                  const std::string& files, const std::shared_ptr<Options>& options,
                  JobReport (*work)(const Options&, Calibration&)) {
    CLI::App* command = calibrate.add_subcommand(name, what);
    add_calibrate_options(*command, *options, files);
    command->get_option("FILE")->expected(1);
    command->callback([=, &line] {
        line.run = [=, &line] {
            return run_calibration(name, *options, line, [=](Calibration& c) { return work(*options, c); });
        };
    });
    return command;
}

}  // namespace

TraceOptions CalibrateOptions::traces() const {
    TraceOptions out;
    if (bin_width_ps) out.capture.bin_width_s = *bin_width_ps * 1e-12;
    out.capture.repetition_rate_hz = repetition_rate_hz;
    if (!memory.empty()) out.memory_bytes = parse_memory(memory, "--memory");
    out.cancelled = &interruption_requested();
    return out;
}

void add_calibrate_options(CLI::App& command, CalibrateOptions& options, const std::string& files) {
    command.add_option("FILE", options.files, files)->type_name("FILE")->required();
    command.add_option("-o,--output", options.output, "Calibration file to write")->type_name("FILE")->required();
    command.add_flag("--update", options.update, "Add to an existing calibration file, and use what it holds");
    command.add_flag("--force", options.force, "Replace an existing calibration file");
    command
        .add_option("--memory", options.memory, "Limit of memory such as 512M or 4G; default: half of the machine's")
        ->type_name("SIZE");
    command.add_flag("--json", options.json, "Print one JSON object instead of text");
    command.add_flag("--quiet", options.quiet, "Print nothing but errors");
}

void add_capture_options(CLI::App& command, CalibrateOptions& options) {
    command.add_option("--bin-width-ps", options.bin_width_ps, "Width of a time bin of MATLAB captures, ps")
        ->type_name("PS")
        ->check(CLI::Range(1e-3, 1e9));
    command
        .add_option("--repetition-rate-hz", options.repetition_rate_hz,
                    "Laser pulses per second, for captures' pile-up")
        ->type_name("HZ")
        ->check(CLI::Range(1e-6, 1e15));
}

int run_calibration(const std::string& job, const CalibrateOptions& options, const CommandLine& line,
                    const std::function<JobReport(Calibration&)>& work) {
    Calibration calibration;
    const bool update = options.update && exists(options.output);
    if (update) {
        probe(options.output, ProbeKind::calibration, OpenOptions{}.memory_limit);
        calibration = read_calibration(options.output, {});
    }
    for (const std::string& file : options.files) check_output(options.output, options.force || update, file);
    calibration.forget(job);
    const JobReport report = work(calibration);
    if (interruption_requested()) throw Interrupted();
    for (const std::string& path : report.inputs)
        calibration.inputs.push_back(
            {job, line.typed, std::filesystem::absolute(path).string(), known_sha256_of_file(path)});
    for (const std::string& remark : report.remarks) calibration.remarks.push_back(job + ": " + remark);
    {
        const WritingFiles now;
        write_calibration(options.output, calibration, options.force || update);
    }
    if (!options.quiet)
        for (const std::string& remark : report.remarks) print_warning(remark);
    if (options.json) {
        Json json{{"job", job}, {"output", options.output}};
        json.update(report.json);
        json["remarks"] = report.remarks;
        print_json(json);
    } else if (!options.quiet) {
        Facts facts = report.facts;
        facts.emplace_back("calibration", options.output + (update ? ", added to" : ""));
        print_facts(facts);
    }
    return 0;
}

void add_calibrate(CLI::App& program, CommandLine& line) {
    CLI::App* command = program.add_subcommand("calibrate", "Measure a detector and a medium from scans made for that");
    command->footer(
        "Each job writes into one calibration file; --update adds to it. Use it with\n"
        "firstlight reconstruct SCAN --calibration FILE.");
    const auto irf = std::make_shared<IrfOptions>();
    CLI::App* job = add_job(*command, line, "irf", "Instrument response from a scan of unscattered light",
                            "Acquisition, or capture of the bare detector", irf, irf_job);
    add_capture_options(*job, *irf);
    job->add_flag("--per-pixel", irf->per_pixel, "A response for each pixel with enough counts");
    job->add_option("--least-counts", irf->least_counts, "Counts that a response of a pixel's own needs")
        ->type_name("N")
        ->check(CLI::Range(1.0, 1e15))
        ->capture_default_str();
    job->add_flag("--arrival", irf->arrival, "Keep the peak as the arrival of unscattered light");
    const auto t0 = std::make_shared<IrfOptions>();
    job = add_job(*command, line, "t0", "Delay of each pixel from a scan of unscattered light", "Acquisition", t0,
                  t0_job);
    job->add_flag("--arrival", t0->arrival, "Keep the median arrival as that of unscattered light");
    job->add_option("--least-snr", t0->least_snr, "Standard deviations by which a pixel's light must stand out")
        ->type_name("N")
        ->check(CLI::Range(1.0, 1e6))
        ->capture_default_str();
    add_job(*command, line, "dark", "Dark counts of each pixel from a scan without light", "Acquisition",
            std::make_shared<CalibrateOptions>(), dark_job);
    add_job(*command, line, "flat", "Sensitivity of each pixel from a scan of even light", "Acquisition",
            std::make_shared<CalibrateOptions>(), flat_job);
    const auto mask = std::make_shared<MaskOptions>();
    job = add_job(*command, line, "mask", "Hot, noisy and dead pixels from a scan without light", "Acquisition", mask,
                  mask_job);
    job->add_option("--even-light", mask->even_light, "Acquisition of even light, in which dead pixels show")
        ->type_name("FILE");
    job->add_option("--threshold", mask->threshold, "Spreads above the median from which a pixel is noisy")
        ->type_name("N")
        ->check(CLI::Range(1.0, 1e6))
        ->capture_default_str();
    add_calibrate_medium(*command, line);
}

}  // namespace firstlight::cli
