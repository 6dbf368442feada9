// Which pixels of a detector are not to be believed, from a scan without light and, where there is one, of even light.
//
//   hot    dark counts above median + 10 spreads, and at least three times the median
//   noisy  dark counts above median + `threshold` spreads: usable, but not to be averaged with the others
//   dead   no dark count where at least 30 are usual; or less than a tenth of the median of even light
// spread = the larger of 1.4826 MAD and the Poisson spread of the median, so that few, even counts flag nothing.
// Source: P. J. Rousseeuw and C. Croux, J. Am. Stat. Assoc. 88, 1273 (1993). Errors: those of its inputs.
//
//   find_bad_pixels(dark.counts, {}, 6)   ->  flags {0, 0, hot, 0, dead}
#pragma once

#include <cstdint>
#include <vector>

namespace firstlight {

struct PixelMaskFit {
    std::vector<std::uint8_t> mask;
    std::int64_t hot_pixels = 0, noisy_pixels = 0, dead_pixels = 0;
    double median = 0, spread = 0;  // of dark counts
};

// dark_counts[pixels]; light[pixels] of even light, or empty.
[[nodiscard]] PixelMaskFit find_bad_pixels(const std::vector<double>& dark_counts, const std::vector<double>& light,
                                           double threshold);

}  // namespace firstlight
