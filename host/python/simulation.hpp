// Simulated scans for Python, in memory.
#pragma once

#include <nanobind/nanobind.h>

namespace firstlight::python {

void add_simulation(nanobind::module_& module);

}  // namespace firstlight::python
