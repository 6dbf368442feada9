#include "kernels/gating/adaptive_gate.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include "tests/support/stage_test.hpp"

namespace firstlight {
namespace {

class AdaptiveGateTest : public StageTest {};
INSTANTIATE_TEST_SUITE_P(, AdaptiveGateTest, all_backends(), backend_name);

constexpr double fwhm_bins = 4;  // of bins of 10 ps: a window is 8 bins

AdaptiveGate::Params params_of(AdaptiveGate::Background background, std::int64_t superpixel, double tau = 0.01) {
    AdaptiveGate::Params params;
    params.response = AdaptiveGate::ResponseSource::gaussian;
    params.gaussian_fwhm_ps = 10 * fwhm_bins;
    params.background = background;
    params.superpixel_px = superpixel;
    params.false_acceptance = tau;
    return params;
}
constexpr auto flat = AdaptiveGate::Background::flat;
constexpr auto pooled = AdaptiveGate::Background::pooled;

double light(double begin, double width = 1) {  // share in [begin, begin + width) bins after the arrival
    const double scale = 2 * std::sqrt(std::log(2.0)) / fwhm_bins;
    return 0.5 * (std::erf((begin + width) * scale) - std::erf(begin * scale));
}

// Backscatter of fog: sets in at bin 30, largest at once, gone after some tens of bins; and dark counts.
std::vector<double> fog(std::int64_t bins) {
    std::vector<double> rate;
    for (std::int64_t i = 0; i < bins; ++i) {
        const double x = (static_cast<double>(i) - 30) / 25;
        rate.push_back(0.05 + (x > 0 ? std::sqrt(x) * std::exp(-x) : 0));
    }
    return rate;
}

// About `counts` in each trace, over time as `rate` says.
void scatter(HostTile& tile, const std::vector<double>& rate, double counts, std::mt19937& random) {
    std::vector<double> before;
    double all = 0;
    for (const double r : rate) before.push_back(all += r);
    std::vector<int> trace(rate.size());
    for (std::int64_t p = 0; p < tile.traces(); ++p) {
        std::fill(trace.begin(), trace.end(), 0);
        for (int n = std::poisson_distribution<int>(counts)(random); n > 0; --n) {
            const double at = std::uniform_real_distribution<double>(0, all)(random);
            ++trace[static_cast<std::size_t>(std::lower_bound(before.begin(), before.end() - 1, at) - before.begin())];
        }
        for (std::size_t i = 0; i < trace.size(); ++i) tile.set(p, static_cast<std::int64_t>(i), trace[i]);
    }
}

double accepted_share(const HostTile& tile) {
    double accepted = 0;
    for (const std::uint8_t f : tile.flags) accepted += (f & low_counts) == 0 ? 1 : 0;
    return accepted / static_cast<double>(tile.traces());
}

TEST(AdaptiveGate, background_alone_is_accepted_at_the_set_rate) {
    const auto queue = open_cpu_queue(1);
    for (const bool foggy : {false, true})
        for (const double counts : {8.0, 30.0, 150.0}) {
            std::mt19937 random(static_cast<unsigned>(counts));
            HostTile tile(100, 250, 200);  // 25,000 traces: 1 % of them is known to 6 %
            scatter(tile, foggy ? fog(200) : std::vector<double>(200, 1.0), counts, random);
            for (const double tau : {0.01, 0.1}) {
                std::fill(tile.flags.begin(), tile.flags.end(), std::uint8_t{0});
                run_trace_stage<AdaptiveGate>(*queue, tile, params_of(foggy ? pooled : flat, 1, tau));
                EXPECT_NEAR(accepted_share(tile) / tau, 1, 0.2) << counts << " counts, fog " << foggy << ", " << tau;
            }
        }
}

TEST(AdaptiveGate, superpixels_keep_the_rate) {
    const auto queue = open_cpu_queue(1);
    std::mt19937 random(3);
    HostTile tile(110, 110, 128);
    scatter(tile, std::vector<double>(128, 1.0), 10, random);
    run_trace_stage<AdaptiveGate>(*queue, tile, params_of(flat, 5, 0.05));
    EXPECT_LE(accepted_share(tile), 1.2 * 0.05);
    EXPECT_GE(accepted_share(tile), 0.8 * 0.05);
}

// The tabulated limits against the one case that can be counted by hand: two counts, windows of W in N bins. They share
// a window when less than W apart.
TEST(AdaptiveGate, two_counts_pass_at_the_exact_rate) {
    constexpr double bins = 60, width = 6;
    double together = 1 / bins;
    for (double apart = 1; apart < width; ++apart) together += 2 * (bins - apart) / (bins * bins);
    for (const double tau : {0.001, 0.01, 0.1}) {
        const std::vector<float> alpha = alpha_levels(std::vector<double>(60, 1.0), 6, tau);
        const double p = width / bins;
        const double u = std::exp(static_cast<double>(alpha[2])) / (p * p);  // passes when its u is below this
        EXPECT_NEAR(together * u / tau, 1, 0.1) << tau;
    }
}

// The search dismisses most windows in blocks: it must find what looking at each in turn does.
// A chance too small for a double is 0 at once, however many counts there are: adding up 10^14 zeros would take days.
TEST(AdaptiveGate, bright_light_is_judged_at_once) {
    const double n = 1e14, q = 0.9e14, p = 0.01;
    EXPECT_EQ(chance_of(q, n, p, likelihood_ratio(q, n * p, n), 0.5, 0.01), 0);
}

TEST(AdaptiveGate, finds_the_window_that_looking_at_all_finds) {
    std::mt19937 random(11);
    for (const std::int64_t bins : {1, 16, 61, 200})
        for (const std::int64_t width : {1, 2, 7, 16, 60})
            for (int trial = 0; trial < 40; ++trial) {
                std::vector<double> background{0};
                for (const double r : fog(bins)) background.push_back(background.back() + r);
                const WindowTest test{background.data(), nullptr, bins, width, 0, static_cast<double>(bins)};
                std::vector<float> y, live;
                for (std::int64_t i = 0; i < bins; ++i) {
                    y.push_back(static_cast<float>(std::poisson_distribution<int>(trial % 3 == 0 ? 0.03 : 2)(random)));
                    live.push_back(std::uniform_real_distribution<float>(0.5F, 1)(random));
                }
                TraceNoise noise{1.25, 0.01, 0.3 * (trial % 7 - 3), trial % 2 == 0 ? live.data() : nullptr, nullptr};
                std::vector<double> before;
                fill_shape(test, noise, before);
                for (std::int64_t i = 0; i <= bins; ++i)
                    EXPECT_DOUBLE_EQ(before[static_cast<std::size_t>(i)], shape_before(test, noise, i));
                const std::int64_t first = trial % 5 < bins ? trial % 5 : 0;
                double n = 0;
                for (std::int64_t i = first; i < bins; ++i) n += static_cast<double>(y[static_cast<std::size_t>(i)]);
                const double shape = shape_of_range(noise, before, first, bins);
                FoundWindow expected;
                for (std::int64_t j = first; j + width <= bins; ++j) {
                    double q = 0;
                    for (std::int64_t k = j; k < j + width; ++k)
                        q += static_cast<double>(y[static_cast<std::size_t>(k)]);
                    const double in_window =
                        (before[static_cast<std::size_t>(j + width)] - before[static_cast<std::size_t>(j)]) *
                        live_at(noise, j + width / 2);
                    look_at_window(j, q, in_window, n / shape, n, expected);
                }
                const FoundWindow found = most_significant_window(test, noise, y.data(), before, first, bins, n, shape);
                EXPECT_EQ(found.start, expected.start) << bins << " bins, windows of " << width;
                EXPECT_EQ(found.ratio, expected.ratio);
                EXPECT_EQ(found.counts, expected.counts);
            }
}

TEST_P(AdaptiveGateTest, finds_noiseless_light_and_its_counts) {
    HostTile tile(5, 7, 120, CountType::f4);
    tile.use_live = tile.use_edges = true;
    const auto at = [](std::int64_t p) { return 40 + 0.91 * static_cast<double>(p); };
    for (std::int64_t p = 0; p < 35; ++p) {
        const auto i = static_cast<std::size_t>(p);
        tile.shift[i] = static_cast<float>(0.4 * static_cast<double>(p % 5));
        tile.gain[i] = p % 2 == 0 ? 1.25F : 0.75F;
        for (std::int64_t b = 0; b < 120; ++b) {
            const float live = 1 - 0.002F * static_cast<float>(b);
            tile.live[static_cast<std::size_t>(p * 120 + b)] = live;
            const double signal = 500 * light(static_cast<double>(b) - at(p)) + 0.5;
            tile.set(p, b, static_cast<double>(live) * static_cast<double>(tile.gain[i]) * signal);
        }
    }
    run_trace_stage<AdaptiveGate>(queue(), tile, params_of(flat, 3));
    for (std::int64_t p = 0; p < 35; ++p) {
        const auto i = static_cast<std::size_t>(p);
        EXPECT_NEAR(tile.arrival[i], at(p), 0.01);
        EXPECT_NEAR(tile.layers[Layer::arrival][i], tile.scan.time_of(at(p) - static_cast<double>(tile.shift[i])),
                    0.1e-12);
        EXPECT_NEAR(tile.arrival_sigma[i], 1.7 / std::sqrt(500 * static_cast<double>(tile.gain[i])), 0.02);
        EXPECT_NEAR(tile.layers[Layer::ballistic][i], 500 * light(-4, 8), 5);
        // 2 % of the light lies outside of the window, where it counts as background.
        EXPECT_NEAR(tile.layers[Layer::background][i], 4 + 500 * (1 - light(-4, 8)) * 8 / 112, 0.3);
        EXPECT_NEAR(tile.layers[Layer::snr][i],
                    tile.layers[Layer::ballistic][i] / tile.layers[Layer::ballistic_sigma][i], 1e-3);
        EXPECT_EQ(tile.flags[i], 0);
    }
}

// Fog is brighter than the light behind it: what is most significant is not what is densest.
TEST_P(AdaptiveGateTest, fog_is_not_taken_for_a_surface) {
    std::mt19937 random(4);
    HostTile tile(12, 12, 200);
    const std::vector<double> rate = fog(200);
    for (std::int64_t p = 0; p < 144; ++p)
        for (std::int64_t i = 0; i < 200; ++i) {
            const double surface = p % 2 == 0 ? 25 * light(static_cast<double>(i) - 150.3) : 0;
            tile.set(p, i, std::poisson_distribution<int>(10 * rate[static_cast<std::size_t>(i)] + surface)(random));
        }
    const auto right = [&] {
        int found = 0;
        for (std::size_t p = 0; p < 144; p += 2) found += std::abs(tile.arrival[p] - 150.3F) < 1.5F ? 1 : 0;
        return found;
    };
    const auto wrong = [&] {
        int found = 0;
        for (std::size_t p = 1; p < 144; p += 2) found += (tile.flags[p] & low_counts) == 0 ? 1 : 0;
        return found;
    };
    run_trace_stage<AdaptiveGate>(queue(), tile, params_of(flat, 1));
    EXPECT_LE(right(), 10) << "or fog would be no difficulty here";
    EXPECT_GE(wrong(), 60);
    std::fill(tile.flags.begin(), tile.flags.end(), std::uint8_t{0});
    run_trace_stage<AdaptiveGate>(queue(), tile, params_of(pooled, 1));
    EXPECT_GE(right(), 70);
    EXPECT_LE(wrong(), 4);
}

// A wall at one distance fills every trace: it must not be learnt as background.
TEST(AdaptiveGate, a_wall_behind_fog_is_not_background) {
    const auto queue = open_cpu_queue(1);
    std::mt19937 random(5);
    HostTile tile(16, 16, 200);
    const std::vector<double> rate = fog(200);
    for (std::int64_t p = 0; p < 256; ++p)
        for (std::int64_t i = 0; i < 200; ++i)
            tile.set(p, i,
                     std::poisson_distribution<int>(rate[static_cast<std::size_t>(i)] +
                                                    6 * light(static_cast<double>(i) - 140))(random));
    run_trace_stage<AdaptiveGate>(*queue, tile, params_of(pooled, 3));
    int right = 0;
    for (const float a : tile.arrival) right += std::abs(a - 140) < 2 ? 1 : 0;
    EXPECT_GE(right, 243);
}

TEST_P(AdaptiveGateTest, superpixels_find_two_photons_a_pixel) {
    std::mt19937 random(6);
    HostTile tile(20, 20, 200);
    for (std::int64_t p = 0; p < 400; ++p)
        for (std::int64_t i = 0; i < 200; ++i)
            tile.set(p, i, std::poisson_distribution<int>(0.02 + 2 * light(static_cast<double>(i) - 90))(random));
    const auto right = [&] {
        int found = 0;
        for (const float a : tile.arrival) found += std::abs(a - 90) < 1.5F ? 1 : 0;
        return found;
    };
    run_trace_stage<AdaptiveGate>(queue(), tile, params_of(flat, 1));
    EXPECT_LE(right(), 200) << "single pixels are enough, or this test shows nothing";
    std::fill(tile.flags.begin(), tile.flags.end(), std::uint8_t{0});
    run_trace_stage<AdaptiveGate>(queue(), tile, params_of(flat, 5));
    EXPECT_GE(right(), 384);
    double counts = 0;
    for (const float b : tile.layers[Layer::ballistic]) counts += static_cast<double>(b) / 400;
    EXPECT_NEAR(counts, 2 * light(-4, 8), 0.3);  // each pixel's own, not the superpixel's
}

// Seven of ten photons come half a response's width late on average: the arrival is still that of the others.
TEST(AdaptiveGate, light_scattered_forwards_does_not_move_the_arrival) {
    const auto queue = open_cpu_queue(1);
    std::mt19937 random(8);
    HostTile tile(12, 12, 160);
    std::normal_distribution<double> spread(0, fwhm_bins / 2.3548);
    std::exponential_distribution<double> late(2 / fwhm_bins);
    for (std::int64_t p = 0; p < 144; ++p) {
        std::vector<int> y(160);
        for (int k = 0; k < 150; ++k) {
            const double delay = k % 10 < 7 ? late(random) : 0;
            const double at = 60 + 0.2 * static_cast<double>(p) + spread(random) + delay;
            ++y[static_cast<std::size_t>(std::clamp(at, 0.0, 159.0))];
        }
        for (std::int64_t i = 0; i < 160; ++i)
            tile.set(p, i, y[static_cast<std::size_t>(i)] + std::poisson_distribution<int>(0.2)(random));
    }
    const auto mean_error = [&](AdaptiveGate::Params params) {
        run_trace_stage<AdaptiveGate>(*queue, tile, params);
        double sum = 0;
        for (std::size_t p = 0; p < 144; ++p)
            sum += (static_cast<double>(tile.arrival[p]) - 60 - 0.2 * static_cast<double>(p)) / 144;
        return sum;
    };
    AdaptiveGate::Params params = params_of(pooled, 1);
    EXPECT_LT(std::abs(mean_error(params)), 0.25);
    EXPECT_NEAR(tile.found.at("forward_scattered_share"), 0.7, 0.2);
    EXPECT_NEAR(tile.found.at("forward_scattered_ps"), 20, 8);
    for (int i = -12; i <= 12; ++i) tile.scan.irf.values.push_back(light(i - 0.5));  // no irf_t: peak at the arrival
    params.response = AdaptiveGate::ResponseSource::measured;
    EXPECT_LT(std::abs(mean_error(params)), 0.25);
    params.forward_scattered = AdaptiveGate::ForwardScattered::ignored;
    EXPECT_GT(mean_error(params), 0.8) << "or there is nothing to correct here";
    EXPECT_EQ(tile.found.at("forward_scattered_share"), 0);
}

TEST_P(AdaptiveGateTest, light_that_comes_later_is_found_later) {
    for (const int later : {3, 17}) {
        std::mt19937 random(7);
        HostTile early(6, 6, 160), late(6, 6, 160), skewed(6, 6, 160);
        for (std::int64_t p = 0; p < 36; ++p)
            for (std::int64_t i = 0; i < 100; ++i) {
                const int y =
                    std::poisson_distribution<int>(0.1 + 20 * light(static_cast<double>(i + p % 7) - 50))(random);
                early.set(p, i, y);
                late.set(p, i + later, y);
                skewed.set(p, i + later, y);
            }
        std::fill(skewed.shift.begin(), skewed.shift.end(), static_cast<float>(later));
        for (HostTile* tile : {&early, &late, &skewed})
            run_trace_stage<AdaptiveGate>(queue(), *tile, params_of(flat, 1));
        for (std::size_t p = 0; p < 36; ++p) {
            ASSERT_EQ(early.flags[p], 0);
            EXPECT_NEAR(late.arrival[p], early.arrival[p] + static_cast<float>(later), 1e-4);
            EXPECT_NEAR(late.layers[Layer::ballistic][p], early.layers[Layer::ballistic][p], 1e-4);
            EXPECT_NEAR(skewed.layers[Layer::arrival][p], early.layers[Layer::arrival][p], 3e-12);  // ranges differ
        }
    }
}

TEST_P(AdaptiveGateTest, agrees_with_the_cpu) {
    for (const auto& [rows, columns] :
         {std::pair{0, 0}, std::pair{1, 1}, std::pair{1, 31}, std::pair{257, 1}, std::pair{9, 7}})
        for (const CountType type : {CountType::u1, CountType::u2, CountType::u4, CountType::f4})
            for (const bool model : {false, true}) {
                if (rows * columns == 0 && model) continue;
                std::mt19937 random(static_cast<unsigned>(rows + columns));
                HostTile tile(rows, columns, 90, type);
                tile.use_live = tile.use_edges = model;
                std::uniform_real_distribution<float> share(0.6F, 1.0F);
                for (float& v : tile.live) v = share(random);
                for (std::size_t i = 1; i < 90; ++i) tile.edges[i] += 0.4F * (share(random) - 0.8F);
                for (std::int64_t p = 0; p < tile.traces(); ++p) {
                    const auto i = static_cast<std::size_t>(p);
                    tile.gain[i] = share(random);
                    tile.dark[i] = 0.1F * share(random);
                    tile.shift[i] = 3 * share(random) - 2;
                    if (p % 11 == 5) tile.flags[i] = hot;
                    for (std::int64_t b = 0; b < 90; ++b) {
                        const double mean = 0.1 + (p % 3 == 0 ? 12 : 1.5) * light(static_cast<double>(b - 20 - p % 40));
                        const int y = std::poisson_distribution<int>(mean)(random);
                        tile.set(p, b, type == CountType::f4 ? 0.73 * y : y);
                    }
                }
                AdaptiveGate::Params params = params_of(rows * columns == 0 ? flat : pooled, 5);
                if (type != CountType::u2) params.forward_scattered = AdaptiveGate::ForwardScattered::ignored;
                HostTile plain = tile;
                std::string why_not;
                run_trace_stage<AdaptiveGate>(*test_queue("cpu", why_not), plain, params);
                run_trace_stage<AdaptiveGate>(queue(), tile, params);
                EXPECT_EQ(plain.flags, tile.flags);
                for (const Layer layer : AdaptiveGate::layers(params))
                    for (std::size_t p = 0; p < plain.layers[layer].size(); ++p) {
                        const double a = static_cast<double>(plain.layers[layer][p]);
                        const double b = static_cast<double>(tile.layers[layer][p]);
                        EXPECT_TRUE((std::isnan(a) && std::isnan(b)) || std::abs(a - b) <= 1e-5 * std::abs(a))
                            << layer_count << " " << a << " " << b;
                    }
                EXPECT_EQ(std::count_if(tile.effect.begin(), tile.effect.end(), [](float e) { return std::isnan(e); }),
                          0);
            }
}

TEST_P(AdaptiveGateTest, empty_and_masked_pixels_have_no_arrival) {
    HostTile tile(2, 2, 100);
    for (std::int64_t i = 0; i < 100; ++i) tile.set(1, i, std::round(100 * light(static_cast<double>(i) - 50)));
    tile.set(2, 40, 1);
    tile.flags[1] = hot;
    run_trace_stage<AdaptiveGate>(queue(), tile, params_of(flat, 3));
    EXPECT_EQ(tile.flags, (std::vector<std::uint8_t>{low_counts, hot, low_counts, low_counts}));
    for (std::size_t p = 0; p < 4; ++p) {
        EXPECT_TRUE(std::isnan(tile.layers[Layer::arrival][p]));
        EXPECT_TRUE(std::isnan(tile.layers[Layer::ballistic][p]));
        EXPECT_EQ(tile.effect[p], -tile.layers[Layer::counts][p]);
    }
}

TEST(AdaptiveGate, says_what_is_wrong) {
    const auto queue = open_cpu_queue(1);
    const auto message = [&](const AdaptiveGate::Params& params, bool masked = false) -> std::string {
        HostTile tile(2, 2, 60);
        if (masked) std::fill(tile.flags.begin(), tile.flags.end(), std::uint8_t{dead});
        try {
            run_trace_stage<AdaptiveGate>(*queue, tile, params);
        } catch (const Error& e) {
            return e.what();
        }
        return "";
    };
    EXPECT_EQ(message(params_of(flat, 1)), "");
    EXPECT_NE(message({}).find("there is no /entry/calibration/irf"), std::string::npos) << message({});
    EXPECT_NE(message({}).find("--adaptive_gate.response gaussian"), std::string::npos);
    EXPECT_NE(message(params_of(flat, 4)).find("superpixel_px 4 is even"), std::string::npos);
    EXPECT_NE(message(params_of(pooled, 1), true).find("every pixel of the survey sample is masked"),
              std::string::npos);
    AdaptiveGate::Params params = params_of(flat, 1);
    params.search_from_ps = 450;
    EXPECT_NE(message(params).find("less than three windows"), std::string::npos) << message(params);
    params = params_of(flat, 1);
    params.gaussian_fwhm_ps = 300;
    params.window_ps = 50;
    EXPECT_NE(message(params).find("the response spans"), std::string::npos) << message(params);
}

}  // namespace
}  // namespace firstlight
