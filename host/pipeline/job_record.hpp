// What a result says of the job that made it, whether its scan was a file or an array.
#pragma once

#include <string>
#include <vector>

#include "host/io/result_file.hpp"
#include "host/pipeline/job.hpp"
#include "host/pipeline/pipeline.hpp"
#include "kernels/support/queue.hpp"

namespace firstlight {

// Images, volume, figures, stages, recipe and facts; `warnings` come first, then what the run warns of. Inputs are left
// to the caller. `scan` is the calibrated one.
[[nodiscard]] Result result_of(Reconstruction&& reconstruction, const Scan& scan, const Job& job, const Queue& queue,
                               std::vector<std::string> warnings);

// Adds the job's calibration file to the inputs, with its hash. Errors: those of reading it.
void record_calibration(const Job& job, Process& process);

}  // namespace firstlight
