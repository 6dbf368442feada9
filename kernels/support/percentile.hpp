// Percentiles, interpolated linearly between order statistics: of n values the p-th stands at position p / 100 (n - 1)
// of the sorted values, counted from 0 (type 7 of R. J. Hyndman and Y. Fan, Am. Stat. 50, 361 (1996), as NumPy's).
//
//   1 2 3 10  ->  percentile 50 = 2.5, percentile 0 = 1, percentile 100 = 10
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
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

// The same of many floats without moving them: counted by their upper 16 bits, in the order of their values, only those
// that share a count with what is sought are looked at one by one. `values` holds at least one, none of them NaN.
class FloatPercentiles {
  public:
    explicit FloatPercentiles(const std::vector<float>& values) : values_(values), counts_(65536, 0) {
        for (const float value : values) ++counts_[upper(value)];
    }

    [[nodiscard]] double at(double percent) const {
        const double position = percent / 100 * static_cast<double>(values_.size() - 1);
        const auto below = static_cast<std::size_t>(position);
        const double share = position - std::floor(position);
        const auto [first, second] = sorted(below);
        return share == 0 ? first : first + share * (second - first);
    }

  private:
    // Rises with the value; -0 comes before 0, which makes no difference to a percentile.
    static std::uint32_t upper(float value) {
        const auto bits = std::bit_cast<std::uint32_t>(value);
        return ((bits >> 31) != 0 ? ~bits : bits | 0x80000000U) >> 16;
    }
    // The value at this place of the sorted ones, and the next one, in one look where they share a count.
    [[nodiscard]] std::pair<double, double> sorted(std::size_t index) const {
        std::uint32_t key = 0;
        while (index >= counts_[key]) index -= counts_[key++];
        std::vector<float> alike = values_of(key);
        const auto at = alike.begin() + static_cast<std::ptrdiff_t>(index);
        std::nth_element(alike.begin(), at, alike.end());
        const auto first = static_cast<double>(*at);
        if (at + 1 != alike.end()) return {first, static_cast<double>(*std::min_element(at + 1, alike.end()))};
        while (++key < counts_.size())
            if (counts_[key] > 0) {
                const std::vector<float> next = values_of(key);
                return {first, static_cast<double>(*std::min_element(next.begin(), next.end()))};
            }
        return {first, first};
    }
    [[nodiscard]] std::vector<float> values_of(std::uint32_t key) const {
        std::vector<float> alike;
        alike.reserve(counts_[key]);
        for (const float value : values_)
            if (upper(value) == key) alike.push_back(value);
        return alike;
    }

    const std::vector<float>& values_;
    std::vector<std::size_t> counts_;
};

}  // namespace firstlight
