// A job on counts that are in memory already: what Python hands in, without a file and without a copy of the cube.
//
//   ArrayScan array{scan, {CountType::u2, 1, 64, 64, 512, bytes}, std::nullopt};
//   check_array_scan(array);
//   const Result result = run_array_job(array, job, {});   // job.scan_path is not looked at
//
// Equal to the last bit to the run over a file with the same counts and description.
#pragma once

#include <optional>

#include "host/data/borrowed_counts.hpp"
#include "host/pipeline/job.hpp"

namespace firstlight {

struct ArrayScan {
    Scan scan;  // of the counts' type and shape; scan.name stands for the array in messages
    BorrowedCounts counts;
    std::optional<BorrowedCounts> reference;  // wanted exactly where scan.has_reference
    std::optional<int> device;                // the CUDA device in whose memory both lie; none: host memory
};

// Errors (bad_input): a description that does not fit the counts or cannot be true: tables of another size, times and
// pulses that are negative, infinite or not numbers, a reference of another shape. What a file's reader checks is
// checked here for arrays.
void check_array_scan(const ArrayScan& array);

// The same of what describes a scan apart from its counts and their time axis.
void check_description(const Scan& scan);

// NaN, infinite and negative counts of f4 are taken as 0 and said in the warnings, as of files; `strict` refuses them.
// One pass over f4 counts finds them; the array itself is never written. Counts in a GPU's memory are used by that GPU
// where they lie (device_counts.hpp), after all that was queued on it before; f4 ones come to the host once, block by
// block, for that pass. Errors: those of check_array_scan() and reconstruct(); device, where the counts' GPU cannot be
// used or the job asks for the CPU.
[[nodiscard]] Result run_array_job(const ArrayScan& array, const Job& job, const JobCallbacks& callbacks);

}  // namespace firstlight
