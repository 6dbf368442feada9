#include "host/pipeline/recipe_schema.hpp"

#include <fmt/format.h>

#include <cmath>

#include "host/pipeline/stage_list.hpp"

namespace firstlight {
namespace {

using Json = nlohmann::ordered_json;

Json default_of(const Param& param, const void* params) {
    const ParamValue value = param.get(params);
    if (const auto* b = std::get_if<bool>(&value)) return *b;
    if (const auto* i = std::get_if<std::int64_t>(&value)) return *i;
    if (const auto* d = std::get_if<double>(&value)) return std::isnan(*d) ? Json("auto") : Json(*d);
    return std::get<std::string>(value);
}

Json number_schema(const Param& param, const char* type) {
    Json json{{"type", type}};
    if (std::isfinite(param.minimum)) json["minimum"] = param.minimum;
    if (std::isfinite(param.maximum)) json["maximum"] = param.maximum;
    return json;
}

Json parameter_schema(const Param& param, const void* defaults) {
    Json json;
    switch (param.kind) {
        case ParamKind::boolean: json["type"] = "boolean"; break;
        case ParamKind::choice: json["enum"] = param.choices; break;
        case ParamKind::text: json["type"] = "string"; break;
        case ParamKind::integer: json = number_schema(param, "integer"); break;
        case ParamKind::real:
            json = number_schema(param, "number");
            if (!param.automatic.empty()) json = {{"anyOf", {json, {{"const", "auto"}}}}};
            break;
    }
    std::string text = param.meaning;
    if (!param.unit.empty()) text += " (" + param.unit + ")";
    if (!param.automatic.empty()) text += "; auto: " + param.automatic;
    if (!param.condition_on.empty()) text += fmt::format("; only with {} = {}", param.condition_on, param.condition_is);
    json["description"] = text;
    json["default"] = default_of(param, defaults);
    if (!param.unit.empty()) json["x-unit"] = param.unit;
    return json;
}

}  // namespace

nlohmann::ordered_json recipe_schema() {
    Json properties{{"name", {{"type", "string"}, {"description", "name of the recipe"}}},
                    {"summary", {{"type", "string"}, {"description", "one line on what it is for"}}},
                    {"stages",
                     {{"type", "array"},
                      {"description", "the stages in the order in which they run"},
                      {"items", {{"enum", stage_names()}}},
                      {"minItems", 1},
                      {"uniqueItems", true}}}};
    for (const StageEntry& stage : stage_list()) {
        const auto defaults = stage.make_params();
        Json parameters = Json::object();
        for (const Param& param : *stage.params) parameters[param.name] = parameter_schema(param, defaults.get());
        properties[stage.info.name] = {{"type", "object"},
                                       {"description", fmt::format("{}: {}", stage.info.family, stage.info.summary)},
                                       {"properties", parameters},
                                       {"additionalProperties", false}};
    }
    return {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
            {"title", "firstlight recipe"},
            {"type", "object"},
            {"properties", properties},
            {"required", {"stages"}},
            {"additionalProperties", false}};
}

}  // namespace firstlight
