// Figures of finished images, for /entry/quality of a result.
#pragma once

#include <map>
#include <string>

#include "host/data/gated_images.hpp"

namespace firstlight {

// Over all views: counts_kept (sum of ballistic), pixels_masked, pixels_low_counts (masked ones included),
// arrival_median_ps, purity_median, depth_outlier_share. Masked and NaN pixels take no part; figures of layers that are
// missing are left out.
//
// depth_outlier_share: of the pixels with at least 3 neighbours that have a depth, the share that lies farther from the
// median of its 3 x 3 than 5 s, s the larger of the pixel's depth_sigma and what that distance is in the whole image
// (1.4826 times its median). It needs no truth and sees single pixels that are off; a whole patch at a wrong depth, as
// light that fog spreads over a surface's edge makes it, agrees with itself and is not seen.
[[nodiscard]] std::map<std::string, double> quality_of(const GatedImages& images);

}  // namespace firstlight
