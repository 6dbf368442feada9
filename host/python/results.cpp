#include "host/python/results.hpp"

#include <nanobind/ndarray.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "host/io/result_file.hpp"
#include "host/pipeline/result_difference.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace firstlight::python {
namespace {

// An array in the result's memory, which the array keeps alive.
template <class T>
nb::object view_of(const nb::object& owner, const std::vector<T>& values, const std::vector<std::int64_t>& sizes) {
    const std::vector<std::size_t> shape(sizes.begin(), sizes.end());
    return nb::cast(nb::ndarray<nb::numpy, const T>(values.data(), shape.size(), shape.data(), owner));
}

std::vector<std::int64_t> image_shape(const GatedImages& images) {
    if (images.has_views_axis) return {images.views, images.rows, images.columns};
    return {images.rows, images.columns};
}

nb::object layer_of(const nb::object& self, const std::string& name) {
    const auto& result = nb::cast<const Result&>(self);
    if (name == "mask" && !result.images.mask.empty())
        return view_of(self, result.images.mask, image_shape(result.images));
    const ImageLayer* layer = result.images.layer(name);
    if (layer == nullptr) throw nb::key_error(name.c_str());
    return view_of(self, layer->values, image_shape(result.images));
}

nb::tuple axis_of(const Axis& axis) {
    auto* at = new std::vector<double>(positions(axis));
    const nb::capsule owner(at, [](void* p) noexcept { delete static_cast<std::vector<double>*>(p); });
    const nb::object values = nb::cast(nb::ndarray<nb::numpy, double, nb::ndim<1>>(at->data(), {at->size()}, owner));
    return nb::make_tuple(values, axis.unit, axis.long_name);
}

nb::dict image_axes(const Result& result) {
    nb::dict axes;
    if (result.images.has_views_axis) axes["view"] = axis_of(result.images.view);
    axes["y"] = axis_of(result.images.y);
    axes["x"] = axis_of(result.images.x);
    return axes;
}

nb::object volume_of(const nb::object& self) {
    const auto& result = nb::cast<const Result&>(self);
    if (!result.volume) return nb::none();
    const Volume& volume = *result.volume;
    nb::dict axes, out;
    axes["z"] = axis_of(volume.z);
    axes["y"] = axis_of(volume.y);
    axes["x"] = axis_of(volume.x);
    out["name"] = volume.name;
    out["unit"] = volume.unit;
    out["long_name"] = volume.long_name;
    out["axes"] = axes;
    out["values"] = view_of(self, volume.values, {volume.z.size, volume.y.size, volume.x.size});
    return out;
}

nb::list stages_of(const Result& result) {
    nb::list stages;
    for (const StageRecord& record : result.process.stages) {
        nb::dict stage;
        stage["name"] = record.name;
        stage["seconds"] = record.seconds;
        stage["counts_in"] = record.counts_in;
        stage["counts_out"] = record.counts_out;
        stage["survey"] = record.survey;
        stages.append(stage);
    }
    return stages;
}

nb::list inputs_of(const Result& result) {
    nb::list inputs;
    for (const InputRecord& record : result.process.inputs) {
        nb::dict input;
        input["path"] = record.path;
        input["sha256"] = record.sha256;
        input["uuid"] = record.uuid;
        inputs.append(input);
    }
    return inputs;
}

nb::list layers_of(const Result& result) {
    nb::list layers;
    for (const ImageLayer& layer : result.images.layers)
        layers.append(nb::make_tuple(layer.name, layer.unit, layer.long_name));
    if (!result.images.mask.empty()) layers.append(nb::make_tuple("mask", "1", "why a pixel is not to be trusted"));
    return layers;
}

nb::dict difference_of_results(const Result& a, const Result& b) {
    const ResultDifference d = difference_of(a, b);
    nb::list causes, layers;
    for (const Cause& c : d.causes) {
        nb::dict one;
        one["kind"] = name_of(c.kind);
        one["name"] = c.name;
        one["unit"] = c.unit;
        one["a"] = c.a;
        one["b"] = c.b;
        causes.append(one);
    }
    for (const LayerDifference& l : d.layers) {
        nb::dict one;
        one["layer"] = l.layer;
        one["unit"] = l.unit;
        one["differing"] = l.differing;
        one["values"] = l.values;
        one["in_one_only"] = l.in_one_only;
        one["largest"] = l.largest;
        one["rms"] = l.rms;
        one["largest_in_sigma"] = l.largest_in_sigma;
        one["note"] = l.note;
        layers.append(one);
    }
    nb::dict out;
    out["identical"] = d.identical();
    out["causes"] = causes;
    out["layers"] = layers;
    return out;
}

}  // namespace

void add_results(nb::module_& module) {
    nb::class_<Result>(module, "ResultData")
        .def_prop_ro("signal", [](const Result& r) { return r.images.signal; })
        .def_prop_ro("layers", &layers_of)
        .def_prop_ro("axes", &image_axes)
        .def("layer", &layer_of, "name"_a)
        .def_prop_ro("volume", &volume_of)
        .def_prop_ro("recipe", [](const Result& r) { return r.process.recipe; })
        .def_prop_ro("facts", [](const Result& r) { return r.process.facts; })
        .def_prop_ro("stages", &stages_of)
        .def_prop_ro("inputs", &inputs_of)
        .def_prop_ro("warnings", [](const Result& r) { return r.process.warnings; })
        .def_prop_ro("quality", [](const Result& r) { return r.quality; })
        .def(
            "save",
            [](const Result& r, const std::filesystem::path& path, bool force) {
                const nb::gil_scoped_release unlocked;
                write_result(path, r, force);
            },
            "path"_a, "force"_a);
    module.def("difference", &difference_of_results, "a"_a, "b"_a);
    module.def(
        "read_result",
        [](const std::filesystem::path& path) {
            const nb::gil_scoped_release unlocked;
            return read_result(path, {});
        },
        "path"_a);
}

}  // namespace firstlight::python
