// Batches for Python: the program's own engine for one machine, and single items of it for those who deal them out.
// Items and options are dicts of plain values, so that they travel to other processes; records are JSON.
#pragma once

#include <nanobind/nanobind.h>

namespace firstlight::python {

void add_batches(nanobind::module_& module);

}  // namespace firstlight::python
