// The one-second histograms of a MATLAB v7.3 calibration capture: `accum` refers to them, `out` is their sum.
//
// References of a file are not followed. MATLAB keeps what they point to in /#refs# under names that count up (a, b,
// ..., z, A, ..., Z, 1, ..., 9, 0, ab, bb, ...), and the histograms are taken from there by name, in that order. They
// are believed only when their sum is `out`, bin for bin; otherwise, or without them, `out` is the one histogram.
//
//   const CaptureSeconds capture = read_capture_seconds("capture_2_0_inch.mat");
//   capture.seconds.size()   ->  120
//
// Shapes: total[bins], seconds[i][bins]; bins: up to the last that holds a count. Errors: bad_input (no capture, no
// counts, counts that are not whole numbers).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace firstlight {

struct CaptureSeconds {
    std::vector<double> total;
    std::vector<std::vector<std::uint32_t>> seconds;  // empty: the file has none that can be believed
    std::string remark;                               // why there are none
};

[[nodiscard]] CaptureSeconds read_capture_seconds(const std::filesystem::path& path, bool probe_first = true);

// For probe.hpp: looks at all tables of the short histograms.
class MetadataReader;
void read_second_tables(const MetadataReader& reader);

}  // namespace firstlight
