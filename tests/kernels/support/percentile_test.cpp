#include "kernels/support/percentile.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include <random>

namespace firstlight {
namespace {

TEST(Percentile, closed_form) {
    std::vector<double> values{10, 1, 3, 2};
    EXPECT_EQ(percentile(values, 50), 2.5);
    EXPECT_EQ(percentile(values, 0), 1);
    EXPECT_EQ(percentile(values, 100), 10);
    std::vector<float> one{7};
    EXPECT_EQ(percentile(one, 30), 7);
}

TEST(FloatPercentiles, are_those_of_sorted_values) {
    std::mt19937 random(5);
    std::normal_distribution<float> bell(0, 1);
    for (const std::size_t n : {1U, 2U, 31U, 257U, 10001U})
        for (const int kind : {0, 1, 2, 3}) {
            std::vector<float> values(n);
            for (float& v : values) {
                v = bell(random);
                if (kind == 1) v = std::round(10 * v);                            // many alike, both zeros
                if (kind == 2) v = 1e6F + v;                                      // all share their upper bits
                if (kind == 3) v = std::copysign(std::exp(20 * std::abs(v)), v);  // over many powers of ten
            }
            std::vector<float> sorted = values;
            std::sort(sorted.begin(), sorted.end());
            const FloatPercentiles percentiles(values);
            for (const double percent : {0.0, 0.5, 1.0, 33.3, 50.0, 99.5, 100.0}) {
                const double position = percent / 100 * static_cast<double>(n - 1);
                const auto below = static_cast<std::size_t>(position);
                const double share = position - std::floor(position);
                double wanted = sorted[below];
                if (share != 0) wanted += share * (static_cast<double>(sorted[below + 1]) - wanted);
                EXPECT_EQ(percentiles.at(percent), wanted)
                    << n << " values of kind " << kind << ", " << percent << " %";
            }
        }
}

}  // namespace
}  // namespace firstlight
