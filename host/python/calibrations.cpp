#include "host/python/calibrations.hpp"

#include <nanobind/ndarray.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "host/io/probe.hpp"
#include "host/pipeline/calibration_job.hpp"
#include "host/python/long_work.hpp"
#include "host/python/recipes.hpp"
#include "host/python/scans.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace firstlight::python {
namespace {

// The figures as JSON, and the remarks.
nb::tuple calibrate_now(const nb::dict& asked, const nb::dict& options, const nb::object& show) {
    CalibrationRequest request;
    request.job = nb::cast<std::string>(asked["job"]);
    request.files = nb::cast<std::vector<std::string>>(asked["files"]);
    request.output = nb::cast<std::string>(asked["output"]);
    request.update = nb::cast<bool>(asked["update"]);
    request.force = nb::cast<bool>(asked["force"]);
    request.memory_bytes = nb::cast<std::size_t>(asked["memory_bytes"]);
    request.command = nb::cast<std::string>(asked["command"]);
    for (const auto& [key, value] : options) {
        const auto name = nb::cast<std::string>(key);
        if (name == "thickness_mm" && request.job == "medium")
            request.options.thickness_mm = nb::cast<std::vector<double>>(value);
        else set_calibration_option(request, name, param_value_of(value, name));
    }
    const CalibrationReport report = run_long(show, [&](LongWork& work) {
        request.cancelled = &work.cancelled;
        Calibration made;
        const CalibrationReport done = run_calibration(request, made);
        write_calibration(request.output, made, done.replaces);
        return done;
    });
    return nb::make_tuple(report.json.dump(), report.remarks);
}

// Name, unit and value of each part that the calibration holds, under the names of a scan's description.
nb::list parts_of(const Calibration& c) {
    const auto n = [](std::int64_t size) { return static_cast<std::size_t>(size); };
    const std::vector<std::size_t> image{n(c.rows), n(c.columns)};
    nb::list parts;
    const auto array = [&](const char* name, const char* unit, const auto& values, std::vector<std::size_t> shape) {
        if (!values.empty())
            parts.append(nb::make_tuple(name, unit, array_that_owns(std::decay_t<decltype(values)>(values), shape)));
    };
    const auto number = [&](const char* name, const char* unit, const std::optional<double>& value) {
        if (value) parts.append(nb::make_tuple(name, unit, *value));
    };
    const std::size_t samples = c.irf.values.size() / (c.irf.per_pixel ? n(c.rows * c.columns) : 1);
    array("irf", "1", c.irf.values,
          c.irf.per_pixel ? std::vector<std::size_t>{image[0], image[1], samples} : std::vector<std::size_t>{samples});
    array("irf_time_s", "s", c.irf.time_s, {c.irf.time_s.size()});
    number("arrival_s", "s", c.arrival_s);
    array("t0_map_s", "s", c.t0_map_s, image);
    array("dark_rate_hz", "Hz", c.dark_rate_hz, image);
    array("flat", "1", c.flat, image);
    array("pixel_mask", "1", c.pixel_mask, image);
    number("medium_thickness_m", "m", c.medium.thickness_m);
    number("medium_refractive_index", "1", c.medium.refractive_index);
    number("medium_mu_s_per_m", "1/m", c.medium.mu_s_per_m);
    number("medium_mu_s_prime_per_m", "1/m", c.medium.mu_s_prime_per_m);
    number("medium_mu_a_per_m", "1/m", c.medium.mu_a_per_m);
    number("medium_g", "1", c.medium.g);
    return parts;
}

nb::dict read_now(const std::filesystem::path& path) {
    Calibration c;
    {
        const nb::gil_scoped_release unlocked;
        probe(path, ProbeKind::calibration, OpenOptions{}.memory_limit);
        c = read_calibration(path, {});
    }
    nb::dict out;
    out["parts"] = parts_of(c);
    nb::dict fits;
    for (const CalibrationFigure& figure : c.figures)
        fits[figure.name.c_str()] = nb::make_tuple(figure.value, figure.units);
    out["fits"] = fits;
    nb::list inputs;
    for (const CalibrationInput& input : c.inputs) {
        nb::dict one;
        one["job"] = input.job;
        one["command"] = input.command;
        one["path"] = input.path;
        one["sha256"] = input.sha256;
        inputs.append(one);
    }
    out["inputs"] = inputs;
    out["remarks"] = c.remarks;
    out["uuid"] = c.uuid;
    out["created"] = c.created;
    return out;
}

}  // namespace

void add_calibrations(nb::module_& module) {
    module.def("calibrate", &calibrate_now, "asked"_a, "options"_a, "show"_a.none());
    module.def("read_calibration", &read_now, "path"_a);
    module.def("list_calibration_jobs", [] {
        nb::dict jobs;
        for (const auto& [job, options] : calibration_jobs()) jobs[job.c_str()] = options;
        return jobs;
    });
}

}  // namespace firstlight::python
