// The bins before the light: where a trace shows what the detector counts by itself (dark counts, hot pixels).
//
//   pooled counts 2 4 3 3 3 2 4 3 | 80 200 …  ->  bins_before_light = 8
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/support/stage.hpp"

namespace firstlight {

constexpr std::int64_t fewest_lead_bins = 8;  // fewer say too little about their own level

// Sum over the traces of the sample that no flag masks, [bins].
std::vector<double> pooled_trace(const SurveySample& sample, std::int64_t bins);

// Number of bins before the light in a pooled trace: up to where it first stands five standard deviations above the
// bins before it, in two bins running. 0 when no rise after at least 8 bins is seen.
std::int64_t bins_before_light(const std::vector<double>& pooled);

// The same for the sample of a stage, less those closer than `guard_ps` to the light; never negative.
std::int64_t lead_bins(const StageContext& context, double guard_ps);

}  // namespace firstlight
