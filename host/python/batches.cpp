#include "host/python/batches.hpp"

#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "host/pipeline/batch_report.hpp"
#include "host/pipeline/batch_run.hpp"
#include "host/python/long_work.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace firstlight::python {
namespace {

template <class T>
T value_in(const nb::dict& d, const char* name) {
    return nb::cast<T>(d[name]);
}

BatchItem item_of(const nb::dict& d) {
    return {value_in<std::string>(d, "scan"), value_in<std::string>(d, "name"), value_in<std::string>(d, "recipe"),
            value_in<std::string>(d, "calibration"), value_in<BatchParameters>(d, "parameters")};
}

nb::dict dict_of(const BatchItem& item) {
    nb::dict d;
    d["scan"] = item.scan.string();
    d["name"] = item.name;
    d["recipe"] = item.recipe;
    d["calibration"] = item.calibration.string();
    d["parameters"] = item.parameters;
    return d;
}

std::vector<BatchItem> items_of(const std::vector<nb::dict>& dicts) {
    std::vector<BatchItem> items;
    for (const nb::dict& d : dicts) items.push_back(item_of(d));
    return items;
}

BatchOptions options_of(const nb::dict& d) {
    BatchOptions options;
    options.program = value_in<std::string>(d, "program");
    options.output = value_in<std::string>(d, "output");
    options.backend = value_in<std::string>(d, "backend");
    options.jobs = value_in<int>(d, "jobs");
    options.threads = value_in<int>(d, "threads");
    options.memory_bytes = value_in<std::size_t>(d, "memory_bytes");
    options.resume = value_in<bool>(d, "resume");
    options.force = value_in<bool>(d, "force");
    options.strict = value_in<bool>(d, "strict");
    return options;
}

BatchRequest request_of(const nb::dict& d) {
    BatchRequest request;
    for (const auto& source : value_in<std::vector<std::string>>(d, "sources")) request.sources.emplace_back(source);
    request.output = value_in<std::string>(d, "output");
    request.recursive = value_in<bool>(d, "recursive");
    request.recipe = value_in<std::string>(d, "recipe");
    request.calibration = value_in<std::string>(d, "calibration");
    request.parameters = value_in<BatchParameters>(d, "parameters");
    return request;
}

// The items, and (path, why) of what is left out.
nb::tuple list_items(const nb::dict& request_dict, const nb::dict& options_dict) {
    const BatchRequest request = request_of(request_dict);
    const BatchOptions options = options_of(options_dict);
    BatchList list;
    {
        const nb::gil_scoped_release unlocked;
        list = list_batch(request);
        if (list.problems.empty()) list.problems = output_problems(list.items, options);
        refuse_problems(list.problems);
    }
    nb::list items, skipped;
    for (const BatchItem& item : list.items) items.append(dict_of(item));
    for (const BatchSkipped& s : list.skipped) skipped.append(nb::make_tuple(s.path.string(), s.why));
    return nb::make_tuple(items, skipped);
}

std::string text_of(const BatchJson& record) {
    return record.dump(-1, ' ', false, BatchJson::error_handler_t::replace);
}

std::vector<std::string> run_items(const std::vector<nb::dict>& items_dicts, const nb::dict& options_dict,
                                   const nb::object& show) {
    const std::vector<BatchItem> items = items_of(items_dicts);
    const BatchOptions options = options_of(options_dict);
    // On the thread of run_long, which ends after all its children: they would end with it.
    const BatchOutcome outcome = run_long(show, [&](LongWork& work) {
        BatchCallbacks callbacks;
        callbacks.cancelled = &work.cancelled;
        callbacks.finished = [&work](const BatchProgress& p, const BatchJson&) {
            work.note({"batch", static_cast<std::int64_t>(p.done), static_cast<std::int64_t>(p.total)});
        };
        return run_batch(items, options, callbacks);
    });
    std::vector<std::string> records;
    for (const BatchJson& record : outcome.records) records.push_back(text_of(record));
    return records;
}

std::string run_one(const nb::dict& item_dict, const nb::dict& options_dict, const std::string& device,
                    const nb::object& show) {
    const BatchItem item = item_of(item_dict);
    const BatchOptions options = options_of(options_dict);
    return text_of(run_long(show, [&](LongWork& work) {
        BatchCallbacks callbacks;
        callbacks.cancelled = &work.cancelled;
        callbacks.running = [&work](const BatchProgress&, const BatchItem&, const ChildProgress& p, double) {
            work.note({"item", static_cast<std::int64_t>(p.share * 1000), 1000});
        };
        return run_item(item, options, device, callbacks);
    }));
}

void write_report(const std::filesystem::path& path, const std::vector<std::string>& texts,
                  const std::vector<std::pair<std::string, std::string>>& left_out, const std::string& command) {
    check_report_name(path);
    std::vector<BatchJson> records;
    for (const std::string& text : texts) records.push_back(BatchJson::parse(text));
    std::vector<BatchSkipped> skipped;
    for (const auto& [file, why] : left_out) skipped.push_back({file, why});
    const nb::gil_scoped_release unlocked;
    write_batch_report(path, records, skipped, command);
}

}  // namespace

void add_batches(nb::module_& module) {
    module.def("list_batch", &list_items, "request"_a, "options"_a);
    module.def("run_batch", &run_items, "items"_a, "options"_a, "show"_a.none());
    module.def("run_item", &run_one, "item"_a, "options"_a, "device"_a, "show"_a.none());
    module.def("write_batch_report", &write_report, "path"_a, "records"_a, "skipped"_a, "command"_a);
    module.def(
        "remove_old_parts",
        [](const std::vector<nb::dict>& items, const nb::dict& options) {
            remove_old_parts(items_of(items), options_of(options));
        },
        "items"_a, "options"_a);
    nb::class_<BatchJournal>(module, "BatchJournal")
        .def(
            "__init__",
            [](BatchJournal* self, const nb::dict& options) {
                new (self) BatchJournal(journal_path(options_of(options)));
            },
            "options"_a)
        .def(
            "append", [](BatchJournal& self, const std::string& record) { self.append(BatchJson::parse(record)); },
            "record"_a);
}

}  // namespace firstlight::python
