// What adaptive_gate finds behind the strongest surface.
#include "kernels/gating/last_surface.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include "kernels/support/layers.hpp"
#include "tests/support/stage_test.hpp"

namespace firstlight {
namespace {

class LastSurfaceTest : public StageTest {};
INSTANTIATE_TEST_SUITE_P(, LastSurfaceTest, all_backends(), backend_name);

constexpr double fwhm_bins = 4;  // of bins of 10 ps: a window is 8 bins

AdaptiveGate::Params params_of(AdaptiveGate::Background background, double tau = 0.01) {
    AdaptiveGate::Params params;
    params.response = AdaptiveGate::ResponseSource::gaussian;
    params.gaussian_fwhm_ps = 10 * fwhm_bins;
    params.background = background;
    params.superpixel_px = 1;
    params.false_acceptance = tau;
    params.surfaces = AdaptiveGate::Surfaces::strongest_and_last;
    return params;
}
constexpr auto flat = AdaptiveGate::Background::flat;
constexpr auto pooled = AdaptiveGate::Background::pooled;

double light(double begin, double width = 1) {  // share in [begin, begin + width) bins after the arrival
    const double scale = 2 * std::sqrt(std::log(2.0)) / fwhm_bins;
    return 0.5 * (std::erf((begin + width) * scale) - std::erf(begin * scale));
}

struct Seen {
    double at = 0, counts = 0;
};

// Expected counts of a bin.
double expected(std::int64_t bin, const std::vector<Seen>& surfaces, double background) {
    double sum = background;
    for (const Seen& s : surfaces) sum += s.counts * light(static_cast<double>(bin) - s.at);
    return sum;
}

bool has_one_behind(const HostTile& tile, std::size_t p) {
    return tile.layers.at(Layer::arrival_last)[p] != tile.layers.at(Layer::arrival)[p];
}
double last_bin(const HostTile& tile, std::size_t p) {
    return tile.scan.bin_of(static_cast<double>(tile.layers.at(Layer::arrival_last)[p]));
}

TEST_P(LastSurfaceTest, noiseless_surfaces_are_found_where_they_are) {
    HostTile tile(5, 7, 160, CountType::f4);
    tile.use_live = tile.use_edges = true;
    const auto gap = [](std::size_t p) { return p % 3 == 0 ? 0.0 : 20 + 1.37 * static_cast<double>(p); };
    for (std::size_t p = 0; p < 35; ++p) {
        tile.shift[p] = static_cast<float>(0.4 * static_cast<double>(p % 5));
        tile.gain[p] = p % 2 == 0 ? 1.25F : 0.75F;
        for (std::int64_t b = 0; b < 160; ++b) {
            const float live = 1 - 0.002F * static_cast<float>(b);
            tile.live[p * 160 + static_cast<std::size_t>(b)] = live;
            const double at = 40.3 + static_cast<double>(tile.shift[p]);
            std::vector<Seen> seen{{at, 500}};
            if (gap(p) > 0) seen.push_back({at + gap(p), 100});
            tile.set(static_cast<std::int64_t>(p), b,
                     static_cast<double>(live) * static_cast<double>(tile.gain[p]) * expected(b, seen, 0.05));
        }
    }
    run_trace_stage<AdaptiveGate>(queue(), tile, params_of(flat));
    for (std::size_t p = 0; p < 35; ++p) {
        EXPECT_NEAR(tile.scan.bin_of(static_cast<double>(tile.layers[Layer::arrival][p])), 40.3, 0.02);
        if (gap(p) == 0) {  // one surface: it is the last, too
            EXPECT_EQ(tile.layers[Layer::arrival_last][p], tile.layers[Layer::arrival][p]);
            EXPECT_EQ(tile.layers[Layer::arrival_last_sigma][p], tile.layers[Layer::arrival_sigma][p]);
            EXPECT_EQ(tile.layers[Layer::ballistic_last][p], tile.layers[Layer::ballistic][p]);
            continue;
        }
        EXPECT_NEAR(last_bin(tile, p), 40.3 + gap(p), 0.05) << p;
        EXPECT_NEAR(tile.layers[Layer::arrival_last_sigma][p] / 10e-12,
                    1.7 / std::sqrt(100 * static_cast<double>(tile.gain[p])), 0.06);
        EXPECT_NEAR(tile.layers[Layer::ballistic_last][p], 100 * light(-4, 8), 4);
    }
}

// Counts of surfaces drawn at random in all pixels of a tile.
HostTile drawn(std::int64_t side, std::int64_t bins, const std::vector<Seen>& surfaces,
               const std::vector<double>& background, unsigned seed) {
    HostTile tile(side, side, bins);
    std::mt19937 random(seed);
    for (std::int64_t p = 0; p < tile.traces(); ++p)
        for (std::int64_t b = 0; b < bins; ++b)
            tile.set(
                p, b,
                std::poisson_distribution<int>(expected(b, surfaces, background[static_cast<std::size_t>(b)]))(random));
    return tile;
}

double share_with_one_behind(const HostTile& tile) {
    double behind = 0;
    for (std::size_t p = 0; p < tile.flags.size(); ++p) {
        EXPECT_EQ(tile.flags[p], 0);
        behind += has_one_behind(tile, p) ? 1 : 0;
    }
    return behind / static_cast<double>(tile.traces());
}

// The tail of a surface and background must not pass for another one more often than was asked for.
TEST(LastSurface, one_surface_is_taken_for_two_no_more_often_than_set) {
    const auto queue = open_cpu_queue(1);
    std::vector<double> even(200, 0.1), fog;
    for (int i = 0; i < 200; ++i) fog.push_back(0.05 + (i > 20 ? std::exp((20.0 - i) / 25) : 0));
    for (const double counts : {40.0, 400.0, 20000.0})
        for (const bool foggy : {false, true}) {
            HostTile tile = drawn(64, 200, {{60.4, counts}}, foggy ? fog : even, 5);
            run_trace_stage<AdaptiveGate>(*queue, tile, params_of(foggy ? pooled : flat, 0.05));
            EXPECT_LE(share_with_one_behind(tile), 1.2 * 0.05) << counts << " counts, fog " << foggy;
        }
}

TEST_P(LastSurfaceTest, finds_a_panel_behind_a_net) {
    // In every pixel at the same place: it must not be learnt as background.
    for (const auto background : {flat, pooled}) {
        HostTile tile = drawn(24, 160, {{40.2, 200}, {95.6, 30}}, std::vector<double>(160, 0.05), 2);
        run_trace_stage<AdaptiveGate>(queue(), tile, params_of(background));
        double found = 0, error = 0, pulls = 0;
        for (std::size_t p = 0; p < tile.flags.size(); ++p) {
            const double off = last_bin(tile, p) - 95.6;
            if (std::abs(off) > 2) continue;
            ++found;
            error += off;
            pulls += std::pow(off * 10e-12 / static_cast<double>(tile.layers[Layer::arrival_last_sigma][p]), 2);
        }
        EXPECT_GE(found / static_cast<double>(tile.traces()), 0.98);
        EXPECT_NEAR(error / found, 0, 0.06);
        EXPECT_NEAR(pulls / found, 1, 0.25);
    }
}

TEST(LastSurface, is_the_last_of_three_and_never_one_in_front) {
    const auto queue = open_cpu_queue(1);
    const std::vector<double> background(200, 0.05);
    HostTile three = drawn(12, 200, {{30, 80}, {70, 300}, {120, 60}, {170, 40}}, background, 3);
    run_trace_stage<AdaptiveGate>(*queue, three, params_of(flat));
    HostTile in_front = drawn(12, 200, {{30, 80}, {70, 300}}, background, 3);
    run_trace_stage<AdaptiveGate>(*queue, in_front, params_of(flat));
    for (std::size_t p = 0; p < three.flags.size(); ++p) {
        EXPECT_NEAR(last_bin(three, p), 170, 2);
        EXPECT_FALSE(has_one_behind(in_front, p));
    }
}

TEST(LastSurface, light_that_is_much_weaker_than_the_strongest_is_passed_over) {
    const auto queue = open_cpu_queue(1);
    HostTile tile = drawn(8, 160, {{40, 20000}, {100, 200}}, std::vector<double>(160, 0.05), 4);
    AdaptiveGate::Params params = params_of(flat);
    run_trace_stage<AdaptiveGate>(*queue, tile, params);
    EXPECT_EQ(share_with_one_behind(tile), 0);
    params.least_share = 0.005;
    run_trace_stage<AdaptiveGate>(*queue, tile, params);
    EXPECT_EQ(share_with_one_behind(tile), 1);
}

// Starved pixels show both surfaces together with their neighbours.
TEST_P(LastSurfaceTest, superpixels_show_what_single_traces_do_not) {
    HostTile tile = drawn(16, 160, {{40, 4}, {100, 2}}, std::vector<double>(160, 0.005), 6);
    AdaptiveGate::Params params = params_of(flat);
    run_trace_stage<AdaptiveGate>(queue(), tile, params);
    const auto share = [&] {
        double right = 0;
        for (std::size_t p = 0; p < tile.flags.size(); ++p) right += std::abs(last_bin(tile, p) - 100) < 3 ? 1 : 0;
        return right / static_cast<double>(tile.traces());
    };
    const double alone = share();
    std::fill(tile.flags.begin(), tile.flags.end(), std::uint8_t{0});
    params.superpixel_px = 5;
    run_trace_stage<AdaptiveGate>(queue(), tile, params);
    EXPECT_LT(alone, 0.6);
    EXPECT_GT(share(), 0.9);
}

TEST_P(LastSurfaceTest, agrees_with_the_cpu) {
    for (const auto& [rows, columns] :
         {std::pair{0, 0}, std::pair{1, 1}, std::pair{1, 31}, std::pair{257, 1}, std::pair{9, 7}})
        for (const CountType type : {CountType::u1, CountType::u2, CountType::f4})
            for (const bool model : {false, true}) {
                std::mt19937 random(static_cast<unsigned>(rows + columns));
                HostTile tile(rows, columns, 110, type);
                tile.use_live = tile.use_edges = model;
                std::uniform_real_distribution<float> share(0.6F, 1.0F);
                for (float& v : tile.live) v = share(random);
                for (std::size_t i = 1; i < 110; ++i) tile.edges[i] += 0.4F * (share(random) - 0.8F);
                for (std::int64_t p = 0; p < tile.traces(); ++p) {
                    const auto i = static_cast<std::size_t>(p);
                    tile.gain[i] = share(random);
                    tile.dark[i] = 0.1F * share(random);
                    tile.shift[i] = 3 * share(random) - 2;
                    if (p % 11 == 5) tile.flags[i] = hot;
                    const double first = static_cast<double>(15 + p % 40);
                    for (std::int64_t b = 0; b < 110; ++b) {
                        const int y = std::poisson_distribution<int>(
                            expected(b, {{first, 90}, {first + 25, p % 3 == 0 ? 0.0 : 25.0}}, 0.1))(random);
                        tile.set(p, b, type == CountType::f4 ? 0.73 * y : y);
                    }
                }
                AdaptiveGate::Params params = params_of(rows * columns == 0 ? flat : pooled);
                params.superpixel_px = 3;
                params.forward_scattered = AdaptiveGate::ForwardScattered::ignored;
                if (rows * columns == 0 && model) continue;
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
                            << layer_info(layer).name << " " << a << " " << b;
                        if (layer == Layer::arrival_last && tile.flags[p] == hot) EXPECT_TRUE(std::isnan(b));
                    }
            }
}

TEST(LastSurface, is_looked_for_only_when_asked) {
    const auto has_last = [](const std::vector<Layer>& layers) {
        return std::find(layers.begin(), layers.end(), Layer::arrival_last) != layers.end();
    };
    EXPECT_FALSE(has_last(AdaptiveGate::layers({})));
    EXPECT_TRUE(has_last(AdaptiveGate::layers(params_of(flat))));
}

}  // namespace
}  // namespace firstlight
