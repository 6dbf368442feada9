// Patterns of targets on a grid of square cells, 1 where the pattern is and 0 elsewhere, 0 beyond the grid.
//
//   bar_groups({400e-6, 200e-6}, 20e-6)   three upright bars over three lying ones per width, 5 widths long, 1 apart
//   siemens_star(36, 10e-3, 1e-3, 20e-6)  36 wedges between the radii
//
// Errors: ExitCode::bad_input where a size is not above 0 or the grid would have more than 2^26 cells.
#pragma once

#include <filesystem>
#include <vector>

#include "host/io/toml_table.hpp"
#include "kernels/simulation/scene.hpp"

namespace firstlight {

Pattern bar_groups(const std::vector<double>& bar_widths_m, double pitch_m);
Pattern siemens_star(std::int64_t wedges, double radius_m, double inner_radius_m, double pitch_m);
Pattern rectangle(double width_m, double height_m, double pitch_m);
Pattern disk(double radius_m, double pitch_m);
// The brightness of a PNG, stretched to `width_m`; its top row has the smallest y, as images are shown.
Pattern png_mask(const std::filesystem::path& path, double width_m);

// The pattern that a table of a scene describes (pattern = "bars" ... and its keys, x_mm, y_mm); cells are a quarter of
// `pixel_m` unless it says cell_um.
Pattern read_pattern(TomlTable& t, double pixel_m, const std::filesystem::path& folder);

}  // namespace firstlight
