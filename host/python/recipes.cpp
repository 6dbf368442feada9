#include "host/python/recipes.hpp"

#include <fmt/format.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "host/pipeline/recipe_schema.hpp"
#include "kernels/support/error.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace firstlight::python {
namespace {

nb::object default_of(const Param& param, const void* params) {
    const ParamValue value = param.get(params);
    if (const auto* b = std::get_if<bool>(&value)) return nb::bool_(*b);
    if (const auto* i = std::get_if<std::int64_t>(&value)) return nb::int_(*i);
    if (const auto* d = std::get_if<double>(&value))
        return std::isnan(*d) ? nb::object(nb::str("auto")) : nb::object(nb::float_(*d));
    return nb::str(std::get<std::string>(value).c_str());
}

nb::list list_stages() {
    nb::list stages;
    for (const StageEntry& entry : stage_list()) {
        const auto defaults = entry.make_params();
        nb::list parameters;
        for (const Param& param : *entry.params) {
            nb::dict p;
            p["name"] = param.name;
            p["unit"] = param.unit;
            p["meaning"] = param.meaning;
            p["kind"] = std::string(param.kind == ParamKind::boolean   ? "boolean"
                                    : param.kind == ParamKind::integer ? "integer"
                                    : param.kind == ParamKind::real    ? "real"
                                    : param.kind == ParamKind::choice  ? "choice"
                                                                       : "text");
            p["minimum"] = param.minimum;
            p["maximum"] = param.maximum;
            p["choices"] = param.choices;
            p["automatic"] = param.automatic;
            p["only_with"] = param.condition_on.empty() ? "" : param.condition_on + " = " + param.condition_is;
            p["default"] = default_of(param, defaults.get());
            parameters.append(p);
        }
        nb::dict stage;
        stage["name"] = std::string(entry.info.name);
        stage["family"] = std::string(entry.info.family);
        stage["kind"] = std::string(entry.kind == StageKind::traces    ? "traces"
                                    : entry.kind == StageKind::images  ? "images"
                                    : entry.kind == StageKind::volumes ? "volumes"
                                                                       : "rendering");
        stage["summary"] = std::string(entry.info.summary);
        stage["parameters"] = parameters;
        stages.append(stage);
    }
    return stages;
}

}  // namespace

ParamValue param_value_of(nb::handle value, const std::string& where) {
    if (PyBool_Check(value.ptr()) != 0) return value.ptr() == Py_True;
    if (std::string word; nb::try_cast(value, word)) return word;
    if (PyIndex_Check(value.ptr()) != 0) {  // NumPy's integers too; its arrays say so and refuse
        if (PyObject* index = PyNumber_Index(value.ptr()); index != nullptr) {
            if (std::int64_t whole = 0; nb::try_cast(nb::steal(index), whole)) return whole;
        }
        PyErr_Clear();
    } else if (const double real = PyFloat_AsDouble(value.ptr()); PyErr_Occurred() == nullptr) {
        return real;
    } else {
        PyErr_Clear();
    }
    throw Error(ExitCode::usage, fmt::format("{}: cannot take {}", where, nb::cast<std::string>(nb::repr(value))),
                "parameters are numbers, words, True or False");
}

Recipe recipe_of_chain(const nb::list& chain, RecipeEnd end) {
    Recipe recipe;
    recipe.name = "stages";
    for (const nb::handle link : chain) {
        const auto [name, values] = nb::cast<std::pair<std::string, nb::dict>>(link);
        const StageEntry* entry = find_stage(name);
        if (entry == nullptr) throw Error(ExitCode::usage, fmt::format("there is no stage \"{}\"", name));
        recipe.stages.push_back({entry, entry->make_params(), {}});
        check_recipe(recipe, RecipeEnd::open);  // so that a stage listed twice is not taken for the other
        for (const auto& [parameter, value] : values) {
            const std::string key = name + "." + nb::cast<std::string>(parameter);
            set_parameter(recipe, key, param_value_of(value, key), key);
        }
    }
    check_recipe(recipe, end);
    return recipe;
}

Recipe recipe_of(const std::string& name_or_path, const nb::dict& stages) {
    Recipe recipe = load_recipe(name_or_path);
    for (const auto& [stage, parameters] : stages) {
        const auto stage_name = nb::cast<std::string>(stage);
        nb::dict values;
        if (!nb::try_cast(parameters, values))
            throw Error(ExitCode::usage,
                        fmt::format("{}: cannot take {}", stage_name, nb::cast<std::string>(nb::repr(parameters))),
                        "a stage's parameters are a dict", fmt::format("write {}={{\"name\": value}}", stage_name));
        if (recipe.find(stage_name) == nullptr) set_parameter(recipe, stage_name + ".", ParamValue(), stage_name);
        for (const auto& [name, value] : values) {
            const std::string key = stage_name + "." + nb::cast<std::string>(name);
            set_parameter(recipe, key, param_value_of(value, key), key);
        }
    }
    check_recipe(recipe);
    return recipe;
}

void add_recipes(nb::module_& module) {
    module.def("list_stages", &list_stages);
    // The recipe as TOML, every parameter written out. Errors: as of every recipe.
    module.def(
        "chain_recipe", [](const nb::list& chain) { return to_toml(recipe_of_chain(chain, RecipeEnd::open)); },
        "chain"_a);
    module.def(
        "nearest_name",
        [](const std::string& word, const std::vector<std::string>& names) { return nearest_name(word, names); },
        "word"_a, "names"_a);
    module.def("list_recipes", [] {
        nb::dict recipes;
        for (const BuiltInRecipe& recipe : built_in_recipes()) recipes[recipe.name] = load_recipe(recipe.name).summary;
        return recipes;
    });
    module.def("schema_json", [] { return recipe_schema().dump(); });
}

}  // namespace firstlight::python
