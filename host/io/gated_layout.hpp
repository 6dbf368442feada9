// Gated scans in a file: frames[(view,) gate, y, x] with gate_delay, gate_width and exposure per gate, the attributes
// bit_depth and saturation_count of the frames (docs/file_format.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "host/io/h5.hpp"
#include "host/io/metadata_reader.hpp"
#include "kernels/support/scan.hpp"

namespace firstlight {

// The dataset of a scan's counts, "/entry/data/counts" or "/entry/data/frames", or of its reference's.
[[nodiscard]] const char* counts_path(ScanKind kind, bool reference);
// Names of the counts' axes in the order of the file.
[[nodiscard]] std::vector<std::string> axis_names(ScanKind kind, bool views);

// Reads the gate axis into `scan`, whose bins are the gates. Errors (bad_input): those of check_gates(), a missing
// dataset, wrong units or lengths.
void read_gate_axis(MetadataReader& reader, Scan& scan);
void write_gate_axis(h5::WriteFile& file, const Scan& scan);
// Attributes of the dataset of frames at `path`.
void write_frame_attributes(h5::WriteFile& file, const std::string& path, const GateAxis& gates);

}  // namespace firstlight
