#include "host/python/stages.hpp"

#include <fmt/format.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "host/pipeline/array_job.hpp"
#include "host/pipeline/layer_figure.hpp"
#include "host/pipeline/layer_stage.hpp"
#include "host/pipeline/model_images.hpp"
#include "host/pipeline/view_images.hpp"
#include "host/python/long_work.hpp"
#include "host/python/recipes.hpp"
#include "host/python/scan_fields.hpp"
#include "host/python/scans.hpp"
#include "kernels/support/layers.hpp"
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

using Values = nb::ndarray<const float, nb::c_contig, nb::device::cpu, nb::ndim<3>>;
using Mask = nb::ndarray<const std::uint8_t, nb::c_contig, nb::device::cpu, nb::ndim<3>>;

using Layers = std::vector<std::pair<std::string, Values>>;

// Layers [view, y, x] of one shape, as layers.py puts them together; the scan's shape is theirs.
Layers layers_from(const nb::dict& given, Scan& scan) {
    Layers layers;
    for (const auto& [name, values] : given) layers.emplace_back(nb::cast<std::string>(name), nb::cast<Values>(values));
    scan.views = static_cast<std::int64_t>(layers.at(0).second.shape(0));
    scan.rows = static_cast<std::int64_t>(layers[0].second.shape(1));
    scan.columns = static_cast<std::int64_t>(layers[0].second.shape(2));
    return layers;
}

// mask: None for none.
GatedImages images_from(const Layers& layers, const nb::object& mask, const Scan& scan) {
    GatedImages images = images_of(scan);
    for (const auto& [name, values] : layers) {
        const LayerInfo* info = find_layer(name);
        images.layers.push_back({name,
                                 info == nullptr ? "" : info->unit,
                                 info == nullptr ? "" : info->long_name,
                                 {values.data(), values.data() + values.size()}});
    }
    if (!mask.is_none()) {
        const auto flags = nb::cast<Mask>(mask);
        images.mask.assign(flags.data(), flags.data() + flags.size());
    }
    return images;
}

RecipeStage stage_of(const std::string& name, const nb::dict& parameters) {
    Recipe recipe;
    recipe.name = "stages";
    const StageEntry* entry = find_stage(name);
    recipe.stages.push_back({entry, entry->make_params(), {}});
    for (const auto& [parameter, value] : parameters) {
        const std::string key = name + "." + nb::cast<std::string>(parameter);
        set_parameter(recipe, key, param_value_of(value, key), key);
    }
    return recipe.stages.front();
}

template <class T>
nb::object image_of(const GatedImages& images, std::vector<T>&& values) {
    std::vector<std::size_t> shape{static_cast<std::size_t>(images.rows), static_cast<std::size_t>(images.columns)};
    if (images.has_views_axis) shape.insert(shape.begin(), static_cast<std::size_t>(images.views));
    return array_that_owns(std::move(values), shape);
}

// {"layers", "mask", "volume", "warnings"}; the volume in a result of its own. `fields` describe the scan.
nb::dict run_on_layers(const nb::dict& request, const nb::dict& layers, const nb::object& mask,
                       const nb::dict& reference, const nb::dict& fields, const nb::object& show) {
    LayerStage task{
        stage_of(nb::cast<std::string>(request["stage"]), nb::cast<nb::dict>(request["parameters"])), {}, {}, {}};
    Scan& scan = task.scan;
    scan.name = "layers";
    scan.bins = 1;  // that stages of images look at no time axis is what makes them so
    scan.has_views_axis = nb::cast<bool>(request["has_views_axis"]);
    fill_scan(fields, scan);
    const Layers values = layers_from(layers, scan);
    check_description(scan);
    task.images = images_from(values, mask, scan);
    if (reference.size() > 0) {
        Scan reference_scan = scan;
        reference_scan.view_angle_rad.clear();
        reference_scan.x_m.clear();
        reference_scan.y_m.clear();
        const Layers of_reference = layers_from(reference, reference_scan);
        if (reference_scan.rows != scan.rows || reference_scan.columns != scan.columns || reference_scan.views != 1)
            throw Error(ExitCode::bad_input,
                        fmt::format("the reference's layers are [{}, {}, {}]", reference_scan.views,
                                    reference_scan.rows, reference_scan.columns),
                        fmt::format("one view of {} x {} pixels is wanted", scan.rows, scan.columns),
                        "take the reference with the size of the scan");
        task.reference = images_from(of_reference, nb::none(), reference_scan);
    }
    const std::unique_ptr<Queue> queue =
        open_queue(nb::cast<std::string>(request["backend"]), nb::cast<int>(request["threads"]), {});
    RunOptions options;
    options.memory_bytes = nb::cast<std::size_t>(request["memory_bytes"]);
    LayerStageOutcome made = run_long(show, [&](LongWork& work) {
        options.cancelled = &work.cancelled;
        options.progress = [&work](const Progress& p) { work.note(p); };
        return run_layer_stage(std::move(task), *queue, options);
    });
    nb::dict out, images;
    for (ImageLayer& layer : made.images.layers)
        images[layer.name.c_str()] = image_of(made.images, std::move(layer.values));
    images["mask"] = image_of(made.images, std::move(made.images.mask));
    out["layers"] = images;
    out["warnings"] = made.warnings;
    out["volume"] = nb::none();
    if (made.volume) {
        Result result;
        result.volume = std::move(made.volume);
        out["volume"] = nb::cast(std::move(result)).attr("volume");
    }
    return out;
}

// Colours [y, x, 3] of one view; masked pixels are drawn as having no value unless `filled`.
nb::object colours_now(const nb::dict& parameters, const Values& values, const nb::object& mask, bool filled) {
    const RecipeStage stage = stage_of(ToneMap::info.name, parameters);
    const ToneMap::Params tone = *static_cast<const ToneMap::Params*>(stage.params.get());
    Scan scan;
    nb::dict one;
    one[layer_info(tone.layer).name] = values;
    const Layers layers = layers_from(one, scan);
    GatedImages images = images_from(layers, mask, scan);
    if (mask.is_none()) images.mask.clear();
    std::vector<std::size_t> shape{static_cast<std::size_t>(images.rows), static_cast<std::size_t>(images.columns), 3};
    LayerColours colours = colours_of(images, images.layers[0], 0, tone, filled);
    if (colours.bits == 16) return array_that_owns(std::move(colours.rgb16), shape);
    return array_that_owns(std::move(colours.rgb8), shape);
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

void add_stages(nb::module_& module) {
    module.def("list_model_parts", &list_model_parts);
    module.def("run_on_layers", &run_on_layers, "request"_a, "layers"_a, "mask"_a.none(), "reference"_a, "fields"_a,
               "show"_a.none());
    module.def("colours", &colours_now, "parameters"_a, "values"_a, "mask"_a.none(), "filled"_a);
}

}  // namespace firstlight::python
