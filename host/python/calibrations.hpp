// Calibrations for Python: the jobs of `firstlight calibrate`, and what a calibration file holds.
#pragma once

#include <nanobind/nanobind.h>

namespace firstlight::python {

void add_calibrations(nanobind::module_& module);

}  // namespace firstlight::python
