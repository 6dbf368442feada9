#include "kernels/first_arrival/matched_arrival.hpp"

#include <cmath>
#include <random>

#include "tests/support/stage_test.hpp"

namespace firstlight {
namespace {

class MatchedArrivalTest : public StageTest {};
INSTANTIATE_TEST_SUITE_P(, MatchedArrivalTest, all_backends(), backend_name);

constexpr double fwhm_bins = 6;  // of bins of 10 ps

double light(double begin) {  // in [begin, begin + 1) bins after the arrival
    const double scale = 2 * std::sqrt(std::log(2.0)) / fwhm_bins;
    return 0.5 * (std::erf((begin + 1) * scale) - std::erf(begin * scale));
}

MatchedArrival::Params gaussian(MatchedArrival::Mode mode) {
    MatchedArrival::Params params;
    params.mode = mode;
    params.response = MatchedArrival::ResponseSource::gaussian;
    params.gaussian_fwhm_ps = 10 * fwhm_bins;
    return params;
}

// Prepares as the pipeline does for a per-pixel arrival: first pass over all pixels, refine, last pass.
void run_per_pixel(Queue& queue, HostTile& tile, const MatchedArrival::Params& params) {
    run_trace_stage<MatchedArrival>(queue, tile, params);
    ImageTile first;
    first.rows = tile.scan.rows;
    first.columns = tile.scan.columns;
    for (auto& [layer, values] : tile.layers) first.layers[static_cast<int>(layer)] = values.data();
    first.flags = tile.flags.data();
    Keeper keep(queue);
    const SurveySample sample = sample_of(tile);
    StageContext context{tile.scan, keep};
    context.sample = &sample;
    context.found = &tile.found;
    context.warn = [&](const std::string& text) { tile.warnings.push_back(text); };
    const auto c = MatchedArrival::refine(params, context, first);
    TileOnQueue moved(queue, tile);
    run<MatchedArrival>(queue, moved.tile(), c, 0);
    moved.bring_back();
}

TEST_P(MatchedArrivalTest, finds_noiseless_light_to_a_hundredth_of_a_bin) {
    for (const CountType type : {CountType::u2, CountType::u4, CountType::f4}) {
        HostTile tile(5, 7, 96, type);
        for (std::int64_t p = 0; p < 35; ++p) {
            const double at = 40 + 0.13 * static_cast<double>(p);
            tile.shift[static_cast<std::size_t>(p)] = 0.5F;
            for (std::int64_t i = 0; i < 96; ++i) tile.set(p, i, std::round(2 + 3e4 * light(static_cast<double>(i) - at)));
        }
        run_per_pixel(queue(), tile, gaussian(MatchedArrival::Mode::per_pixel));
        for (std::size_t p = 0; p < 35; ++p) {
            const double at = 40 + 0.13 * static_cast<double>(p);
            EXPECT_NEAR(tile.arrival[p], at, 0.01);
            EXPECT_NEAR(tile.layers[Layer::arrival][p], tile.scan.time_of(at - 0.5), 0.1e-12);
            EXPECT_GT(tile.arrival_sigma[p], 0);
        }
    }
}

TEST_P(MatchedArrivalTest, starved_and_masked_pixels_take_their_neighbours_median) {
    HostTile tile(5, 5, 96);
    for (std::int64_t p = 0; p < 25; ++p)
        for (std::int64_t i = 0; i < 96; ++i) tile.set(p, i, std::round((p == 12 ? 2 : 2e4) * light(static_cast<double>(i) - 50)));
    tile.flags[0] = hot;
    run_per_pixel(queue(), tile, gaussian(MatchedArrival::Mode::per_pixel));
    EXPECT_NEAR(tile.arrival[12], 50, 0.02);
    EXPECT_NEAR(tile.arrival[0], 50, 0.02);
    EXPECT_EQ(tile.found.at("pixels_from_neighbours"), 2);
}

TEST_P(MatchedArrivalTest, pooled_arrival_adds_each_pixels_shift) {
    for (const auto& [rows, columns] : {std::pair{1, 1}, std::pair{1, 31}, std::pair{257, 1}}) {
        HostTile tile(rows, columns, 96);
        for (std::int64_t p = 0; p < tile.traces(); ++p) {
            const double shift = static_cast<double>(p % 5);
            tile.shift[static_cast<std::size_t>(p)] = static_cast<float>(shift);
            for (std::int64_t i = 0; i < 96; ++i) tile.set(p, i, std::round(1000 * light(static_cast<double>(i) - 50 - shift)));
        }
        run_trace_stage<MatchedArrival>(queue(), tile, gaussian(MatchedArrival::Mode::pooled));
        for (std::int64_t p = 0; p < tile.traces(); ++p)
            EXPECT_NEAR(tile.arrival[static_cast<std::size_t>(p)], 50 + static_cast<double>(p % 5), 0.03);
        EXPECT_NEAR(tile.found.at("arrival_ps"), tile.scan.time_of(50) * 1e12, 0.3);
    }
}

// Standard deviation against the Cramer-Rao bound at the true parameters, and no bias.
TEST(MatchedArrival, reaches_the_cramer_rao_bound) {
    constexpr std::int64_t bins = 96;
    const auto queue = open_cpu_queue(1);
    std::mt19937 random(5);
    for (const double photons : {50.0, 200.0, 1000.0})
        for (const double background : {0.0, 0.1}) {
            HostTile tile(50, 80, bins);
            std::vector<double> truth;
            double information = 0;
            for (std::int64_t p = 0; p < tile.traces(); ++p) {
                truth.push_back(45 + std::uniform_real_distribution<double>(0, 6)(random));
                for (std::int64_t i = 0; i < bins; ++i) {
                    const double expected = photons * light(static_cast<double>(i) - truth.back()) + background;
                    tile.set(p, i, expected > 1e-12 ? std::poisson_distribution<int>(expected)(random) : 0);
                    const double slope = photons / 0.02 * (light(static_cast<double>(i) - truth.back() + 0.01) -
                                                           light(static_cast<double>(i) - truth.back() - 0.01));
                    if (p == 0 && expected > 1e-9) information += slope * slope / expected;
                }
            }
            MatchedArrival::Params params = gaussian(MatchedArrival::Mode::per_pixel);
            params.signal_to_background = background > 0 ? photons / background : 1e6;
            params.min_snr = 0;
            run_trace_stage<MatchedArrival>(*queue, tile, params);
            double mean = 0;
            double square = 0;
            const auto n = static_cast<double>(truth.size());
            for (std::size_t p = 0; p < truth.size(); ++p) {
                const double error = static_cast<double>(tile.arrival[p]) - truth[p];
                mean += error / n;
                square += error * error / n;
            }
            const double bound = 1 / std::sqrt(information);
            EXPECT_LE(std::sqrt(square), 1.15 * bound) << photons << " photons, background " << background;
            EXPECT_GE(std::sqrt(square), 0.9 * bound);
            EXPECT_LT(std::abs(mean), std::max(0.05, 0.1 * bound));
        }
}

TEST(MatchedArrival, says_what_is_missing) {
    const auto queue = open_cpu_queue(1);
    HostTile tile(1, 1, 96);
    tile.set(0, 40, 100);
    try {
        run_trace_stage<MatchedArrival>(*queue, tile);
        FAIL();
    } catch (const Error& e) {
        EXPECT_NE(std::string(e.what()).find("/entry/calibration/irf"), std::string::npos);
        EXPECT_NE(std::string(e.what()).find("gaussian"), std::string::npos);
    }
    MatchedArrival::Params params = gaussian(MatchedArrival::Mode::pooled);
    params.search_from_ps = 500;
    params.search_to_ps = 100;
    EXPECT_THROW(run_trace_stage<MatchedArrival>(*queue, tile, params), Error);
}

}  // namespace
}  // namespace firstlight
