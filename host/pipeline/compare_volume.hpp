// Figures of merit of a result's volume: against the truth of a simulated scan (mu), or another result's volume.
#pragma once

#include "host/data/volume.hpp"
#include "host/io/acquisition_file.hpp"
#include "host/pipeline/compare_figures.hpp"

namespace firstlight::merits {

// The truth's mu on the scan's axes: z along the scan's rows, y and x along its columns. Empty values: the file has
// none.
[[nodiscard]] Volume true_volume(const Truth& truth, const Scan& scan);

// Nothing but a note where the two cannot be compared because they are of different things.
[[nodiscard]] Comparison against_volume(const Volume& volume, const Volume& expected);

}  // namespace firstlight::merits
