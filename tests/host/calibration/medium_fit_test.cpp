// Slabs of known medium, drawn bin by bin from the closed form of diffusion behind a known response.
#include "host/calibration/medium_fit.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "host/calibration/slab_model.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

constexpr double bin_s = 16e-12;
constexpr std::int64_t bins = 1500;

// A sharp peak with an afterglow of 10 % that decays over 30 bins.
MediumResponse response() {
    MediumResponse r;
    for (int i = 0; i < 200; ++i)
        r.light.push_back(std::exp(-0.5 * std::pow((i - 10) / 1.5, 2)) +
                          (i > 10 ? 0.02 * std::exp(-(i - 10) / 30.0) : 0));
    r.peak = 10;
    return r;
}

std::vector<SlabTrace> slabs(double n, double mu_a, double mu_s_prime, std::uint64_t seed, double pulses = 0,
                             double light = 2e6) {
    std::mt19937_64 random(seed);
    const SlabModel model(response(), bins, bin_s, false);
    std::vector<SlabTrace> all;
    for (const double mm : {20.0, 35.0, 60.0, 90.0}) {
        const double t0 = 150 - mm * 0.2;
        const std::vector<double> shape = model.light({mm * 1e-3, n, mu_a, mu_s_prime, {}, 0, true}, t0);
        std::vector<double> counts;
        double alive = pulses;
        for (const double s : shape) {
            const double mean = light * std::max(s, 0.0) + 20;
            if (pulses == 0) {
                counts.push_back(static_cast<double>(std::poisson_distribution<std::int64_t>(mean)(random)));
            } else {  // one detection per pulse
                const auto left = static_cast<std::int64_t>(alive);
                counts.push_back(static_cast<double>(
                    std::binomial_distribution<std::int64_t>(left, -std::expm1(-mean / pulses))(random)));
                alive -= counts.back();
            }
        }
        all.push_back(make_slab_trace(std::to_string(static_cast<int>(mm)) + " mm", mm * 1e-3, counts, pulses));
    }
    return all;
}

MediumFitOptions options(MediumEstimator estimator) {
    MediumFitOptions o;
    o.bin_width_s = bin_s;
    o.estimator = estimator;
    return o;
}

TEST(MediumFit, finds_the_medium_within_its_own_error) {
    for (const auto& [n, mu_a, mu_s_prime] : {std::tuple{1.12, 0.53, 262.0}, {1.33, 2.0, 800.0}}) {
        const MediumFit fit = fit_medium(slabs(n, mu_a, mu_s_prime, 7), response(), options(MediumEstimator::poisson));
        EXPECT_TRUE(fit.converged);
        EXPECT_NEAR(fit.refractive_index.value, n, 4 * fit.refractive_index.sigma);
        EXPECT_NEAR(fit.mu_a_per_m.value, mu_a, 4 * fit.mu_a_per_m.sigma);
        EXPECT_NEAR(fit.mu_s_prime_per_m.value, mu_s_prime, 4 * fit.mu_s_prime_per_m.sigma);
        EXPECT_LT(fit.mu_s_prime_per_m.sigma, 0.05 * mu_s_prime);
        EXPECT_NEAR(fit.deviance, 1, 0.1);
        EXPECT_NEAR(fit.misfit, 1, 0.1);
        EXPECT_NEAR(fit.slabs[1].t0_s / bin_s, 150 - 35 * 0.2, 0.3);
    }
}

TEST(MediumFit, errors_are_those_of_repeated_draws) {
    MediumFitOptions o = options(MediumEstimator::poisson);
    o.refractive_index = 1.12;
    double pull = 0, pull2 = 0;
    constexpr int draws = 24;
    for (int i = 0; i < draws; ++i) {
        const MediumFit fit =
            fit_medium(slabs(1.12, 0.53, 262, 100 + static_cast<std::uint64_t>(i), 0, 2e5), response(), o);
        const double p = (fit.mu_s_prime_per_m.value - 262) / fit.mu_s_prime_per_m.sigma;
        pull += p / draws;
        pull2 += p * p / draws;
        EXPECT_EQ(fit.refractive_index.value, 1.12);
    }
    EXPECT_LT(std::abs(pull), 3 / std::sqrt(draws));
    EXPECT_GT(pull2 - pull * pull, 0.4);
    EXPECT_LT(pull2 - pull * pull, 1.9);
}

TEST(MediumFit, every_estimator_finds_a_medium_that_obeys_the_model) {
    for (const MediumEstimator e : {MediumEstimator::quasi, MediumEstimator::peak}) {
        MediumFitOptions o = options(e);
        o.jackknife = e == MediumEstimator::quasi;
        const MediumFit fit = fit_medium(slabs(1.12, 0.53, 262, 3), response(), o);
        EXPECT_NEAR(fit.refractive_index.value, 1.12, 5 * fit.refractive_index.sigma);
        EXPECT_NEAR(fit.mu_s_prime_per_m.value, 262, 5 * fit.mu_s_prime_per_m.sigma);
        EXPECT_EQ(fit.mu_s_prime_per_m.sigma_slabs.has_value(), o.jackknife);
    }
}

