// What acquisitions and calibration files hold alike: /entry/calibration and /entry/geometry/medium.
#pragma once

#include "host/io/metadata_reader.hpp"
#include "kernels/support/scan.hpp"

namespace firstlight {

// Into a scan whose kind and size are known (rows, columns, bins). What is wrong goes to the reader's findings.
void read_calibration_group(MetadataReader& reader, Scan& scan);
void read_medium_group(MetadataReader& reader, Medium& medium);

}  // namespace firstlight
