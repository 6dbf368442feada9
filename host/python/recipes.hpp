// Recipes and the parameter table for Python: nothing of them is typed twice.
#pragma once

#include <nanobind/nanobind.h>

#include <string>

#include "host/pipeline/recipe.hpp"

namespace firstlight::python {

// A built-in recipe's name or a TOML file's path, with {"stage": {"parameter": value}} in place of its own, checked.
// Errors: ExitCode::usage.
[[nodiscard]] Recipe recipe_of(const std::string& name_or_path, const nanobind::dict& stages);

void add_recipes(nanobind::module_& module);

}  // namespace firstlight::python
