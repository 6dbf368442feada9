// A calibration file: what is known of a detector and a medium apart from any scan, in the form of an acquisition's
// /entry/calibration and /entry/geometry/medium (docs/file_format.md), with what it was made from.
//
//   Calibration c = read_calibration("calibration.h5", {});
//   write_calibration("calibration.h5", c, /*force=*/true);
//
// Written whole or not at all. Errors: bad_input (not such a file, arrays of different sizes), output.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "host/io/acquisition_file.hpp"
#include "kernels/support/scan.hpp"

namespace firstlight {

struct CalibrationFigure {  // what a fit found besides: intervals, misfit
    std::string name;       // "mu_a_sigma"
    double value = 0;
    std::string units = "1";
};

struct CalibrationInput {  // one file that one job read
    std::string job, command, path, sha256;
};

struct Calibration {
    std::int64_t rows = 0, columns = 0;  // of arrays per pixel; 0: there are none
    Response irf;
    std::optional<double> arrival_s;
    std::vector<double> t0_map_s, dark_rate_hz, flat;  // [rows * columns]
    std::vector<std::uint8_t> pixel_mask;              // [rows * columns]
    Medium medium;
    std::vector<CalibrationFigure> figures;
    std::vector<CalibrationInput> inputs;
    std::vector<std::string> remarks;  // what the jobs assumed, dropped or found doubtful
    std::string uuid, created;

    // Throws Error (bad_input) where arrays of another size are in it already.
    void set_size(std::int64_t rows_, std::int64_t columns_, const std::string& whose);
    void set_figure(const std::string& name, double value, const std::string& units);
    void forget(const std::string& job);  // inputs of an earlier run of the same job
};

[[nodiscard]] Calibration read_calibration(const std::filesystem::path& path, const OpenOptions& options);
void write_calibration(const std::filesystem::path& path, const Calibration& calibration, bool force);

}  // namespace firstlight
