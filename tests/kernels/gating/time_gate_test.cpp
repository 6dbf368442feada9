#include "kernels/gating/time_gate.hpp"

#include <cmath>
#include <functional>
#include <random>

#include "kernels/support/response.hpp"
#include "tests/support/stage_test.hpp"

namespace firstlight {
namespace {

class TimeGateTest : public StageTest {};
INSTANTIATE_TEST_SUITE_P(, TimeGateTest, all_backends(), backend_name);

using Background = TimeGate::Background;

// Edges in bins of 10 ps.
TimeGate::Params gate(double open_bins, double close_bins, Background background = Background::none) {
    TimeGate::Params params;
    params.open_ps = open_bins * 10;
    params.close_ps = close_bins * 10;
    params.background = background;
    return params;
}

double gaussian_share(double x, double fwhm) { return 0.5 * (1 + std::erf(x * 2 * std::sqrt(std::log(2.0)) / fwhm)); }

TEST_P(TimeGateTest, uniform_light_is_counted_by_exact_fractions) {
    for (const CountType type : {CountType::u1, CountType::u2, CountType::u4, CountType::f4})
        for (const auto& [rows, columns] :
             {std::pair{0, 3}, std::pair{1, 1}, std::pair{1, 31}, std::pair{257, 1}, std::pair{5, 7}}) {
            HostTile tile(rows, columns, 20, type);
            for (std::int64_t p = 0; p < tile.traces(); ++p) {
                tile.arrival[static_cast<std::size_t>(p)] = 8 + 0.125F * static_cast<float>(p % 8);
                for (std::int64_t i = 0; i < 20; ++i) tile.set(p, i, 4);
            }
            run_trace_stage<TimeGate>(queue(), tile, gate(-1.25, 0.5));
            for (std::size_t p = 0; p < static_cast<std::size_t>(tile.traces()); ++p) {
                // The variance depends on where the edges cut: sum of w^2.
                const double open = tile.arrival[p] - 1.25;
                double squares = 0;
                for (int i = 0; i < 20; ++i) {
                    const double w = std::max(0.0, std::min(i + 1.0, open + 1.75) - std::max<double>(i, open));
                    squares += w * w;
                }
                EXPECT_FLOAT_EQ(tile.layers[Layer::ballistic][p], 7);
                EXPECT_FLOAT_EQ(tile.layers[Layer::ballistic_sigma][p], static_cast<float>(std::sqrt(4 * squares)));
                EXPECT_FLOAT_EQ(tile.layers[Layer::counts][p], 80);
                EXPECT_FLOAT_EQ(tile.layers[Layer::background][p], 0);
                EXPECT_FLOAT_EQ(tile.effect[p], 7 - 80);
                EXPECT_TRUE(std::isnan(tile.layers[Layer::purity][p]));
                EXPECT_FLOAT_EQ(tile.layers[Layer::snr][p], static_cast<float>(7 / std::sqrt(4 * squares)));
            }
        }
}

TEST_P(TimeGateTest, soft_edges_keep_the_area_and_weigh_by_the_cosine) {
    HostTile tile(3, 5, 40);
    for (std::int64_t p = 0; p < 15; ++p) {
        tile.arrival[static_cast<std::size_t>(p)] = 18 + 0.1F * static_cast<float>(p);
        for (std::int64_t i = 0; i < 40; ++i) tile.set(p, i, 100);
    }
    TimeGate::Params params = gate(-3, 4.5);
    params.shape = TimeGate::Shape::soft;
    params.rise_ps = 35;
    run_trace_stage<TimeGate>(queue(), tile, params);
    for (std::size_t p = 0; p < 15; ++p) {
        double squares = 0;
        for (int i = 0; i < 40; ++i) {
            double w = 0;
            for (int k = 0; k < 1000; ++k) {
                const double t = i + (k + 0.5) / 1000 - static_cast<double>(tile.arrival[p]);
                const auto edge = [&](double x) {
                    return x < -1.75 ? 0 : x > 1.75 ? 1 : 0.5 + 0.5 * std::sin(M_PI * x / 3.5);
                };
                w += (edge(t + 3) - edge(t - 4.5)) / 1000;
            }
            squares += w * w;
        }
        EXPECT_NEAR(tile.layers[Layer::ballistic][p], 750, 1e-3);
        EXPECT_NEAR(tile.layers[Layer::ballistic_sigma][p], std::sqrt(100 * squares), 1e-3);
    }
}

TEST_P(TimeGateTest, true_bin_edges_weigh_uniform_light_rightly) {
    HostTile tile(2, 2, 32, CountType::f4);
    tile.use_edges = true;
    for (std::size_t i = 1; i < 32; ++i)
        tile.edges[i] += 0.4F * static_cast<float>(std::sin(2.0 * static_cast<double>(i)));
    for (std::int64_t p = 0; p < 4; ++p) {
        tile.arrival[static_cast<std::size_t>(p)] = 15.3F + 0.2F * static_cast<float>(p);
        for (std::size_t i = 0; i < 32; ++i)
            tile.set(p, static_cast<std::int64_t>(i), 10 * static_cast<double>(tile.edges[i + 1] - tile.edges[i]));
    }
    for (const double rise : {0.0, 30.0}) {
        TimeGate::Params params = gate(-4.1, 2.7);
        if (rise > 0) params.shape = TimeGate::Shape::soft;
        params.rise_ps = rise;
        run_trace_stage<TimeGate>(queue(), tile, params);
        for (std::size_t p = 0; p < 4; ++p) EXPECT_NEAR(tile.layers[Layer::ballistic][p], 68, 2e-4);
    }
}

TEST_P(TimeGateTest, live_gain_and_background_are_taken_out) {
    for (const Background background : {Background::dark, Background::before_light}) {
        HostTile tile(4, 3, 64, CountType::f4);
        tile.use_live = true;
        for (std::size_t p = 0; p < 12; ++p) {
            tile.gain[p] = 0.5F + 0.1F * static_cast<float>(p);
            tile.dark[p] = background == Background::dark ? 3 : 99;  // before_light must not look at it
            tile.dark_variance[p] = 0.25F;
            tile.arrival[p] = 40.25F;
            for (std::size_t i = 0; i < 64; ++i) {
                tile.live[p * 64 + i] = 1 - 0.01F * static_cast<float>(i);
                const double signal = i >= 35 ? 20 : 0;
                tile.set(static_cast<std::int64_t>(p), static_cast<std::int64_t>(i),
                         static_cast<double>(tile.live[p * 64 + i]) * (static_cast<double>(tile.gain[p]) * signal + 3));
            }
        }
        TimeGate::Params params = gate(-2, 10, background);
        if (background == Background::before_light) params.guard_ps = 100;
        run_trace_stage<TimeGate>(queue(), tile, params);
        for (std::size_t p = 0; p < 12; ++p) {
            const double gain = tile.gain[p];
            double in_gate = 0;
            for (std::size_t i = 38; i <= 50; ++i) {
                const double w = i == 38 ? 0.75 : i == 50 ? 0.25 : 1;
                in_gate += w * w * (gain * 20 + 3) / static_cast<double>(tile.live[p * 64 + i]);
            }
            double before = 0;
            for (std::size_t i = 0; i < 30; ++i) before += 3 / static_cast<double>(tile.live[p * 64 + i]) / 900;
            const double b_variance = background == Background::dark ? 0.25 : before;
            EXPECT_NEAR(tile.layers[Layer::ballistic][p], 240, 1e-2);
            EXPECT_NEAR(tile.layers[Layer::background][p], 36 / gain, 1e-3);
            EXPECT_NEAR(tile.layers[Layer::ballistic_sigma][p], std::sqrt(in_gate + 144 * b_variance) / gain, 1e-3);
        }
    }
}

TEST_P(TimeGateTest, unbiased_with_the_variance_it_states) {
    constexpr std::int64_t draws = 4000;
    HostTile tile(40, 100, 96);
    std::mt19937 random(11);
    std::poisson_distribution<int> ambient(0.8);
    double truth = 0;
    for (int i = 0; i < 96; ++i) {
        const double light = 60 * (gaussian_share(i + 1 - 60.4, 6) - gaussian_share(i - 60.4, 6));
        std::poisson_distribution<int> signal(light);
        const double w = std::max(0.0, std::min(i + 1.0, 64.4) - std::max<double>(i, 55.9));
        truth += w * light;
        for (std::int64_t p = 0; p < draws; ++p) tile.set(p, i, ambient(random) + signal(random));
    }
    std::fill(tile.arrival.begin(), tile.arrival.end(), 60.4F);
    TimeGate::Params params = gate(-4.5, 4, Background::before_light);
    params.guard_ps = 300;
    run_trace_stage<TimeGate>(queue(), tile, params);
    double mean = 0, square = 0, stated = 0;
    for (std::size_t p = 0; p < draws; ++p) {
        mean += tile.layers[Layer::ballistic][p] / static_cast<double>(draws);
        stated += std::pow(tile.layers[Layer::ballistic_sigma][p], 2) / static_cast<double>(draws);
    }
    for (std::size_t p = 0; p < draws; ++p)
        square += std::pow(tile.layers[Layer::ballistic][p] - mean, 2) / (draws - 1);
    EXPECT_NEAR(mean, truth, 2 * std::sqrt(stated / draws));
    EXPECT_NEAR(square / stated, 1, 0.1);
}

TEST_P(TimeGateTest, linear_and_shift_invariant) {
    const auto ballistic = [&](double scale, std::int64_t later, double arrival) {
        HostTile tile(1, 1, 80, CountType::f4);
        for (std::int64_t i = 0; i < 80; ++i) {
            const auto k = static_cast<double>(i - later);
            tile.set(0, i, scale * (2 + 50 * (gaussian_share(k + 1 - 30, 5) - gaussian_share(k - 30, 5))));
        }
        tile.arrival[0] = static_cast<float>(arrival);
        tile.scan.irf = gaussian_response(50e-12);
        run_trace_stage<TimeGate>(queue(), tile, gate(-5.5, 3.25, Background::before_light));
        return std::pair{tile.layers[Layer::ballistic][0], tile.layers[Layer::purity][0]};
    };
    const auto [counts, purity] = ballistic(1, 0, 30);
    EXPECT_NEAR(ballistic(3, 0, 30).first, 3 * counts, 1e-3);
    EXPECT_NEAR(ballistic(1, 17, 47).first, counts, 1e-4);
    EXPECT_NEAR(ballistic(1, 17, 47).second, purity, 1e-4);
}

TEST_P(TimeGateTest, purity_of_mixtures) {
    for (const auto onset : {TimeGate::ScatterOnset::step, TimeGate::ScatterOnset::ramp})
        for (const double scattered : {0.0, 0.2, 1.0, 4.0}) {
            HostTile tile(2, 4, 128, CountType::f4);
            tile.scan.irf = gaussian_response(60e-12);
            std::vector<double> truth;
            for (std::size_t p = 0; p < 8; ++p) {
                const double arrival = 50 + static_cast<double>(p) / 8;
                tile.arrival[p] = static_cast<float>(arrival);
                // Scattered light bin by bin: the step or ramp, in fine slices, each spread by the response.
                double direct_in = 0, scattered_in = 0;
                for (int i = 0; i < 128; ++i) {
                    const double x = i - arrival;
                    const double direct = 5000 * (gaussian_share(x + 1, 6) - gaussian_share(x, 6));
                    double later = 0;
                    for (double q = 0.05; q < x + 15; q += 0.1)
                        later += 0.1 * (onset == TimeGate::ScatterOnset::step ? 1 : q / 6) * 1000 * scattered *
                                 (gaussian_share(x + 1 - q, 6) - gaussian_share(x - q, 6));
                    tile.set(static_cast<std::int64_t>(p), i, direct + later);
                    const double w = std::max(0.0, std::min(x + 1, 3.0) - std::max(x, -6.0));
                    direct_in += w * direct;
                    scattered_in += w * later;
                }
                truth.push_back(direct_in / (direct_in + scattered_in));
            }
            TimeGate::Params params;
            params.background = Background::none;
            params.scatter_onset = onset;
            run_trace_stage<TimeGate>(queue(), tile, params);
            for (std::size_t p = 0; p < 8; ++p) EXPECT_NEAR(tile.layers[Layer::purity][p], truth[p], 0.01) << scattered;
            EXPECT_NEAR(tile.found.at("open_ps"), -60, 0.2);
            EXPECT_NEAR(tile.found.at("close_ps"), 30, 0.1);
            // Bins that an edge cuts count by the part inside, for arrivals anywhere in their bin.
            double share = 0;
            for (int phase = 0; phase < 8; ++phase)
                for (int i = -9; i < 6; ++i) {
                    const double x = i - phase / 8.0;
                    const double w = std::max(0.0, std::min(x + 1, 3.0) - std::max(x, -6.0));
                    share += w * (gaussian_share(x + 1, 6) - gaussian_share(x, 6)) / 8;
                }
            EXPECT_NEAR(tile.shared.at("gate_share"), share, 1e-3);
        }
}

// The shares are those of equal bins; the gate and the late window are summed over the true ones.
TEST_P(TimeGateTest, purity_holds_where_bins_are_uneven) {
    constexpr int bins = 128;
    for (const double scattered : {0.0, 0.2, 1.0}) {
        HostTile tile(2, 8, bins, CountType::f4);
        tile.scan.irf = gaussian_response(60e-12);
        tile.use_edges = true;
        for (std::size_t i = 1; i < bins; ++i)
            tile.edges[i] += 0.2F * static_cast<float>(std::sin(2.0 * static_cast<double>(i)));
        std::vector<double> truth;
        for (std::size_t p = 0; p < 16; ++p) {
            const double arrival = 50 + static_cast<double>(p) / 16;
            tile.arrival[p] = static_cast<float>(arrival);
            double direct_in = 0, scattered_in = 0;
            for (std::size_t i = 0; i < bins; ++i) {
                const double from = static_cast<double>(tile.edges[i]) - arrival;
                const double to = static_cast<double>(tile.edges[i + 1]) - arrival;
                const double direct = 5000 * (gaussian_share(to, 6) - gaussian_share(from, 6));
                double later = 0;
                for (double q = 0.05; q < to + 15; q += 0.1)
                    later += 0.1 * 1000 * scattered * (gaussian_share(to - q, 6) - gaussian_share(from - q, 6));
                tile.set(static_cast<std::int64_t>(p), static_cast<std::int64_t>(i), direct + later);
                const double w = std::max(0.0, std::min(to, 3.0) - std::max(from, -6.0)) / (to - from);
                direct_in += w * direct;
                scattered_in += w * later;
            }
            truth.push_back(direct_in / (direct_in + scattered_in));
        }
        TimeGate::Params params;
        params.background = Background::none;
        run_trace_stage<TimeGate>(queue(), tile, params);
        for (std::size_t p = 0; p < 16; ++p) EXPECT_NEAR(tile.layers[Layer::purity][p], truth[p], 0.015) << scattered;
    }
}

TEST_P(TimeGateTest, per_pixel_responses_serve_purity) {
    HostTile tile(1, 2, 64, CountType::f4);
    for (const double fwhm : {4.0, 8.0})
        for (int k = -20; k < 20; ++k)
            tile.scan.irf.values.push_back(gaussian_share(k + 1, fwhm) - gaussian_share(k, fwhm));
    for (int k = -20; k < 20; ++k) tile.scan.irf.time_s.push_back((k + 0.5) * 10e-12);
    tile.scan.irf.per_pixel = true;
    for (std::int64_t p = 0; p < 2; ++p)
        for (int i = 0; i < 64; ++i) {
            const double fwhm = p == 0 ? 4 : 8;
            tile.set(p, i, 900 * (gaussian_share(i + 1 - 32, fwhm) - gaussian_share(i - 32, fwhm)));
        }
    std::fill(tile.arrival.begin(), tile.arrival.end(), 32.0F);
    TimeGate::Params params = gate(-6, 2);
    params.late_ps = 50;
    run_trace_stage<TimeGate>(queue(), tile, params);
    EXPECT_NEAR(tile.layers[Layer::purity][0], 1, 0.01);
    EXPECT_NEAR(tile.layers[Layer::purity][1], 1, 0.01);
}

TEST_P(TimeGateTest, pixels_without_an_answer_say_so) {
    HostTile tile(1, 4, 40);
    for (std::int64_t p = 0; p < 4; ++p)
        for (std::int64_t i = 0; i < 40; ++i) tile.set(p, i, p == 2 ? 0 : 9);
    tile.arrival = {20, 39, 20, 20};
    tile.flags = {0, 0, 0, hot};
    run_trace_stage<TimeGate>(queue(), tile, gate(-2, 2));
    EXPECT_FLOAT_EQ(tile.layers[Layer::ballistic][0], 36);
    EXPECT_TRUE(std::isnan(tile.layers[Layer::ballistic][1]));  // its gate leaves the data
    EXPECT_FLOAT_EQ(tile.layers[Layer::ballistic][2], 0);
    EXPECT_TRUE(std::isnan(tile.layers[Layer::ballistic][3]));
    EXPECT_TRUE(std::isnan(tile.layers[Layer::snr][3]));
    EXPECT_EQ(tile.flags, (std::vector<std::uint8_t>{0, low_counts, low_counts, hot}));
    EXPECT_FLOAT_EQ(tile.layers[Layer::counts][1], 360);
    EXPECT_FLOAT_EQ(tile.layers[Layer::counts][3], 360);
}

TEST_P(TimeGateTest, backends_agree_on_noise) {
    for (const CountType type : {CountType::u1, CountType::u2, CountType::u4, CountType::f4})
        for (const std::int64_t n : {1, 31, 257}) {
            HostTile tile(n, 1, 75, type);
            std::mt19937 random(static_cast<unsigned>(n));
            std::poisson_distribution<int> counts(5);
            std::uniform_real_distribution<float> share(0.3F, 1.0F);
            tile.use_live = tile.use_edges = true;
            for (float& v : tile.live) v = share(random);
            for (std::size_t i = 1; i < 75; ++i) tile.edges[i] += 0.5F * share(random) - 0.4F;
            for (std::size_t p = 0; p < static_cast<std::size_t>(n); ++p) {
                tile.gain[p] = share(random);
                tile.arrival[p] = 45 + share(random);
                for (std::int64_t i = 0; i < 75; ++i) tile.set(static_cast<std::int64_t>(p), i, counts(random));
            }
            tile.scan.irf = gaussian_response(50e-12);
            TimeGate::Params params = gate(-8, 6, Background::before_light);
            params.shape = TimeGate::Shape::soft;
            params.rise_ps = 25;
            HostTile plain = tile;
            std::string why_not;
            run_trace_stage<TimeGate>(*test_queue("cpu", why_not), plain, params);
            run_trace_stage<TimeGate>(queue(), tile, params);
            for (const Layer layer : TimeGate::layers(params))
                for (std::size_t p = 0; p < static_cast<std::size_t>(n); ++p) {
                    const double a = plain.layers[layer][p], b = tile.layers[layer][p];
                    EXPECT_TRUE((std::isnan(a) && std::isnan(b)) ||
                                std::abs(a - b) <= 1e-5 * std::max(1.0, std::abs(a)))
                        << a << " " << b;
                }
            EXPECT_EQ(plain.flags, tile.flags);
        }
}

TEST(TimeGate, optimal_edges_match_the_closed_form) {
    // A weak Gaussian on a strong even background: erf(x) / sqrt(x) is largest at a half width of 0.594 FWHM.
    const auto queue = open_cpu_queue(1);
    HostTile tile(4, 4, 200, CountType::f4);
    tile.scan.irf = gaussian_response(160e-12);
    for (std::int64_t p = 0; p < 16; ++p)
        for (int i = 0; i < 200; ++i)
            tile.set(p, i, 1000 + 20 * (gaussian_share(i + 1 - 100, 16) - gaussian_share(i - 100, 16)));
    std::fill(tile.arrival.begin(), tile.arrival.end(), 100.0F);
    TimeGate::Params params;
    params.edges = TimeGate::Edges::optimal;
    run_trace_stage<TimeGate>(*queue, tile, params);
    EXPECT_NEAR(tile.found.at("open_ps"), -95, 11);
    EXPECT_NEAR(tile.found.at("close_ps"), 95, 11);
    tile.scan.irf = {};
    EXPECT_THROW(run_trace_stage<TimeGate>(*queue, tile, params), Error);
}

TEST(TimeGate, says_what_is_wrong) {
    const auto queue = open_cpu_queue(1);
    const auto message = [&](const TimeGate::Params& params, double arrival = 20) -> std::string {
        HostTile tile(1, 1, 40);
        tile.shared["arrival_bins"] = arrival;
        std::fill(tile.arrival.begin(), tile.arrival.end(), static_cast<float>(arrival));
        try {
            run_trace_stage<TimeGate>(*queue, tile, params);
        } catch (const Error& e) {
            return e.what();
        }
        return "";
    };
    EXPECT_NE(message({}).find("--time_gate.open_ps"), std::string::npos) << message({});
    EXPECT_NE(message(gate(2, 2)).find("is empty"), std::string::npos);
    EXPECT_NE(message(gate(-2, 30)).find("leaves the data"), std::string::npos);
    EXPECT_NE(message(gate(-2, 2, Background::before_light)).find("guard_ps"), std::string::npos);
    EXPECT_EQ(message(gate(-2, 2, Background::automatic)), "");  // falls back to dark counts, with a warning
}

}  // namespace
}  // namespace firstlight
