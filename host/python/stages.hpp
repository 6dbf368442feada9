// Stages on their own for Python: what they find out about the detector.
#pragma once

#include <nanobind/nanobind.h>

#include <functional>
#include <string>
#include <vector>

#include "host/pipeline/job.hpp"

namespace firstlight::python {

// Runs the job, whose recipe may end anywhere, by `run`, on the CPU, and gathers these parts of the detector's model:
// {name: array}, [y, x], [view, y, x], the same with [t] behind it, or [t + 1] for edges.
[[nodiscard]] nanobind::dict model_of(const Scan& scan, const std::vector<std::string>& parts, const Job& job,
                                      const nanobind::object& show,
                                      const std::function<void(const JobCallbacks&)>& run);

void add_stages(nanobind::module_& module);

}  // namespace firstlight::python
