// Results as files of other programs (host/pipeline/result_export.hpp).
#pragma once

#include <nanobind/nanobind.h>

namespace firstlight::python {

void add_exports(nanobind::module_& module);

}  // namespace firstlight::python
