// Figures of merit for Python, as `firstlight compare --json` gives them.
#pragma once

#include <nanobind/nanobind.h>

namespace firstlight::python {

void add_comparisons(nanobind::module_& module);

}  // namespace firstlight::python
