// The grids of confocal_diffuse: from the scan's bins to the padded volumes of its two steps. Plain numbers, for the
// CPU and the GPU. All volumes are [y][x][t], t fastest.
#pragma once

#include <array>
#include <cstdint>

#include "kernels/support/portable.hpp"

namespace firstlight {

struct ConfocalShape {
    std::int64_t rows = 0, columns = 0;
    std::int64_t together = 1;                 // bins of the scan that become one
    std::int64_t bins = 0;                     // then left
    std::int64_t delay_bins = 0;               // bins from z = 0 to the first; negative: so many come before
    double first_z_bins = 0;                   // what is left of it: -0.5..0.5
    std::int64_t pad[3] = {};                  // y, x, t of the slab's deconvolution
    std::int64_t migrate[3] = {};              // y, x, t of the migration; t is a multiple of 4
    std::int64_t first_slice = 0, slices = 0;  // of the migrated volume, which are kept
    double pitch_m[2] = {};                    // y, x
    double slice_m = 0;

    [[nodiscard]] FL_HD std::int64_t pixels() const { return rows * columns; }
    [[nodiscard]] FL_HD std::int64_t pad_rows() const { return pad[0] * pad[1]; }
    [[nodiscard]] FL_HD std::int64_t pad_half() const { return pad[2] / 2 + 1; }
    [[nodiscard]] FL_HD std::int64_t migrate_rows() const { return migrate[0] * migrate[1]; }
    [[nodiscard]] FL_HD std::int64_t migrate_half() const { return migrate[2] / 2 + 1; }
};

}  // namespace firstlight
