// How long a run will take, from a short trial on a part of the scan itself: the part is read from the file and the
// whole recipe runs over it on one thread.
#pragma once

#include "host/io/acquisition_file.hpp"
#include "host/pipeline/pipeline.hpp"

namespace firstlight {

struct Trial {
    std::int64_t traces = 0;     // tried
    double read_seconds = 0;     // for them, on one thread, from the disk or its cache
    double volume_seconds = 0;   // on all threads, for the whole scan
    double compute_seconds = 0;  // for them, on one thread, all passes
    // Of the whole scan on `lanes` threads.
    [[nodiscard]] double expected_seconds(const Scan& scan, int lanes) const;
};

// `scan`: the file's, calibrated. Takes well under a second. Errors: those of reading and of reconstruct().
[[nodiscard]] Trial try_part(const AcquisitionFile& file, const Scan& scan, const Recipe& recipe);

}  // namespace firstlight
