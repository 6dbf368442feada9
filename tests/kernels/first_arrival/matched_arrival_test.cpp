#include "kernels/first_arrival/matched_arrival.hpp"

#include <algorithm>
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
            for (std::int64_t i = 0; i < 96; ++i)
                tile.set(p, i, std::round(2 + 3e4 * light(static_cast<double>(i) - at)));
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
        for (std::int64_t i = 0; i < 96; ++i)
            tile.set(p, i, std::round((p == 12 ? 2 : 2e4) * light(static_cast<double>(i) - 50)));
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
            for (std::int64_t i = 0; i < 96; ++i)
                tile.set(p, i, std::round(1000 * light(static_cast<double>(i) - 50 - shift)));
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
                    const double slope = photons / 0.02 *
                                         (light(static_cast<double>(i) - truth.back() + 0.01) -
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

// Errors of many arrivals against their truth.
struct Errors {
    double mean = 0, deviation = 0, standard_error = 0;
};
Errors errors_of(const std::vector<double>& found, const std::vector<double>& truth) {
    Errors e;
    const auto n = static_cast<double>(truth.size());
    for (std::size_t p = 0; p < truth.size(); ++p) e.mean += (found[p] - truth[p]) / n;
    for (std::size_t p = 0; p < truth.size(); ++p) e.deviation += std::pow(found[p] - truth[p] - e.mean, 2) / n;
    e.deviation = std::sqrt(e.deviation);
    e.standard_error = e.deviation / std::sqrt(n);
    return e;
}
Errors errors_of(const HostTile& tile, const std::vector<double>& truth) {
    return errors_of(std::vector<double>(tile.arrival.begin(), tile.arrival.end()), truth);
}

// Detections by the first-photon law: of the cycles still alive each bin takes a binomial share. Fills in counts and
// Coates' live fractions; `photons` per trace would have been counted without pile-up.
void fill_first_photons(HostTile& tile, std::int64_t trace, std::int64_t cycles, double photons, double at,
                        std::mt19937& random) {
    std::int64_t alive = cycles;
    for (std::int64_t i = 0; i < tile.scan.bins; ++i) {
        const double mean = photons * light(static_cast<double>(i) - at) / static_cast<double>(cycles);
        const std::int64_t y =
            mean > 1e-12 ? std::binomial_distribution<std::int64_t>(alive, -std::expm1(-mean))(random) : 0;
        const double x = static_cast<double>(y) / static_cast<double>(alive);
        tile.set(trace, i, static_cast<double>(y));
        tile.live[static_cast<std::size_t>(trace * tile.scan.bins + i)] = static_cast<float>(
            static_cast<double>(alive) / static_cast<double>(cycles) * (y > 0 ? x / -std::log1p(-x) : 1.0));
        alive -= y;
    }
}

// Cramer-Rao bound of one trace with these parameters, live known.
double bound_under_pile_up(double cycles, double photons, double at) {
    double information = 0;
    double before = 0;
    for (double i = 0; i < 96; ++i) {
        const double expected = photons * light(i - at);
        const double slope = photons / 0.02 * (light(i - at + 0.01) - light(i - at - 0.01));
        if (expected > 1e-9) information += std::exp(-(before + expected / 2) / cycles) * slope * slope / expected;
        before += expected;
    }
    return 1 / std::sqrt(information);
}

TEST_P(MatchedArrivalTest, is_unbiased_where_pile_up_hides_half_of_the_light) {
    std::mt19937 random(7);
    HostTile tile(25, 40, 96);
    std::vector<double> truth;
    constexpr std::int64_t cycles = 1000;
    const double photons = std::log(2.0) * cycles;  // a detection in half of the cycles
    for (std::int64_t p = 0; p < tile.traces(); ++p) {
        truth.push_back(45 + std::uniform_real_distribution<double>(0, 6)(random));
        fill_first_photons(tile, p, cycles, photons, truth.back(), random);
    }
    MatchedArrival::Params params = gaussian(MatchedArrival::Mode::per_pixel);
    params.signal_to_background = 1e6;
    run_trace_stage<MatchedArrival>(queue(), tile, params);
    const Errors raw = errors_of(tile, truth);
    EXPECT_LT(raw.mean, -0.4) << "raw counts put the light early, or this test shows nothing";
    tile.use_live = true;
    run_trace_stage<MatchedArrival>(queue(), tile, params);
    const Errors corrected = errors_of(tile, truth);
    EXPECT_LT(std::abs(corrected.mean), 2 * corrected.standard_error);
    const double bound = bound_under_pile_up(cycles, photons, 48);
    EXPECT_LE(corrected.deviation, 1.15 * bound);
    double sigma = 0;
    for (const float s : tile.arrival_sigma) sigma += static_cast<double>(s) / static_cast<double>(truth.size());
    EXPECT_NEAR(sigma / bound, 1, 0.03);
}

TEST(MatchedArrival, pooled_arrival_is_unbiased_where_pile_up_hides_half_of_the_light) {
    const auto queue = open_cpu_queue(1);
    std::mt19937 random(8);
    std::vector<double> truth, found, raw;
    double sigma = 0;
    constexpr int draws = 100;
    for (int draw = 0; draw < draws; ++draw) {
        HostTile tile(4, 5, 96);
        truth.push_back(45 + std::uniform_real_distribution<double>(0, 6)(random));
        for (std::int64_t p = 0; p < tile.traces(); ++p)
            fill_first_photons(tile, p, 1000, std::log(2.0) * 1000, truth.back(), random);
        run_trace_stage<MatchedArrival>(*queue, tile, gaussian(MatchedArrival::Mode::pooled));
        raw.push_back(tile.arrival[0]);
        tile.use_live = true;
        run_trace_stage<MatchedArrival>(*queue, tile, gaussian(MatchedArrival::Mode::pooled));
        found.push_back(tile.arrival[0]);
        sigma += static_cast<double>(tile.arrival_sigma[0]) / draws;
    }
    EXPECT_LT(errors_of(raw, truth).mean, -0.4);
    const Errors corrected = errors_of(found, truth);
    EXPECT_LT(std::abs(corrected.mean), 2 * corrected.standard_error);
    EXPECT_NEAR(corrected.deviation / sigma, 1, 0.2);  // 100 draws: 7 %
    EXPECT_NEAR(sigma, bound_under_pile_up(1000, std::log(2.0) * 1000, 48) / std::sqrt(20), 0.03 * sigma);
}

std::vector<float> uneven_edges(std::int64_t bins, double spread, std::mt19937& random) {
    std::vector<double> widths;
    double sum = 0;
    for (std::int64_t i = 0; i < bins; ++i) {
        widths.push_back(std::clamp(1 + spread * std::normal_distribution<double>()(random), 0.5, 1.5));
        sum += widths.back();
    }
    std::vector<float> edges{0};
    double edge = 0;
    for (const double w : widths) edges.push_back(static_cast<float>(edge += w * static_cast<double>(bins) / sum));
    return edges;
}

TEST_P(MatchedArrivalTest, is_unbiased_in_bins_uneven_by_ten_per_cent) {
    for (const double background : {0.0, 0.5}) {
        std::mt19937 random(9);
        HostTile tile(25, 40, 96);
        tile.edges = uneven_edges(96, 0.1, random);
        std::vector<double> truth;
        constexpr double photons = 1000;
        for (std::int64_t p = 0; p < tile.traces(); ++p) {
            truth.push_back(45 + std::uniform_real_distribution<double>(0, 6)(random));
            const double scale = 2 * std::sqrt(std::log(2.0)) / fwhm_bins;
            for (std::size_t i = 0; i < 96; ++i) {
                const double begin = static_cast<double>(tile.edges[i]);
                const double end = static_cast<double>(tile.edges[i + 1]);
                const double expected =
                    photons * 0.5 *
                        (std::erf((end - truth.back()) * scale) - std::erf((begin - truth.back()) * scale)) +
                    background * (end - begin);
                tile.set(p, static_cast<std::int64_t>(i),
                         expected > 1e-12 ? std::poisson_distribution<int>(expected)(random) : 0);
            }
        }
        MatchedArrival::Params params = gaussian(MatchedArrival::Mode::per_pixel);
        params.signal_to_background = background > 0 ? photons / background : 1e6;
        run_trace_stage<MatchedArrival>(queue(), tile, params);
        const Errors raw = errors_of(tile, truth);
        EXPECT_GT(std::abs(raw.mean), 5 * raw.standard_error) << "even bins are wrong here, or this test shows nothing";
        tile.use_edges = true;
        run_trace_stage<MatchedArrival>(queue(), tile, params);
        const Errors corrected = errors_of(tile, truth);
        EXPECT_LT(std::abs(corrected.mean), 2 * corrected.standard_error) << background;
        double sigma = 0;
        for (const float s : tile.arrival_sigma) sigma += static_cast<double>(s) / static_cast<double>(truth.size());
        EXPECT_LE(corrected.deviation, 1.15 * sigma);
        EXPECT_GE(corrected.deviation, 0.9 * sigma);
        EXPECT_NEAR(sigma, fwhm_bins / 2.3548 / std::sqrt(photons), background > 0 ? 0.02 : 0.003);
        run_trace_stage<MatchedArrival>(queue(), tile, gaussian(MatchedArrival::Mode::pooled));
        double mean = 0;
        for (const double at : truth) mean += at / static_cast<double>(truth.size());
        EXPECT_NEAR(tile.arrival[0], mean, 0.02);  // 0.003 from 1e6 photons that arrive over 6 bins
    }
}

TEST_P(MatchedArrivalTest, even_edges_and_full_live_change_nothing) {
    std::mt19937 random(10);
    HostTile tile(5, 9, 300);
    for (std::int64_t p = 0; p < tile.traces(); ++p)
        for (std::int64_t i = 0; i < 300; ++i)
            tile.set(p, i, std::poisson_distribution<int>(1 + 300 * light(static_cast<double>(i - 100 - p)))(random));
    run_trace_stage<MatchedArrival>(queue(), tile, gaussian(MatchedArrival::Mode::per_pixel));
    const std::vector<float> arrival = tile.arrival;
    const std::vector<float> sigma = tile.arrival_sigma;
    tile.use_live = tile.use_edges = true;
    std::fill(tile.live.begin(), tile.live.end(), 1.0F);
    run_trace_stage<MatchedArrival>(queue(), tile, gaussian(MatchedArrival::Mode::per_pixel));
    for (std::size_t p = 0; p < arrival.size(); ++p) {
        EXPECT_NEAR(tile.arrival[p], arrival[p], 2e-5);
        EXPECT_NEAR(tile.arrival_sigma[p], sigma[p], 0.02 * static_cast<double>(sigma[p]));  // b from other bins
    }
}

// Every model of the detector and count type, whole and fractional counts, ranges that hold no block, one and several.
TEST_P(MatchedArrivalTest, agrees_with_the_cpu) {
    const auto cpu = open_cpu_queue(1);
    for (const std::int64_t bins : {40, 96, 163, 1024})
        for (const int model : {0, 1, 2, 3})
            for (const CountType type : {CountType::u1, CountType::u2, CountType::u4, CountType::f4}) {
                std::mt19937 random(static_cast<unsigned>(bins + model));
                HostTile tile(3, 11, bins, type);
                tile.edges = uneven_edges(bins, 0.1, random);
                for (std::int64_t p = 0; p < tile.traces(); ++p) {
                    const double at = static_cast<double>(bins) * (0.3 + 0.012 * static_cast<double>(p));
                    tile.shift[static_cast<std::size_t>(p)] =
                        static_cast<float>(0.3 * static_cast<double>(p % 5) - 0.7);
                    for (std::int64_t i = 0; i < bins; ++i) {
                        const double y = 0.4 + 90 * light(static_cast<double>(i) - at);
                        tile.set(p, i,
                                 type == CountType::f4 ? 0.37 * std::poisson_distribution<int>(y)(random)
                                                       : std::poisson_distribution<int>(y)(random));
                        tile.live[static_cast<std::size_t>(p * bins + i)] =
                            static_cast<float>(1 - 0.8 * static_cast<double>(i) / static_cast<double>(bins));
                    }
                }
                tile.use_live = model % 2 == 1;
                tile.use_edges = model >= 2;
                MatchedArrival::Params params = gaussian(MatchedArrival::Mode::per_pixel);
                params.search_from_ps = 60;
                params.min_snr = 1;
                HostTile on_cpu = tile;
                run_trace_stage<MatchedArrival>(*cpu, on_cpu, params);
                run_trace_stage<MatchedArrival>(queue(), tile, params);
                for (std::size_t p = 0; p < tile.arrival.size(); ++p) {
                    const bool lost = std::isnan(on_cpu.arrival[p]);
                    EXPECT_EQ(std::isnan(tile.arrival[p]), lost);
                    if (lost) continue;
                    EXPECT_EQ(tile.arrival[p], on_cpu.arrival[p]) << bins << " bins, model " << model;
                    EXPECT_NEAR(tile.arrival_sigma[p], on_cpu.arrival_sigma[p], 1e-6F * on_cpu.arrival_sigma[p]);
                }
                EXPECT_FALSE(std::isnan(on_cpu.arrival[5]));
            }
}

// Without light there is no arrival, in one trace or in all of them.
TEST_P(MatchedArrivalTest, darkness_has_no_arrival_and_is_flagged) {
    for (const auto mode : {MatchedArrival::Mode::pooled, MatchedArrival::Mode::per_pixel}) {
        HostTile tile(2, 2, 96);
        tile.flags[3] = dead;
        run_per_pixel(queue(), tile, gaussian(mode));
        EXPECT_EQ(tile.flags, (std::vector<std::uint8_t>{low_counts, low_counts, low_counts, dead}));
        for (std::size_t p = 0; p < 4; ++p) {
            EXPECT_TRUE(std::isnan(tile.layers[Layer::arrival][p]) && std::isnan(tile.layers[Layer::arrival_sigma][p]));
            EXPECT_TRUE(std::isnan(tile.arrival[p]));
        }
        ASSERT_FALSE(tile.warnings.empty());
        EXPECT_NE(tile.warnings[0].find("show no light"), std::string::npos) << tile.warnings[0];
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
