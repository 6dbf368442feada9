// Results as Python sees them: arrays that share the result's memory.
#pragma once

#include <nanobind/nanobind.h>

namespace firstlight::python {

void add_results(nanobind::module_& module);

}  // namespace firstlight::python
