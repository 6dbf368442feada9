// The TOML file that says what a NumPy array is (docs/import.md has its keys):
//
//   axes = ["y", "x", "t"]     # of view, y, x, and t or gate, as the array's shape has them
//   bin_width_ps = 16
//   irf = "irf.npy"            # in the folder of this file, or below
//
// Keys with the names of import options stand for them; what the request gives wins. Errors (bad_input) name the file,
// the key and what was expected; an unknown key is refused with the nearest that is known.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "host/io/importers/importer.hpp"
#include "kernels/support/scan.hpp"

namespace firstlight {

struct NpyAxes {
    std::vector<std::string> axes;
    ImportOptions options;  // the request's, and those of the file that it does not give
    std::string title;
    std::vector<double> x_m, y_m, view_rad, gate_delay_s, pulses;
    std::optional<double> arrival_s, wavelength_m, standoff_m, dead_time_s;
    Medium medium;
    std::filesystem::path irf;   // empty: none
    double irf_bin_width_s = 0;  // 0: that of the counts
    std::optional<double> irf_first_s;
    std::filesystem::path reference;
    std::optional<double> reference_pulses;
    double filter_transmission = 1;
};

// Names of the import options that may be keys.
[[nodiscard]] const std::vector<std::string>& npy_option_names();

[[nodiscard]] NpyAxes read_npy_axes(const std::filesystem::path& path, const ImportRequest& request);

}  // namespace firstlight
