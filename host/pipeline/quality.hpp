// Figures of finished images, for /entry/quality of a result.
#pragma once

#include <map>
#include <string>

#include "host/data/gated_images.hpp"

namespace firstlight {

// Over all views: counts_kept (sum of ballistic), pixels_masked, pixels_low_counts (masked ones included),
// arrival_median_ps, purity_median. Masked and NaN pixels take no part; figures of layers that are missing are left
// out.
[[nodiscard]] std::map<std::string, double> quality_of(const GatedImages& images);

}  // namespace firstlight
