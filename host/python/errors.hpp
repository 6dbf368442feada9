// Errors of firstlight as Python exceptions with the same text: one class per exit code of the program.
#pragma once

#include <nanobind/nanobind.h>

namespace firstlight::python {

// Makes Error and its subclasses in the module, and lets every bound function raise them.
void add_errors(nanobind::module_& module);

}  // namespace firstlight::python
