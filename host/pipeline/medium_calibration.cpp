// The job of a calibration that is about the medium: refractive index, absorption and scattering from slabs of several
// thicknesses.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "host/calibration/irf_fit.hpp"
#include "host/calibration/medium_fit.hpp"
#include "host/io/acquisition_file.hpp"
#include "host/io/atomic_file.hpp"
#include "host/io/readable.hpp"
#include "host/pipeline/calibration_job.hpp"
#include "host/pipeline/pipeline.hpp"

namespace firstlight {
namespace {

std::optional<double> known(double value) { return std::isnan(value) ? std::nullopt : std::optional<double>(value); }

bool is_cancelled(const CalibrationRequest& o) { return o.cancelled != nullptr && *o.cancelled; }

const std::vector<std::string> estimators{"poisson", "quasi", "peak"};

std::string stem(const std::string& path) { return std::filesystem::path(path).stem().string(); }

SlabTrace read_slab(const std::string& path, double thickness_m, const CalibrationRequest& o, std::uint64_t number,
                    double& bin_width_s) {
    if (is_capture_file(path)) {
        if (std::isnan(o.options.bin_width_ps))
            throw Error(ExitCode::usage, path + ": the file does not say how wide its time bins are",
                        "a MATLAB v7.3 capture holds counts only", "give --bin-width-ps");
        bin_width_s = o.options.bin_width_ps * 1e-12;
        SecondsOptions seconds;
        seconds.keep_all = o.options.all_seconds;
        seconds.draw = o.options.seconds;
        seconds.seed = static_cast<std::uint64_t>(o.options.seed) + 1000003 * number;
        return make_slab_trace(stem(path), thickness_m, read_capture_seconds(path, false),
                               known(o.options.repetition_rate_hz), seconds);
    }
    const TraceInput input = open_traces(path, trace_options(o));
    bin_width_s = input.scan.bin_width_s;
    if (o.options.seconds > 0)
        throw Error(ExitCode::usage, "--seconds draws from captures of one-second histograms",
                    path + " is an acquisition");
    std::vector<double> counts(static_cast<std::size_t>(input.scan.bins));
    double pulses = 0;
    input.visit([&](std::int64_t view, std::int64_t pixel, const std::vector<double>& y) {
        const auto p = static_cast<std::size_t>(pixel);
        if (!input.scan.pixel_mask.empty() && (input.scan.pixel_mask[p] & masked_flags) != 0) return;
        for (std::size_t i = 0; i < y.size(); ++i) counts[i] += y[i];
        pulses += input.scan.pulses_at(view, pixel);
    });
    SlabTrace slab = make_slab_trace(stem(path), thickness_m, counts, pulses);
    slab.remarks.insert(slab.remarks.begin(), input.remarks.begin(), input.remarks.end());
    return slab;
}

std::vector<double> thicknesses(const CalibrationRequest& o) {
    if (!o.options.thickness_mm.empty() && o.options.thickness_mm.size() != o.files.size())
        throw Error(
            ExitCode::usage,
            fmt::format("--thickness-mm: {} thicknesses for {} files", o.options.thickness_mm.size(), o.files.size()),
            "they are given in the order of the files");
    std::vector<double> all;
    for (std::size_t i = 0; i < o.files.size(); ++i) {
        if (!o.options.thickness_mm.empty()) {
            all.push_back(o.options.thickness_mm[i] * 1e-3);
        } else {
            const bool capture = is_capture_file(o.files[i]);
            const auto thickness =
                capture ? std::nullopt : AcquisitionFile::open(o.files[i], {}).scan().medium.thickness_m;
            if (!thickness)
                throw Error(ExitCode::usage, o.files[i] + ": how thick the slab is, is not known",
                            capture ? "a capture does not say" : "/entry/geometry/medium/thickness is missing",
                            "give --thickness-mm, in the order of the files");
            all.push_back(*thickness);
        }
        for (std::size_t k = 0; k < i; ++k)
            if (all[k] == all[i])
                throw Error(ExitCode::usage,
                            fmt::format("{} and {} are both {:.6g} mm thick", o.files[k], o.files[i], all[i] * 1e3),
                            "each thickness is given once", "check --thickness-mm, or leave one file out");
    }
    return all;
}

std::string value_text(const FittedValue& v, const char* unit) {
    std::string text = fmt::format("{:.5g}{} ± {:.2g}", v.value, unit, v.sigma_slabs.value_or(v.sigma_scaled));
    text += fmt::format(" ({}counting {:.2g}, scaled by the misfit {:.2g})", v.sigma_slabs ? "over slabs; " : "",
                        v.sigma, v.sigma_scaled);
    return text;
}

CalibrationJson value_json(const FittedValue& v) {
    return {{"value", v.value},
            {"sigma", v.sigma},
            {"sigma_scaled", v.sigma_scaled},
            {"sigma_slabs", v.sigma_slabs ? CalibrationJson(*v.sigma_slabs) : CalibrationJson()}};
}

void keep(Calibration& c, const std::string& name, const FittedValue& v, const std::string& units) {
    c.set_figure(name + "_sigma", v.sigma, units);
    c.set_figure(name + "_sigma_scaled", v.sigma_scaled, units);
    if (v.sigma_slabs) c.set_figure(name + "_sigma_slabs", *v.sigma_slabs, units);
}

void write_curves(const std::string& path, const std::vector<SlabTrace>& slabs, const MediumFit& fit, bool force) {
    std::string text = "slab_mm,bin,counts,model\n";
    for (std::size_t k = 0; k < slabs.size(); ++k)
        for (std::size_t i = 0; i < slabs[k].counts.size(); ++i)
            text += fmt::format("{:.6g},{},{:.0f},{:.6g}\n", slabs[k].thickness_m * 1e3, i, slabs[k].counts[i],
                                fit.slabs[k].model[i]);
    write_whole(path, text.data(), text.size(), force);
}

}  // namespace

CalibrationReport calibrate_medium(const CalibrationRequest& o, Calibration& c) {
    if (std::find(estimators.begin(), estimators.end(), o.options.estimator) == estimators.end())
        throw Error(ExitCode::usage, fmt::format("--estimator: there is no \"{}\"", o.options.estimator), "",
                    fmt::format("choose from {}", fmt::join(estimators, ", ")));
    const std::vector<double> thick_m = thicknesses(o);
    if (o.options.direct.empty() && c.irf.empty())
        throw Error(ExitCode::usage, "calibrate medium: the response is missing",
                    "every slab's light is spread by the detector's own response",
                    "give --direct, a capture without slab, or --update a file that calibrate irf has written");
    CalibrationReport report;
    double bin_width_s = 0;
    std::vector<SlabTrace> slabs;
    for (std::size_t i = 0; i < o.files.size(); ++i) {
        double width = 0;
        slabs.push_back(read_slab(o.files[i], thick_m[i], o, i, width));
        if (bin_width_s != 0 && std::abs(width / bin_width_s - 1) > 1e-6)
            throw Error(ExitCode::bad_input, fmt::format("{}: bins of {:.6g} ps", o.files[i], width * 1e12),
                        fmt::format("those before it have {:.6g} ps", bin_width_s * 1e12),
                        "record all slabs with the same bins");
        bin_width_s = width;
        report.inputs.push_back(o.files[i]);
        report.remarks.insert(report.remarks.end(), slabs.back().remarks.begin(), slabs.back().remarks.end());
        if (is_cancelled(o)) throw Interrupted();
    }
    const std::vector<std::string> misplaced = drop_misplaced_slabs(slabs);
    if (slabs.size() < 2 && !misplaced.empty())
        throw Error(ExitCode::bad_input, fmt::format("{} of {} slabs are left to fit", slabs.size(), o.files.size()),
                    fmt::format("{}", fmt::join(misplaced, "; ")),
                    "check --thickness-mm and that each capture holds the slab it is named for");
    report.remarks.insert(report.remarks.end(), misplaced.begin(), misplaced.end());

    MediumResponse response;
    bool arrival_known = false;
    if (!o.options.direct.empty()) {
        CalibrationRequest whole = o;
        whole.options.seconds = 0;
        double width = 0;
        const SlabTrace direct = read_slab(o.options.direct, 0, whole, 0, width);
        if (std::abs(width / bin_width_s - 1) > 1e-6)
            throw Error(ExitCode::bad_input, fmt::format("{}: bins of {:.6g} ps", o.options.direct, width * 1e12),
                        fmt::format("the slabs have {:.6g} ps", bin_width_s * 1e12), "record it with the slabs' bins");
        const ResponseFit fit = response_of(stem(o.options.direct), direct.counts, direct.live, width);
        c.irf = fit.irf;
        c.set_figure("irf_fwhm", fit.fwhm_s, "s");
        response = {fit.whole, 0};  // noise and all: clipping it would add light
        arrival_known = true;
        report.inputs.push_back(o.options.direct);
        report.remarks.insert(report.remarks.end(), direct.remarks.begin(), direct.remarks.end());
    } else {
        const double width = c.irf.time_s.size() > 1 ? c.irf.time_s[1] - c.irf.time_s[0] : 0;
        if (c.irf.per_pixel || std::abs(width / bin_width_s - 1) > 1e-3)
            throw Error(ExitCode::bad_input,
                        fmt::format("the response in the calibration file is {}",
                                    c.irf.per_pixel ? "per pixel" : fmt::format("sampled at {:.6g} ps", width * 1e12)),
                        fmt::format("one with the slabs' bins of {:.6g} ps is needed", bin_width_s * 1e12),
                        "give --direct");
        response = {c.irf.values, -c.irf.time_s[0] / width};
    }
    MediumFitOptions fit_options;
    fit_options.bin_width_s = bin_width_s;
    fit_options.estimator = o.options.estimator == "poisson" ? MediumEstimator::poisson
                            : o.options.estimator == "peak"  ? MediumEstimator::peak
                                                             : MediumEstimator::quasi;
    fit_options.model_error = o.options.model_error / 100;
    fit_options.refractive_index = known(o.options.refractive_index);
    fit_options.whole_plane = o.options.whole_plane;
    fit_options.jackknife = !o.options.no_jackknife;
    fit_options.cancelled = [&] { return is_cancelled(o); };
    const MediumFit fit = fit_medium(slabs, response, fit_options);
    if (!fit.converged) report.remarks.emplace_back("the fit did not converge: its values are where it stopped");
    if (fit.misfit > 1.5 && fit_options.estimator != MediumEstimator::peak)
        report.remarks.push_back(
            fmt::format("the light deviates from the model: misfit {:.3g} per degree of freedom where 1 is expected; "
                        "trust the interval over slabs",
                        fit.misfit));
    c.medium.refractive_index = fit.refractive_index.value;
    c.medium.mu_a_per_m = fit.mu_a_per_m.value;
    c.medium.mu_s_prime_per_m = fit.mu_s_prime_per_m.value;
    keep(c, "refractive_index", fit.refractive_index, "1");
    keep(c, "mu_a", fit.mu_a_per_m, "1/m");
    keep(c, "mu_s_prime", fit.mu_s_prime_per_m, "1/m");
    c.set_figure("medium_misfit", fit.misfit, "1");
    c.set_figure("medium_deviance", fit.deviance, "1");
    if (!o.options.curves.empty()) write_curves(o.options.curves, slabs, fit, o.force);

    report.facts = {
        {"refractive index", !std::isnan(o.options.refractive_index)
                                 ? fmt::format("{:.5g}, as given", o.options.refractive_index)
                                 : value_text(fit.refractive_index, "")},
        {"absorption", value_text(fit.mu_a_per_m, " /m")},
        {"reduced scattering", value_text(fit.mu_s_prime_per_m, " /m")},
        {"estimator", o.options.estimator == "quasi" ? fmt::format("quasi, model error {:.3g} %", o.options.model_error)
                                                     : o.options.estimator},
        {"misfit", fmt::format("{:.4g} per degree of freedom (Poisson deviance {:.4g}), {} steps", fit.misfit,
                               fit.deviance, fit.steps)}};
    report.json = {{"refractive_index", value_json(fit.refractive_index)},
                   {"mu_a_per_m", value_json(fit.mu_a_per_m)},
                   {"mu_s_prime_per_m", value_json(fit.mu_s_prime_per_m)},
                   {"misfit", fit.misfit},
                   {"deviance", fit.deviance},
                   {"converged", fit.converged}};
    CalibrationJson& list = report.json["slabs"] = CalibrationJson::array();
    for (std::size_t k = 0; k < fit.slabs.size(); ++k) {
        const SlabFit& slab = fit.slabs[k];
        report.facts.emplace_back(fmt::format("  {:.4g} mm", slab.thickness_m * 1e3),
                                  fmt::format("{}: {} counts, {}{}, deviance {:.3g}, misfit {:.3g}", slab.name,
                                              readable_count(slab.light), arrival_known ? "light enters at " : "",
                                              arrival_known ? fmt::format("{:.1f} ps", slab.t0_s * 1e12) : "t0 free",
                                              slab.deviance, slab.misfit));
        list.push_back({{"name", slab.name},
                        {"thickness_mm", slab.thickness_m * 1e3},
                        {"t0_ps", slab.t0_s * 1e12},
                        {"light", slab.light},
                        {"background", slab.background_per_bin},
                        {"deviance", slab.deviance},
                        {"misfit", slab.misfit},
                        {"seconds", slabs[k].seconds_kept},
                        {"seconds_dropped", slabs[k].seconds_dropped}});
    }
    return report;
}

}  // namespace firstlight
