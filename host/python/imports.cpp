#include "host/python/imports.hpp"

#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "host/io/importers/importer.hpp"
#include "host/python/long_work.hpp"
#include "host/python/recipes.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace firstlight::python {
namespace {

nb::dict import_now(const std::filesystem::path& source, const std::filesystem::path& target, const std::string& format,
                    const nb::dict& options, bool force, const std::string& command, const nb::object& show) {
    ImportRequest request;
    request.source = source;
    request.target = target;
    request.format = format;
    request.force = force;
    request.command = command;
    for (const auto& [key, value] : options) {
        const auto name = nb::cast<std::string>(key);
        set_import_option(request.options, name, param_value_of(value, name), name);
    }
    const ImportReport report = run_long(show, [&](LongWork& work) {
        request.cancelled = &work.cancelled;
        request.progress = [&work](double done) {
            work.note({"import", static_cast<std::int64_t>(done * 1000), 1000});
        };
        return import_file(request);
    });
    nb::dict out;
    out["format"] = report.format;
    out["assumptions"] = report.assumptions;
    out["counts"] = report.counts;
    out["left_out"] = report.left_out;
    return out;
}

nb::list list_importers() {
    nb::list all;
    for (const Importer& importer : importers()) {
        nb::dict one;
        one["name"] = importer.name;
        one["what"] = importer.what;
        one["endings"] = importer.endings;
        one["options"] = importer.options;
        all.append(one);
    }
    return all;
}

}  // namespace

void add_imports(nb::module_& module) {
    module.def("list_importers", &list_importers);
    module.def("import_file", &import_now, "source"_a, "target"_a, "format"_a, "options"_a, "force"_a, "command"_a,
               "show"_a.none());
}

}  // namespace firstlight::python
