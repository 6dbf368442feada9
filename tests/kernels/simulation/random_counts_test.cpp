#include "kernels/simulation/random_counts.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <vector>

namespace firstlight {
namespace {

// The known answers of the authors' own library (Random123, kat_vectors).
TEST(Philox, gives_the_published_numbers) {
    const auto equal = [](Random4 found, std::array<std::uint32_t, 4> expected) {
        EXPECT_EQ((std::array{found.a, found.b, found.c, found.d}), expected);
    };
    equal(philox({0, 0, 0, 0}, 0, 0), {0x6627e8d5U, 0xe169c58dU, 0xbc57ac4cU, 0x9b00dbd8U});
    equal(philox({0xffffffffU, 0xffffffffU, 0xffffffffU, 0xffffffffU}, 0xffffffffU, 0xffffffffU),
          {0x408f276dU, 0x41c83b0eU, 0xa20bc7c6U, 0x6d5451fdU});
    equal(philox({0x243f6a88U, 0x85a308d3U, 0x13198a2eU, 0x03707344U}, 0xa4093822U, 0x299f31d0U),
          {0xd16cfe09U, 0x94fdccebU, 0x5001e420U, 0x24126ea1U});
}

TEST(PortableMath, keeps_its_accuracy) {
    for (int i = 1; i <= 200'000; ++i) {
        const float u = static_cast<float>(i) / 200'000.0F;
        const double turns = static_cast<double>(u);
        EXPECT_NEAR(log_of(u), std::log(turns), 2e-7 * std::max(1e-3, -std::log(turns)) + 1e-9);
        const SineCosine sc = sine_cosine_of_turns(u);
        EXPECT_NEAR(sc.sine, std::sin(2 * M_PI * turns), 2.5e-7);
        EXPECT_NEAR(sc.cosine, std::cos(2 * M_PI * turns), 2.5e-7);
        const double x = -80 * turns;
        EXPECT_NEAR(static_cast<double>(exp_of_negative(static_cast<float>(x))) /
                        std::exp(static_cast<double>(static_cast<float>(x))),
                    1, 3e-7);
        const double wide = 700 * (2 * turns - 1);
        EXPECT_NEAR(exp_of(wide) / std::exp(wide), 1, 1e-14);
        const double y = std::exp(wide / 2);
        EXPECT_NEAR(log_of(y), wide / 2, 1e-15 * std::max(1.0, std::abs(wide)));
        EXPECT_NEAR(one_minus_exp_of_negative(turns) / -std::expm1(-turns), 1, 1e-12);
    }
    EXPECT_EQ(log_of(1.0F), 0.0F);
    EXPECT_EQ(exp_of_negative(0.0F), 1.0F);
    EXPECT_EQ(exp_of_negative(-100.0F), 0.0F);
    EXPECT_NEAR(log_of(0x1p-33F), -33 * std::log(2.0), 2e-6);
    for (const double k : {0.0, 1.0, 5.0, 9.0, 10.0, 50.0, 1e3, 1e6})
        EXPECT_NEAR(log_factorial(k), std::lgamma(k + 1), 1e-12 * std::max(1.0, std::lgamma(k + 1))) << k;
}

// Mean, variance and chi-square of `draws` numbers against their law's probabilities.
void expect_law(const std::function<double(std::uint32_t)>& number, const std::function<double(double)>& log_chance,
                double mean, double variance) {
    constexpr int draws = 200'000;
    std::map<double, int> found;
    double sum = 0, squares = 0;
    for (std::uint32_t i = 0; i < draws; ++i) {
        const double k = number(i);
        ++found[k];
        sum += k - mean;
        squares += (k - mean) * (k - mean);
    }
    EXPECT_NEAR(sum / draws, 0, 4 * std::sqrt(variance / draws)) << "mean " << mean;
    const double fourth = 3 * variance * variance + variance;  // central moment, near enough for both laws
    EXPECT_NEAR(squares / draws, variance, 4 * std::sqrt((fourth - variance * variance) / draws)) << "mean " << mean;
    // Cells of at least 20 expected numbers.
    double chi = 0, expected = 0;
    int cells = 0, have = 0;
    const auto low = std::max(0.0, std::floor(mean - 8 * std::sqrt(variance)) - 5);
    for (double k = low; k <= mean + 8 * std::sqrt(variance) + 12; ++k) {
        expected += draws * std::exp(log_chance(k));
        have += found.count(k) != 0U ? found[k] : 0;
        if (expected < 20) continue;
        chi += (have - expected) * (have - expected) / expected;
        ++cells;
        expected = have = 0;
    }
    ASSERT_GT(cells, 1);
    EXPECT_LT(chi, (cells - 1) + 4 * std::sqrt(2.0 * (cells - 1)) + 4) << "mean " << mean << ", cells " << cells;
}

TEST(RandomCounts, poisson_numbers_follow_their_law) {
    for (const double mean : {0.01, 0.7, 9.99, 10.0, 27.3, 1000.0}) {
        expect_law(
            [mean](std::uint32_t i) {
                CounterStream stream{i, 3, 0, 9, 1, 2};
                return poisson_number(mean, stream);
            },
            [mean](double k) { return k * std::log(mean) - mean - std::lgamma(k + 1); }, mean, mean);
    }
    CounterStream stream{1, 2, 0, 3, 4, 5};
    EXPECT_EQ(poisson_number(0, stream), 0);
    EXPECT_EQ(stream.draw, 0U);
}

TEST(RandomCounts, binomial_numbers_follow_their_law) {
    for (const auto& [n, p] : {std::pair{1.0, 0.3}, std::pair{40.0, 0.1}, std::pair{40.0, 0.5}, std::pair{60.0, 0.9},
                               std::pair{1000.0, 0.02}, std::pair{1e6, 1e-5}, std::pair{1e5, 0.3}}) {
        const double trials = n, chance = p;
        expect_law(
            [=](std::uint32_t i) {
                CounterStream stream{i, 4, 0, 9, 1, 2};
                return binomial_number(trials, chance, -std::log1p(-chance), stream);
            },
            [=](double k) {
                if (k > trials) return -1e9;
                return std::lgamma(trials + 1) - std::lgamma(k + 1) - std::lgamma(trials - k + 1) +
                       k * std::log(chance) + (trials - k) * std::log1p(-chance);
            },
            trials * chance, trials * chance * (1 - chance));
    }
    CounterStream stream{1, 2, 0, 3, 4, 5};
    EXPECT_EQ(binomial_number(10, 1, 1e300, stream), 10);
    EXPECT_EQ(binomial_number(0, 0.5, 0.7, stream), 0);
    EXPECT_EQ(binomial_number(10, 0, 0, stream), 0);
}

}  // namespace
}  // namespace firstlight
