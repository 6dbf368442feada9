#include "host/python/stages.hpp"

#include <fmt/format.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "host/pipeline/model_images.hpp"
#include "host/python/long_work.hpp"
#include "host/python/scans.hpp"
#include "kernels/support/parallel_for.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace firstlight::python {
namespace {

ModelPart part_called(const std::string& name) {
    for (const ModelPartInfo& info : model_part_table)
        if (name == info.name) return info.part;
    throw Error(ExitCode::internal, fmt::format("the model has no part \"{}\"", name));
}

nb::list list_model_parts() {
    nb::list all;
    for (const ModelPartInfo& info : model_part_table) {
        nb::list filled_by;
        for (const std::string_view stage : stages_that_fill(info.part)) filled_by.append(std::string(stage));
        nb::dict part;
        part["name"] = info.name;
        part["unit"] = info.unit;
        part["meaning"] = info.meaning;
        part["filled_by"] = filled_by;
        all.append(part);
    }
    return all;
}

}  // namespace

nb::dict model_of(const Scan& scan, const std::vector<std::string>& parts, const Job& job, const nb::object& show,
                  const std::function<void(const JobCallbacks&)>& run) {
    std::vector<ModelPart> wanted;
    for (const std::string& name : parts) wanted.push_back(part_called(name));
    ModelImages model(scan, wanted);
    const std::unique_ptr<Queue> queue = open_cpu_queue(job.threads > 0 ? job.threads : machine_threads());
    run_long(show, [&](LongWork& work) {
        JobCallbacks callbacks = callbacks_of(work);
        callbacks.queue = queue.get();
        callbacks.look = [&](std::int64_t view, const TraceTile& tile, const TileWindow& inner) {
            model.take(view, tile, inner);
        };
        run(callbacks);
    });
    std::vector<std::size_t> images;
    if (scan.has_views_axis) images.push_back(static_cast<std::size_t>(scan.views));
    images.push_back(static_cast<std::size_t>(scan.rows));
    images.push_back(static_cast<std::size_t>(scan.columns));
    std::vector<std::size_t> traces = images;
    traces.push_back(static_cast<std::size_t>(scan.bins));
    nb::dict out;
    for (const ModelPart part : wanted) {
        const char* name = model_part_table[static_cast<std::size_t>(part)].name;
        switch (part) {
            case ModelPart::flags: out[name] = array_that_owns(std::move(model.flags), images); break;
            case ModelPart::live: out[name] = array_that_owns(std::move(model.live), traces); break;
            case ModelPart::signal: out[name] = array_that_owns(std::move(model.signal), traces); break;
            case ModelPart::edges:
                out[name] = array_that_owns(std::move(model.edges), {static_cast<std::size_t>(scan.bins + 1)});
                break;
            default: out[name] = array_that_owns(std::move(model.pixels[static_cast<std::size_t>(part)]), images);
        }
    }
    return out;
}

void add_stages(nb::module_& module) { module.def("list_model_parts", &list_model_parts); }

}  // namespace firstlight::python
