// Writes the parts of /entry of an acquisition that are not counts (docs/file_format.md).
#pragma once

#include <string>
#include <vector>

#include "host/io/acquisition_file.hpp"
#include "host/io/atomic_file.hpp"
#include "host/io/h5.hpp"
#include "kernels/support/scan.hpp"

namespace firstlight {

// The element type's name in h5: "u1", "u2", "u4", "f4".
[[nodiscard]] const char* type_name(CountType type);

// Throws Error (internal) when an array of the scan does not fit its shape.
void check_scan(const Scan& scan);

// The root, /entry and all its groups but the counts themselves and the truth.
void write_scan(h5::WriteFile& file, const Scan& scan, const AcquisitionInfo& info, const std::string& created);
// /entry/calibration and /entry/geometry/medium, as far as the scan says; for files of calibration too.
void write_calibration_group(h5::WriteFile& file, const Scan& scan);
void write_medium_group(h5::WriteFile& file, const Medium& medium);
void write_truth(h5::WriteFile& file, const Scan& scan, const Truth& truth);

// Attributes of the root that every file of firstlight has.
void write_root(h5::WriteFile& file, const std::string& format, const std::string& creator, const std::string& created,
                const std::string& uuid);

// Closes a written file, whether its image is in memory or on disk, and puts it under its name.
void put_in_place(h5::WriteFile& file, AtomicFile& target);

}  // namespace firstlight
