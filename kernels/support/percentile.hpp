// Percentiles, interpolated linearly between order statistics: of n values the p-th stands at position p / 100 (n - 1)
// of the sorted values, counted from 0 (type 7 of R. J. Hyndman and Y. Fan, Am. Stat. 50, 361 (1996), as NumPy's).
//
//   1 2 3 10  ->  percentile 50 = 2.5, percentile 0 = 1, percentile 100 = 10
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace firstlight {

// `values` must hold at least one, none of them NaN; their order changes. 0 <= percent <= 100.
template <class T>
[[nodiscard]] double percentile(std::vector<T>& values, double percent) {
    const double position = percent / 100 * static_cast<double>(values.size() - 1);
    const auto at = values.begin() + static_cast<std::ptrdiff_t>(position);
    std::nth_element(values.begin(), at, values.end());
    const auto below = static_cast<double>(*at);
    const double share = position - std::floor(position);
    if (share == 0) return below;
    return below + share * (static_cast<double>(*std::min_element(at + 1, values.end())) - below);
}

}  // namespace firstlight
