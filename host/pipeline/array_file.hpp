// Puts a scan in memory into an acquisition file (docs/file_format.md), whole or not at all.
//
//   write_array_scan("scan.h5", array, {info, truth, /*force=*/false}, callbacks);
//
// The file opened again has the same counts and, to the last bit, the same description, so that a run over it gives
// what a run over the array gives. Counts go to the file chunk by chunk; the cube is not copied.
// Errors: bad_input (what check_array_scan() or the file's reader would refuse), output, Interrupted.
#pragma once

#include <filesystem>

#include "host/io/acquisition_file.hpp"
#include "host/pipeline/array_job.hpp"

namespace firstlight {

struct ArrayFile {  // what the file holds besides the scan
    AcquisitionInfo info;
    Truth truth;
    bool force = false;  // replace an existing file
};

// Errors (bad_input): images and volumes of another size than the scan's.
void check_truth(const Scan& scan, const Truth& truth);

// Of the callbacks `cancelled` and `progress` ("counts written", in traces) are looked at.
void write_array_scan(const std::filesystem::path& target, const ArrayScan& array, const ArrayFile& file,
                      const JobCallbacks& callbacks);

}  // namespace firstlight
