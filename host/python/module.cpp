// firstlight._native: what the Python package (scripts/python/firstlight) is made on.
#include <nanobind/nanobind.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "host/pipeline/array_job.hpp"
#include "host/pipeline/build_facts.hpp"
#include "host/pipeline/scan_kind.hpp"
#include "host/python/batches.hpp"
#include "host/python/calibrations.hpp"
#include "host/python/comparisons.hpp"
#include "host/python/errors.hpp"
#include "host/python/exports.hpp"
#include "host/python/imports.hpp"
#include "host/python/long_work.hpp"
#include "host/python/recipes.hpp"
#include "host/python/results.hpp"
#include "host/python/scans.hpp"
#include "host/python/simulation.hpp"
#include "host/python/stages.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace firstlight::python {
namespace {

struct RunRequest {
    std::string recipe;  // empty: what suits the scan
    nb::dict stages;
    nb::list chain;  // stages in place of a recipe; empty: none
    std::string calibration, backend;
    int threads = 0;
    std::size_t memory_bytes = 0;
    bool strict = false;
    std::string command;
};

RunRequest request_of(const nb::dict& d) {
    const auto text = [&](const char* name) { return nb::cast<std::string>(d[name]); };
    RunRequest r;
    r.recipe = text("recipe");
    r.stages = nb::cast<nb::dict>(d["stages"]);
    if (d.contains("chain")) r.chain = nb::cast<nb::list>(d["chain"]);
    r.calibration = text("calibration");
    r.backend = text("backend");
    r.threads = nb::cast<int>(d["threads"]);
    r.memory_bytes = nb::cast<std::size_t>(d["memory_bytes"]);
    r.strict = nb::cast<bool>(d["strict"]);
    r.command = text("command");
    return r;
}

Job job_of(const RunRequest& request, const std::string& suits, RecipeEnd end = RecipeEnd::complete) {
    Job job;
    job.recipe = request.chain.size() > 0 ? recipe_of_chain(request.chain, end)
                                          : recipe_of(request.recipe.empty() ? suits : request.recipe, request.stages);
    job.calibration_path = request.calibration;
    job.backend = request.backend;
    job.threads = request.threads;
    job.memory_bytes = request.memory_bytes;
    job.strict = request.strict;
    job.command = request.command;
    return job;
}

Result reconstruct_file(const FileScan& scan, const nb::dict& request, const nb::object& show) {
    Job job = job_of(request_of(request), default_recipe(scan.file.scan()));
    job.scan_path = scan.file.path();
    return run_long(show, [&](LongWork& work) {
        JobCallbacks callbacks = callbacks_of(work);
        // As the job opens it: strictness and memory are the job's.
        if (!job.strict && job.memory_bytes == 0) callbacks.file = &scan.file;
        return run_job(job, callbacks);
    });
}

Result reconstruct_array(const HeldArray& scan, const nb::dict& request, const nb::object& show) {
    const Job job = job_of(request_of(request), default_recipe(scan.array.scan));
    return run_long(show, [&](LongWork& work) { return run_array_job(scan.array, job, callbacks_of(work)); });
}

// What the chain of a request says of the detector: {part: array}.
nb::dict model_of_file(const FileScan& scan, const nb::dict& request, const std::vector<std::string>& parts,
                       const nb::object& show) {
    Job job = job_of(request_of(request), "", RecipeEnd::open);
    job.scan_path = scan.file.path();
    return model_of(scan.file.scan(), parts, job, show, [&](const JobCallbacks& callbacks) {
        JobCallbacks with_file = callbacks;
        if (!job.strict && job.memory_bytes == 0) with_file.file = &scan.file;
        (void)run_job(job, with_file);
    });
}

nb::dict model_of_array(const HeldArray& scan, const nb::dict& request, const std::vector<std::string>& parts,
                        const nb::object& show) {
    const Job job = job_of(request_of(request), "", RecipeEnd::open);
    return model_of(scan.array.scan, parts, job, show,
                    [&](const JobCallbacks& callbacks) { (void)run_array_job(scan.array, job, callbacks); });
}

}  // namespace
}  // namespace firstlight::python

NB_MODULE(_native, module) {
    using namespace firstlight::python;
    add_errors(module);
    add_scans(module);
    add_results(module);
    add_recipes(module);
    add_imports(module);
    add_exports(module);
    add_calibrations(module);
    add_comparisons(module);
    add_simulation(module);
    add_batches(module);
    add_stages(module);
    module.attr("version") = firstlight::build_facts().version;
    module.def("reconstruct_file", &reconstruct_file, "scan"_a, "request"_a, "show"_a.none());
    module.def("reconstruct_array", &reconstruct_array, "scan"_a, "request"_a, "show"_a.none());
    module.def("model_of_file", &model_of_file, "scan"_a, "request"_a, "parts"_a, "show"_a.none());
    module.def("model_of_array", &model_of_array, "scan"_a, "request"_a, "parts"_a, "show"_a.none());
}
