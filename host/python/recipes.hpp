// Recipes and the parameter table for Python: nothing of them is typed twice.
#pragma once

#include <nanobind/nanobind.h>

#include <string>

#include "host/pipeline/recipe.hpp"

namespace firstlight::python {

// A number, word or truth value of Python (NumPy's too) as the table takes it. Errors: ExitCode::usage, naming `where`.
[[nodiscard]] ParamValue param_value_of(nanobind::handle value, const std::string& where);

// A built-in recipe's name or a TOML file's path, with {"stage": {"parameter": value}} in place of its own, checked.
// Errors: ExitCode::usage.
[[nodiscard]] Recipe recipe_of(const std::string& name_or_path, const nanobind::dict& stages);

// A recipe of stages alone, [(name, {"parameter": value})], in the order in which they run; `end` says whether more may
// follow. Errors: ExitCode::usage.
[[nodiscard]] Recipe recipe_of_chain(const nanobind::list& chain, RecipeEnd end);

void add_recipes(nanobind::module_& module);

}  // namespace firstlight::python
