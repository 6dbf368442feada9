// A JSON Schema (2020-12) of recipes, made from the parameter tables.
#pragma once

#include <nlohmann/json.hpp>

namespace firstlight {

[[nodiscard]] nlohmann::ordered_json recipe_schema();

}  // namespace firstlight
