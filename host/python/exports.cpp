#include "host/python/exports.hpp"

#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <utility>

#include "host/io/atomic_file.hpp"
#include "host/pipeline/layer_export.hpp"
#include "host/pipeline/result_export.hpp"
#include "host/python/long_work.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace firstlight::python {
namespace {

struct Exported {
    std::vector<ExportFile> files;
    std::vector<std::string> left_out;
};

Exported export_all(const Result& result, const ResultExport& request, LongWork& work) {
    const StopWrites stop(work.cancelled);
    Exported done;
    check_export(request);
    const Recipe recipe = drawing_recipe(result, request.result, request.format);
    done.files = files_to_export(result, request, done.left_out);
    prepare_export(request, done.files);
    std::int64_t written = 0;
    const auto total = static_cast<std::int64_t>(done.files.size());
    for (ExportFile& file : done.files) {
        if (work.cancelled) throw Interrupted();
        write_export(result, request, recipe, file);
        work.note({"export", ++written, total});
    }
    return done;
}

ResultExport request_of(const nb::dict& options) {
    ResultExport request;
    request.result = nb::cast<std::string>(options["result"]);
    request.output = nb::cast<std::string>(options["output"]);
    request.format = nb::cast<std::string>(options["format"]);
    request.layer = nb::cast<std::string>(options["layer"]);
    request.slices = nb::cast<std::vector<std::string>>(options["slices"]);
    request.projections = nb::cast<std::vector<std::string>>(options["projections"]);
    if (const nb::object mm = options["pixel_mm"]; !mm.is_none()) request.pixel_m = nb::cast<double>(mm) * 1e-3;
    request.gzip = nb::cast<bool>(options["gzip"]);
    request.force = nb::cast<bool>(options["force"]);
    return request;
}

nb::tuple export_photons(const nb::dict& options, const nb::object& show) {
    const ResultExport request = request_of(options);
    std::vector<std::string> left_out;
    const ExportFile made = run_long(show, [&](LongWork& work) {
        const StopWrites stop(work.cancelled);
        check_export(request);
        return export_events(
            request,
            [&work](std::int64_t done, std::int64_t total) {
                if (work.cancelled) throw Interrupted();
                work.note({"export", done, total});
            },
            left_out);
    });
    nb::list paths;
    paths.append(made.path);
    return nb::make_tuple(paths, left_out);
}

nb::tuple export_result(const Result& result, const nb::dict& options, const nb::object& show) {
    const ResultExport request = request_of(options);
    const Exported done = run_long(show, [&](LongWork& work) { return export_all(result, request, work); });
    nb::list paths;
    for (const ExportFile& file : done.files) paths.append(file.path);
    return nb::make_tuple(paths, done.left_out);
}

}  // namespace

void add_exports(nb::module_& module) {
    module.def("export_formats", &export_formats);
    module.def("export_events", &export_photons, "options"_a, "show"_a.none());
    module.def("export_result", &export_result, "result"_a, "options"_a, "show"_a.none());
}

}  // namespace firstlight::python
