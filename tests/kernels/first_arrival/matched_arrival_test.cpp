#include "kernels/first_arrival/matched_arrival.hpp"

#include <cmath>
#include <random>

#include "kernels/support/response.hpp"
#include "tests/support/stage_test.hpp"

namespace firstlight {
namespace {

class MatchedArrivalTest : public StageTest {};
INSTANTIATE_TEST_SUITE_P(, MatchedArrivalTest, all_backends(), backend_name);

using Mode = MatchedArrival::Mode;

double gaussian_share(double x, double fwhm) { return 0.5 * (1 + std::erf(x * 2 * std::sqrt(std::log(2.0)) / fwhm)); }

MatchedArrival::Params per_pixel(double min_snr = 0) {
    MatchedArrival::Params params;
    params.mode = Mode::per_pixel;
    params.min_snr = min_snr;
    return params;
}

// Poisson noise around background + photons * Gaussian arriving at `at` (or exact expectations for f4).
void set_trace(HostTile& tile, std::int64_t trace, double at, double photons, double background, double fwhm,
               std::mt19937* random) {
    for (int i = 0; i < tile.scan.bins; ++i) {
        const double mean = background + photons * (gaussian_share(i + 1 - at, fwhm) - gaussian_share(i - at, fwhm));
        if (random == nullptr) tile.set(trace, i, mean);
        else tile.set(trace, i, mean > 0 ? std::poisson_distribution<int>(mean)(*random) : 0);
    }
}

double cramer_rao(double photons, double background, double fwhm) {
    double information = 0;
    for (int i = -60; i < 60; ++i) {
        const double h = gaussian_share(i + 0.7, fwhm) - gaussian_share(i - 0.3, fwhm);
        const double slope = (gaussian_share(i + 0.701, fwhm) - gaussian_share(i - 0.299, fwhm) - h) / 0.001;
        const double mean = photons * h + background;
        if (mean > 1e-12) information += photons * photons * slope * slope / mean;
    }
    return 1 / std::sqrt(information);
}

TEST_P(MatchedArrivalTest, per_pixel_reaches_the_cramer_rao_bound) {
    constexpr std::int64_t n = 1500;
    for (const double photons : {50.0, 200.0, 1000.0})
        for (const double background : {0.0, 0.25})
            for (const double fwhm : {3.0, 6.5}) {
                HostTile tile(30, 50, 120);
                tile.scan.irf = gaussian_response(fwhm * 10e-12);
                std::mt19937 random(static_cast<unsigned>(photons));
                std::uniform_real_distribution<double> place(50, 60);
                std::vector<double> truth;
                for (std::int64_t p = 0; p < n; ++p) {
                    truth.push_back(place(random));
                    set_trace(tile, p, truth.back(), photons, background, fwhm, &random);
                }
                MatchedArrival::Params params = per_pixel();
                params.signal_to_background = background > 0 ? photons / background : 1e6;
                run_trace_stage<MatchedArrival>(queue(), tile, params);
                double mean = 0, square = 0, stated = 0;
                for (std::size_t p = 0; p < n; ++p) {
                    const double error = static_cast<double>(tile.arrival[p]) - truth[p];
                    mean += error / n;
                    square += error * error / n;
                    stated += static_cast<double>(tile.arrival_sigma[p]) / n;
                }
                const double bound = cramer_rao(photons, background, fwhm);
                const std::string of = std::to_string(photons) + " photons, background " + std::to_string(background) +
                                       ", fwhm " + std::to_string(fwhm);
                EXPECT_LE(std::sqrt(square), 1.15 * bound) << of << ": " << std::sqrt(square) / bound;
                EXPECT_LT(std::abs(mean), 0.1 * bound) << of;
                EXPECT_NEAR(stated / bound, 1, 0.1) << of;
            }
}

TEST_P(MatchedArrivalTest, pooled_arrival_plus_shift) {
    for (const auto& [rows, columns] : {std::pair{1, 1}, std::pair{1, 31}, std::pair{257, 1}, std::pair{5, 7}}) {
        HostTile tile(rows, columns, 90, CountType::f4);
        tile.scan.irf = gaussian_response(60e-12);
        tile.scan.first_bin_centre_s = 1005e-12;
        for (std::int64_t p = 0; p < tile.traces(); ++p) {
            tile.shift[static_cast<std::size_t>(p)] = static_cast<float>(p % 5) - 2;
            set_trace(tile, p, 44.3 + static_cast<double>(p % 5) - 2, 1000, 2, 6, nullptr);
        }
        run_trace_stage<MatchedArrival>(queue(), tile);
        for (std::size_t p = 0; p < static_cast<std::size_t>(tile.traces()); ++p) {
            EXPECT_NEAR(tile.arrival[p], 44.3F + tile.shift[p], 0.02);
            EXPECT_NEAR(tile.layers[Layer::arrival][p], 1443e-12, 0.3e-12);
            EXPECT_FLOAT_EQ(tile.layers[Layer::arrival_sigma][p], tile.arrival_sigma[p] * 10e-12F);
            EXPECT_EQ(tile.effect[p], 0);
        }
        EXPECT_NEAR(tile.shared.at("arrival_bins"), 44.3, 0.02);
        EXPECT_NEAR(tile.found.at("signal_to_background"), 500, 25);
    }
}

TEST_P(MatchedArrivalTest, per_pixel_knows_live_fractions_edges_and_shift) {
    for (const CountType type : {CountType::u1, CountType::u2, CountType::u4, CountType::f4}) {
        HostTile tile(3, 5, 100, type);
        tile.scan.irf = gaussian_response(60e-12);
        tile.use_live = tile.use_edges = true;
        for (std::size_t i = 1; i < 100; ++i) tile.edges[i] += 0.3F * static_cast<float>(std::sin(0.3 * static_cast<double>(i)));
        for (std::size_t p = 0; p < 15; ++p) {
            tile.shift[p] = 0.4F * static_cast<float>(p) - 3;
            const double at = 47.2 + static_cast<double>(tile.shift[p]);
            for (std::size_t i = 0; i < 100; ++i) {
                tile.live[p * 100 + i] = 1 - 0.004F * static_cast<float>(i);
                const double light = 2000 * (gaussian_share(static_cast<double>(tile.edges[i + 1]) - at, 6) -
                                            gaussian_share(static_cast<double>(tile.edges[i]) - at, 6));
                const double y = (light / 10 + 1) * static_cast<double>(tile.live[p * 100 + i]);
                tile.set(static_cast<std::int64_t>(p), static_cast<std::int64_t>(i), type == CountType::f4 ? y : std::round(y));
            }
        }
        run_trace_stage<MatchedArrival>(queue(), tile, per_pixel());
        for (std::size_t p = 0; p < 15; ++p) {
            EXPECT_NEAR(tile.arrival[p], 47.2F + tile.shift[p], 0.1);
            EXPECT_NEAR(tile.layers[Layer::arrival][p], tile.scan.time_of(47.2), 1e-12);
        }
    }
}

TEST_P(MatchedArrivalTest, same_bits_as_the_cpu) {
    for (const CountType type : {CountType::u1, CountType::u2, CountType::u4, CountType::f4})
        for (const auto& [n, bins] : {std::pair{1, 64}, std::pair{31, 257}, std::pair{257, 75}, std::pair{2, 13000}, std::pair{1, 25000}}) {
            HostTile tile(n, 1, bins, type);
            tile.scan.irf = gaussian_response(45e-12);
            std::mt19937 random(5);
            for (std::int64_t p = 0; p < n; ++p) set_trace(tile, p, 30 + 0.01 * static_cast<double>(p), 40, 0.5, 4.5, &random);
            if (n > 5) tile.flags[3] = hot;
            HostTile plain = tile;
            std::string why_not;
            run_trace_stage<MatchedArrival>(*test_queue("cpu", why_not), plain, per_pixel(4));
            run_trace_stage<MatchedArrival>(queue(), tile, per_pixel(4));
            EXPECT_EQ(plain.arrival, tile.arrival);
            for (std::size_t p = 0; p < static_cast<std::size_t>(n); ++p)
                EXPECT_NEAR(plain.arrival_sigma[p], tile.arrival_sigma[p], 1e-6F * plain.arrival_sigma[p]);
            if (n > 5) {
                EXPECT_TRUE(std::isnan(tile.layers[Layer::arrival][3]));
            }
        }
}

TEST_P(MatchedArrivalTest, starved_pixels_take_their_neighbours_in_the_second_pass) {
    HostTile tile(6, 6, 80, CountType::f4);
    tile.scan.irf = gaussian_response(50e-12);
    for (std::int64_t p = 0; p < 36; ++p) set_trace(tile, p, 30 + static_cast<double>(p / 6), 500, 0.5, 5, nullptr);
    set_trace(tile, 14, 60, 0, 0.5, 5, nullptr);  // row 2, column 2: no light
    tile.flags[21] = dead;
    const MatchedArrival::Params params = per_pixel(5);
    run_trace_stage<MatchedArrival>(queue(), tile, params);
    EXPECT_TRUE(std::isnan(tile.layers[Layer::arrival][14]));
    EXPECT_TRUE(std::isnan(tile.layers[Layer::arrival][21]));
    ImageTile first;
    first.rows = first.columns = 6;
    for (auto& [layer, values] : tile.layers) first.layers[static_cast<int>(layer)] = values.data();
    Keeper keep(queue());
    StageContext context{tile.scan, keep};
    context.found = &tile.found;
    context.shared = &tile.shared;
    const MatchedArrival::Coefficients c = MatchedArrival::refine(params, context, first);
    tile.shift[14] = 0.5F;
    TileOnQueue moved(queue(), tile);
    run<MatchedArrival>(queue(), moved.tile(), c, 0);
    moved.bring_back();
    EXPECT_EQ(tile.found.at("pixels_from_neighbours"), 2);
    for (std::size_t p = 0; p < 36; ++p) EXPECT_NEAR(tile.arrival[p] - tile.shift[p], 30 + static_cast<double>(p / 6), p == 14 || p == 21 ? 1.01 : 0.03);
    EXPECT_NEAR(tile.layers[Layer::arrival][14], tile.scan.time_of(32), 11e-12);
    EXPECT_GT(tile.arrival_sigma[14], 0.5F);  // the rows differ by a bin each
}

TEST(MatchedArrival, without_good_pixels_the_pooled_arrival_stands) {
    const auto queue = open_cpu_queue(1);
    Keeper keep(*queue);
    HostTile tile(2, 2, 40);
    tile.shared = {{"arrival_bins", 17.5}, {"arrival_sigma_bins", 0.25}};
    ImageTile first;
    first.rows = first.columns = 2;
    for (auto& [layer, values] : tile.layers) first.layers[static_cast<int>(layer)] = values.data();
    StageContext context{tile.scan, keep};
    context.shared = &tile.shared;
    const auto c = MatchedArrival::refine(per_pixel(), context, first);
    MatchedArrival::on_cpu(tile.view(), c);
    EXPECT_EQ(tile.arrival[3], 17.5F);
    EXPECT_EQ(tile.arrival_sigma[3], 0.25F);
}

TEST(MatchedArrival, search_range_chooses_between_two_pulses) {
    const auto queue = open_cpu_queue(1);
    HostTile tile(2, 2, 200, CountType::f4);
    for (std::int64_t p = 0; p < 4; ++p)
        for (int i = 0; i < 200; ++i)
            tile.set(p, i, 1 + 100 * (gaussian_share(i + 1 - 50, 6) - gaussian_share(i - 50, 6)) +
                               900 * (gaussian_share(i + 1 - 120, 6) - gaussian_share(i - 120, 6)));
    MatchedArrival::Params params;
    params.response = MatchedArrival::ResponseFrom::gaussian;
    params.gaussian_fwhm_ps = 60;
    EXPECT_NEAR(run_trace_stage<MatchedArrival>(*queue, tile, params).arrival, 120, 0.05);
    params.search_to_ps = 800;
    EXPECT_NEAR(run_trace_stage<MatchedArrival>(*queue, tile, params).arrival, 50, 0.05);
    params.search_from_ps = 1980;
    params.search_to_ps = std::numeric_limits<double>::quiet_NaN();
    EXPECT_THROW(run_trace_stage<MatchedArrival>(*queue, tile, params), Error);
}

TEST(MatchedArrival, skewed_response_is_no_bias) {
    const auto queue = open_cpu_queue(1);
    HostTile tile(1, 8, 160, CountType::f4);
    // A sharp rise with an exponential tail, tabulated at 2 ps; its integral in closed form.
    const auto share = [](double x) { return x < 0 ? 0 : 1 - std::exp(-x / 5) * (1 + x / 5); };
    for (int k = 0; k < 500; ++k) {
        tile.scan.irf.time_s.push_back((k + 0.5) * 2e-12);
        tile.scan.irf.values.push_back(share(0.2 * (k + 1)) - share(0.2 * k));
    }
    for (std::int64_t p = 0; p < 8; ++p)
        for (int i = 0; i < 160; ++i) {
            const double x = i - 60 - 0.125 * static_cast<double>(p);
            tile.set(p, i, 0.5 + 3000 * (share(x + 1) - share(x)));
        }
    run_trace_stage<MatchedArrival>(*queue, tile, per_pixel());
    for (std::size_t p = 0; p < 8; ++p) EXPECT_NEAR(tile.arrival[p], 60 + 0.125 * static_cast<double>(p), 0.05);
}

TEST(MatchedArrival, missing_response_names_both_ways_out) {
    const auto queue = open_cpu_queue(1);
    HostTile tile(1, 1, 40);
    try {
        run_trace_stage<MatchedArrival>(*queue, tile);
        FAIL();
    } catch (const Error& e) {
        EXPECT_NE(std::string(e.what()).find("add the response"), std::string::npos);
        EXPECT_NE(std::string(e.what()).find("response gaussian"), std::string::npos);
    }
}

}  // namespace
}  // namespace firstlight
