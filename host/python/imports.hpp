// Imports of other programs' files for Python, from the importers' own tables.
#pragma once

#include <nanobind/nanobind.h>

namespace firstlight::python {

void add_imports(nanobind::module_& module);

}  // namespace firstlight::python
