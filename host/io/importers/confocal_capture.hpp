// Imports MATLAB v7.3 captures of confocal scans: `meas` [x, y, t] (a scene) or `out` [t, 1] (a calibration capture,
// imported as one trace). Such files say neither bin width nor scan size nor light path: the caller must.
//
//   ConfocalOptions options;
//   options.bin_width_s = 16e-12;
//   options.scan_size_m = {0.7, 0.7};
//   Imported capture = import_confocal_capture("letter_s.mat", options);
//
// An instrument response comes from the `out` of a capture of the bare detector: its whole live part, less nothing,
// with irf_t = 0 at its peak (vertex of the parabola through the highest bin and its neighbours), because that
// capture's own time zero says nothing about this one's. All that was assumed is in the provenance.
// Errors: bad_input (what the file holds is not such a capture), usage (an option that is needed is missing).
#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>

#include "host/data/photon_cube.hpp"
#include "host/io/acquisition_file.hpp"

namespace firstlight {

struct ConfocalOptions {
    std::optional<double> bin_width_s;                   // needed
    std::optional<std::array<double, 2>> scan_size_m;    // y, x; needed for `meas`
    std::optional<std::filesystem::path> response_file;  // capture of the bare detector
    double response_bin_width_s = 8e-12;
    std::optional<double> exposure_s;          // of the whole scan; shared evenly by its pixels
    std::optional<double> repetition_rate_hz;  // with exposure: laser pulses per pixel
    std::string command;                       // for the provenance
    bool probe = true;
};

struct Imported {
    Scan scan;
    AcquisitionInfo info;
    PhotonCube cube;
};

// For probe.hpp: looks at all that the importer lets HDF5 read.
void read_capture_tables(const std::filesystem::path& path, const OpenOptions& options);

[[nodiscard]] Imported import_confocal_capture(const std::filesystem::path& path, const ConfocalOptions& options);

struct Importer;
[[nodiscard]] Importer confocal_capture_importer();

}  // namespace firstlight
