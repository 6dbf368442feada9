// How the values of an image are distributed, for setting a window by hand: a histogram and percentiles of the pixels
// that are neither masked nor without a finite value.
//
// Bin i of n covers [edge(i), edge(i + 1)), the last one its upper edge too (as NumPy's histogram), with
//     edge(i) = low + (high - low) i / n                 linear
//     edge(i) = low (high / low)^(i / n)                 logarithmic
// Every pixel is counted in exactly one place: a bin, below, above, masked or no_value. The same for any number of
// threads.
//
//   const ValueHistogram h = value_histogram(values, flags, pixels, {256, 0, 120, false});
//   const std::vector<double> window = percentiles_of(values, flags, pixels, {1, 99.5}, false);
#pragma once

#include <cstdint>
#include <vector>

namespace firstlight {

struct HistogramAxis {
    std::int64_t bins = 256;
    double low = 0, high = 1;
    bool log = false;

    [[nodiscard]] double edge(std::int64_t i) const;
};

struct ValueHistogram {
    HistogramAxis axis;
    std::vector<std::int64_t> pixels;  // [bins]
    std::int64_t below = 0, above = 0, masked = 0, no_value = 0;
};

// flags: Flag bits, or null. Errors: ExitCode::usage for no bins, low not below high, or low not above 0 on a
// logarithmic axis.
[[nodiscard]] ValueHistogram value_histogram(const float* values, const std::uint8_t* flags, std::int64_t pixels,
                                             const HistogramAxis& axis);

// As ToneMap::window finds them (kernels/support/percentile.hpp), over values above 0 where `positive`; NaN where no
// pixel has such a value. Errors: ExitCode::usage for a share outside 0..100.
[[nodiscard]] std::vector<double> percentiles_of(const float* values, const std::uint8_t* flags, std::int64_t pixels,
                                                 const std::vector<double>& percents, bool positive);

}  // namespace firstlight
