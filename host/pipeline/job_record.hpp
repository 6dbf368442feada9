// What a result says of the job that made it, whether its scan was a file or an array.
#pragma once

#include <array>
#include <cstdint>
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

// "scan.h5: 3 counts are NaN, infinite or negative, the first at view 0, y 1, x 2, bin 3"
[[nodiscard]] std::string bad_counts_problem(const std::string& whose, std::int64_t number,
                                             const std::array<std::int64_t, 4>& first);

// Adds the job's calibration file to the inputs, with its hash. Errors: those of reading it.
void record_calibration(const Job& job, Process& process);

}  // namespace firstlight