TEST(MediumFit, pile_up_is_taken_out) {
    constexpr double pulses = 1e7;  // one in five detects a photon
    MediumFitOptions o = options(MediumEstimator::poisson);
    o.refractive_index = 1.12;
    std::vector<SlabTrace> piled = slabs(1.12, 0.53, 262, 5, pulses);
    const MediumFit with = fit_medium(piled, response(), o);
    EXPECT_NEAR(with.mu_s_prime_per_m.value, 262, 5 * with.mu_s_prime_per_m.sigma);
    for (SlabTrace& slab : piled) std::fill(slab.live.begin(), slab.live.end(), 1.0);
    const MediumFit without = fit_medium(piled, response(), o);
    EXPECT_GT(std::abs(without.mu_s_prime_per_m.value - 262), 10 * without.mu_s_prime_per_m.sigma);
}

TEST(MediumFit, what_cannot_be_fitted_is_refused) {
    std::vector<SlabTrace> all = slabs(1.12, 0.53, 262, 7);
    EXPECT_THROW((void)fit_medium({all[0]}, response(), options(MediumEstimator::quasi)), Error);
    all[1].thickness_m = all[0].thickness_m;
    EXPECT_THROW((void)fit_medium(all, response(), options(MediumEstimator::quasi)), Error);
    all = slabs(1.12, 0.53, 262, 7);
    EXPECT_THROW((void)fit_medium(all, {std::vector<double>(50), 0}, options(MediumEstimator::quasi)), Error);
    EXPECT_THROW((void)make_slab_trace("dark", 0.02, std::vector<double>(500, 0.0), 0), Error);
    EXPECT_THROW((void)make_slab_trace("flat", 0.02, std::vector<double>(500, 100.0), 0), Error);
}

TEST(SlabTraces, a_misplaced_slab_goes_alone_and_swapped_ones_together) {
    std::vector<SlabTrace> all = slabs(1.12, 0.53, 262, 7);
    EXPECT_TRUE(drop_misplaced_slabs(all).empty());
    all[3].thickness_m = 0.010;  // the thickest said to be the thinnest
    std::vector<std::string> said = drop_misplaced_slabs(all);
    ASSERT_EQ(said.size(), 1U);
    EXPECT_NE(said[0].find("90 mm: dropped"), std::string::npos) << said[0];
    EXPECT_EQ(all.size(), 3U);
    all = slabs(1.12, 0.53, 262, 7);
    std::swap(all[1].thickness_m, all[2].thickness_m);
    EXPECT_EQ(drop_misplaced_slabs(all).size(), 2U);
    EXPECT_EQ(all.size(), 2U);
}

// Seconds of 3000 counts in a peak at `at`.
std::vector<std::uint32_t> second(double at, double rate, std::mt19937_64& random) {
    std::vector<std::uint32_t> counts;
    for (int i = 0; i < 512; ++i)
        counts.push_back(static_cast<std::uint32_t>(
            std::poisson_distribution<int>(rate * (2 + 60 * std::exp(-0.5 * std::pow((i - at) / 20, 2))))(random)));
    return counts;
}

TEST(SlabTraces, seconds_of_another_slab_or_rate_are_dropped) {
    std::mt19937_64 random(3);
    std::vector<std::vector<std::uint32_t>> seconds;
    for (int i = 0; i < 20; ++i) seconds.push_back(second(200, 1, random));
    EXPECT_EQ(consistent_seconds(seconds, {}).size(), 20U);
    seconds[7] = second(200, 0.5, random);  // the lamp flickered
    std::vector<std::size_t> kept = consistent_seconds(seconds, {});
    EXPECT_EQ(kept.size(), 19U);
    EXPECT_FALSE(std::binary_search(kept.begin(), kept.end(), 7U));
    for (int i = 0; i < 20; ++i) seconds.push_back(second(260, 1, random));  // what the buffer held before
    kept = consistent_seconds(seconds, {});
    EXPECT_EQ(kept.size(), 19U);
    EXPECT_EQ(kept.back(), 19U);
    SecondsOptions all;
    all.keep_all = true;
    EXPECT_EQ(consistent_seconds(seconds, all).size(), 40U);

    CaptureSeconds capture;
    capture.seconds = seconds;
    capture.total.assign(512, 0.0);
    for (const auto& s : seconds)
        for (std::size_t i = 0; i < 512; ++i) capture.total[i] += s[i];
    const SlabTrace slab = make_slab_trace("two inches", 0.0508, capture, 1e6, {});
    EXPECT_EQ(slab.seconds_kept, 19);
    ASSERT_EQ(slab.remarks.size(), 1U);
    EXPECT_NE(slab.remarks[0].find("two inches: 21 of 40 seconds dropped (8, 21..40)"), std::string::npos)
        << slab.remarks[0];
    SecondsOptions draw;
    draw.draw = 3;
    EXPECT_EQ(make_slab_trace("two inches", 0.0508, capture, 1e6, draw).seconds_kept, 3);
}

}  // namespace
}  // namespace firstlight
