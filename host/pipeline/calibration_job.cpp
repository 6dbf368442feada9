#include "host/pipeline/calibration_job.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "host/io/known_hashes.hpp"
#include "host/io/output_check.hpp"
#include "host/io/probe.hpp"
#include "host/pipeline/pipeline.hpp"

namespace firstlight {
namespace {

using Job = CalibrationReport (*)(const CalibrationRequest&, Calibration&);

Job job_called(const std::string& name) {
    static const std::vector<std::pair<std::string, Job>> all{{"irf", calibrate_irf},   {"t0", calibrate_t0},
                                                              {"dark", calibrate_dark}, {"flat", calibrate_flat},
                                                              {"mask", calibrate_mask}, {"medium", calibrate_medium}};
    for (const auto& [job, run] : all)
        if (job == name) return run;
    std::vector<std::string> names;
    for (const auto& [job, run] : all) names.push_back(job);
    throw Error(ExitCode::usage, fmt::format("calibrate: there is no job \"{}\"", name), "",
                fmt::format("choose from {}", fmt::join(names, ", ")));
}

}  // namespace

const ParamTable& CalibrationOptions::table() {
    using O = CalibrationOptions;
    static const ParamTable table{
        real(&O::bin_width_ps, "bin_width_ps", "ps", "width of a time bin of MATLAB captures", 1e-3, 1e9)
            .auto_is("as the file says"),
        real(&O::repetition_rate_hz, "repetition_rate_hz", "Hz", "laser pulses per second, for captures' pile-up", 1e-6,
             1e15)
            .auto_is("not known"),
        boolean(&O::per_pixel, "per_pixel", "a response for each pixel with enough counts"),
        real(&O::least_counts, "least_counts", "", "counts that a response of a pixel's own needs", 1, 1e15),
        boolean(&O::arrival, "arrival", "keep when unscattered light arrives"),
        real(&O::least_snr, "least_snr", "", "standard deviations by which a pixel's light must stand out", 1, 1e6),
        text(&O::even_light, "even_light", "", "acquisition of even light, in which dead pixels show"),
        real(&O::threshold, "threshold", "", "spreads above the median from which a pixel is noisy", 1, 1e6),
        text(&O::direct, "direct", "", "the same without a slab: the response of the bare detector"),
        real(&O::refractive_index, "refractive_index", "", "known refractive index, not fitted then", 1, 2.5)
            .auto_is("fitted"),
        text(&O::estimator, "estimator", "", "how bins are weighed: poisson, quasi or peak"),
        real(&O::model_error, "model_error", "%", "relative error of the model that quasi allows for", 0, 100),
        boolean(&O::whole_plane, "whole_plane", "light was gathered from the whole exit plane, not from a point"),
        boolean(&O::all_seconds, "all_seconds", "also keep seconds of a capture that differ from its others"),
        integer(&O::seconds, "seconds", "", "only so many seconds of each capture, drawn at random (0: all)", 0,
                100000),
        integer(&O::seed, "seed", "", "seed of that draw", 0, std::numeric_limits<std::int64_t>::max()),
        boolean(&O::no_jackknife, "no_jackknife", "leave out the interval over slabs"),
        text(&O::curves, "curves", "", "CSV file for counts and model of every bin"),
    };
    return table;
}

const std::vector<std::pair<std::string, std::vector<std::string>>>& calibration_jobs() {
    static const std::vector<std::pair<std::string, std::vector<std::string>>> all{
        {"irf", {"bin_width_ps", "repetition_rate_hz", "per_pixel", "least_counts", "arrival"}},
        {"t0", {"arrival", "least_snr"}},
        {"dark", {}},
        {"flat", {}},
        {"mask", {"even_light", "threshold"}},
        {"medium",
         {"bin_width_ps", "repetition_rate_hz", "thickness_mm", "direct", "refractive_index", "estimator",
          "model_error", "whole_plane", "all_seconds", "seconds", "seed", "no_jackknife", "curves"}}};
    return all;
}

void set_calibration_option(CalibrationRequest& request, const std::string& name, const ParamValue& value) {
    (void)job_called(request.job);
    for (const auto& [job, options] : calibration_jobs()) {
        if (job != request.job || std::find(options.begin(), options.end(), name) != options.end()) continue;
        const std::string near = nearest_name(name, options);
        throw Error(ExitCode::usage, fmt::format("calibrate {}: there is no option {}", job, name), "",
                    !near.empty()     ? fmt::format("did you mean {}?", near)
                    : options.empty() ? "leave it out"
                                      : fmt::format("it takes {}", fmt::join(options, ", ")));
    }
    for (const Param& param : CalibrationOptions::table())
        if (param.name == name) assign(param, &request.options, value, name);
}

TraceOptions trace_options(const CalibrationRequest& request) {
    const CalibrationOptions& given = request.options;
    TraceOptions out;
    if (!std::isnan(given.bin_width_ps)) out.capture.bin_width_s = given.bin_width_ps * 1e-12;
    if (!std::isnan(given.repetition_rate_hz)) out.capture.repetition_rate_hz = given.repetition_rate_hz;
    out.memory_bytes = request.memory_bytes;
    out.cancelled = request.cancelled;
    return out;
}

CalibrationReport run_calibration(const CalibrationRequest& request, Calibration& made) {
    const Job work = job_called(request.job);
    std::error_code ignored;
    const bool update = request.update && std::filesystem::exists(request.output, ignored);
    const bool replaces = request.force || update;
    if (!request.options.direct.empty()) check_output(request.output, replaces, request.options.direct);
    if (!request.options.curves.empty())
        for (const std::string& file : request.files) check_output(request.options.curves, request.force, file);
    made = {};
    if (update) {
        probe(request.output, ProbeKind::calibration, OpenOptions{}.memory_limit);
        made = read_calibration(request.output, {});
    }
    for (const std::string& file : request.files) check_output(request.output, replaces, file);
    made.forget(request.job);
    CalibrationReport report = work(request, made);
    if (request.cancelled != nullptr && *request.cancelled) throw Interrupted();
    for (const std::string& path : report.inputs)
        made.inputs.push_back(
            {request.job, request.command, std::filesystem::absolute(path).string(), known_sha256_of_file(path)});
    for (const std::string& remark : report.remarks) made.remarks.push_back(request.job + ": " + remark);
    report.added = update;
    report.replaces = replaces;
    return report;
}

}  // namespace firstlight
