#include "host/pipeline/trace_detail.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "tests/host/pipeline/gated_sweep.hpp"
#include "tests/host/pipeline/synthetic_scan.hpp"
#include "tests/host/pipeline/trace_recipes.hpp"
#include "tests/kernels/gating/component_scene.hpp"

namespace firstlight {
namespace {

double sum_of(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0); }
double weighted_sum(const std::vector<double>& weights, const std::vector<double>& values) {
    return std::inner_product(weights.begin(), weights.end(), values.begin(), 0.0);
}

TEST(TraceDetail, counts_between_the_gates_edges_are_ballistic_and_background) {
    const SyntheticScan s(5, 8);
    const CountSource counts = source_of(s.cube);
    for (const std::string shape : {"hard", "soft"}) {
        const bool soft = shape == "soft";
        const Recipe recipe = gate_recipe("open_ps = -42.5\nclose_ps = 31\nguard_ps = 120\nlate_ps = 33\nshape = \"" +
                                          shape + "\"\n" + (soft ? "rise_ps = 14.4\n" : ""));
        const TraceStages stages({s.scan, counts, nullptr, recipe, 0, nullptr});
        for (std::int64_t p = 0; p < 40; ++p) {
            const TraceDetail d = trace_detail(stages, {p});
            if (p == 5) {  // hot
                EXPECT_EQ(d.pixels, 0);
                EXPECT_EQ(d.masked, 1);
                EXPECT_FALSE(d.gate || d.arrival_ps);
                EXPECT_EQ(sum_of(d.counts), d.layers.at("counts"));
                EXPECT_TRUE(d.response.empty() && std::isnan(d.layers.at("ballistic")));
                continue;
            }
            const auto at = static_cast<std::size_t>(p);
            EXPECT_NEAR(d.gain, s.scan.flat[at] * 39 / (sum_of(s.scan.flat) - s.scan.flat[5]), 1e-6);
            EXPECT_NEAR(d.shift_ps, s.scan.t0_map_s[at] * 1e12, 1e-4);
            ASSERT_TRUE(d.arrival_ps && d.gate && d.background && d.late);
            const double arrival = (*s.scan.arrival_s + s.scan.t0_map_s[at]) * 1e12;
            EXPECT_NEAR(*d.arrival_ps, arrival, 1e-3);
            EXPECT_NEAR(d.gate->from_ps, arrival - 42.5, 1e-3);
            EXPECT_NEAR(d.gate->to_ps, arrival + 31, 1e-3);
            EXPECT_NEAR(d.rise_ps, soft ? 14.4 : 0, 1e-9);
            EXPECT_NEAR(d.late->from_ps, d.gate->to_ps + d.rise_ps / 2, 1e-3);
            EXPECT_NEAR(d.late->to_ps - d.late->from_ps, 33, 1e-3);
            EXPECT_NEAR(d.background->from_ps, 0, 1e-3);
            EXPECT_LE(d.background->to_ps, arrival - 120 + 1e-3);
            EXPECT_GT(d.background->to_ps, arrival - 120 - 8.5);
            EXPECT_NEAR(weighted_sum(d.gate_weight, d.counts),
                        (d.layers.at("ballistic") + d.layers.at("background")) * d.gain, 1e-3);
            // Weights are the shares of the bins' true extents between the edges.
            for (std::size_t i = 0; i < 256; ++i) {
                const double from = std::max(d.edge_ps[i], d.gate->from_ps);
                const double to = std::min(d.edge_ps[i + 1], d.gate->to_ps);
                const double share = std::max(0.0, to - from) / (d.edge_ps[i + 1] - d.edge_ps[i]);
                if (!soft) EXPECT_NEAR(d.gate_weight[i], share, 1e-4) << i;
                else if (d.edge_ps[i] > d.gate->from_ps + 7.2 && d.edge_ps[i + 1] < d.gate->to_ps - 7.2)
                    EXPECT_EQ(d.gate_weight[i], 1) << i;
            }
            EXPECT_EQ(sum_of(d.counts), d.layers.at("counts"));
            for (std::size_t i = 0; i < 256; ++i) EXPECT_DOUBLE_EQ(d.sigma[i], std::sqrt(d.counts[i]));
        }
    }
}

TEST(TraceDetail, bins_lie_where_their_true_edges_are) {
    const SyntheticScan s(4, 6);
    const CountSource counts = source_of(s.cube);
    const TraceStages stages({s.scan, counts, nullptr, gate_recipe(""), 0, nullptr});
    const TraceDetail d = trace_detail(stages, {7});
    ASSERT_EQ(d.edge_ps.size(), 257U);
    ASSERT_EQ(d.time_ps.size(), 256U);
    double edge = 0;
    for (std::size_t i = 0; i < 256; ++i) {
        EXPECT_NEAR(d.edge_ps[i], edge, 1e-3);
        edge += 8 * (i % 2 == 0 ? 1.05 : 0.95);
        EXPECT_NEAR(d.time_ps[i], (d.edge_ps[i] + d.edge_ps[i + 1]) / 2, 1e-9);
    }
}

TEST(TraceDetail, the_response_stands_at_the_arrival_and_holds_the_unscattered_counts) {
    SyntheticScan s(4, 6);
    const CountSource counts = source_of(s.cube);
    const Recipe recipe = gate_recipe("open_ps = -40\nclose_ps = 40\n");
    const TraceStages stages({s.scan, counts, nullptr, recipe, 0, nullptr});
    const auto check = [&](const TraceDetail& d, ResponseOrigin origin, double sigma_ps, double purity) {
        ASSERT_EQ(d.response_origin, origin);
        EXPECT_NEAR(weighted_sum(d.gate_weight, d.response), d.layers.at("ballistic") * purity * d.gain, 1e-3);
        const double sum = sum_of(d.response), mean = weighted_sum(d.time_ps, d.response) / sum;
        EXPECT_NEAR(mean, *d.arrival_ps, 0.5);
        double variance = 0;
        for (std::size_t i = 0; i < d.response.size(); ++i)
            variance += d.response[i] / sum * (d.time_ps[i] - mean) * (d.time_ps[i] - mean);
        // The response's own, of a sample's width, and of bins of 8 ps.
        EXPECT_NEAR(std::sqrt(variance), std::sqrt(sigma_ps * sigma_ps + 64 / 12.0), 0.5);
    };
    for (const std::int64_t p : {0, 1, 10}) {
        const TraceDetail d = trace_detail(stages, {p});
        EXPECT_GT(d.layers.at("purity"), 0.5);
        check(d, ResponseOrigin::measured, std::hypot(2.2 * 8, 8 / std::sqrt(12.0)), d.layers.at("purity"));
    }
    s.scan.irf = {};
    s.scan.jitter_fwhm_s = 40e-12;
    s.scan.pulse_fwhm_s = 30e-12;
    const TraceStages without({s.scan, counts, nullptr, recipe, 0, nullptr});
    check(trace_detail(without, {1}), ResponseOrigin::gaussian, 50 / 2.3548, 1);
    s.scan.jitter_fwhm_s.reset();
    const TraceStages unknown({s.scan, counts, nullptr, recipe, 0, nullptr});
    const TraceDetail none = trace_detail(unknown, {1});
    EXPECT_EQ(none.response_origin, ResponseOrigin::none);
    EXPECT_TRUE(none.response.empty());
}

// Without a gate the response is laid on the counts themselves.
TEST(TraceDetail, an_arrival_alone_has_a_response_of_the_counts_around_it) {
    const SyntheticScan s(4, 6);
    const CountSource counts = source_of(s.cube);
    const TraceStages stages({s.scan, counts, nullptr, trace_recipe(load_recipe("arrival")), 0, nullptr});
    const TraceDetail d = trace_detail(stages, {1});  // 300 counts of light and a few of tail
    EXPECT_FALSE(d.gate);
    EXPECT_TRUE(d.gate_weight.empty());
    EXPECT_NEAR(sum_of(d.response) / s.scan.flat[1], 300, 5 * std::sqrt(300.0) + 20);
    ASSERT_TRUE(d.arrival_ps);
    EXPECT_NEAR(*d.arrival_ps * 1e-12, d.layers.at("arrival") + s.scan.t0_map_s[1], 1e-15);
}

// Scans that component_fit's own model made.
struct FittedScan {
    Scan scan;
    PhotonCube cube;

    explicit FittedScan(bool noise) {
        FitScene scene(8, 10);
        scan = scene.tile.scan;
        scan.rows = 8;
        scan.columns = 10;
        scan.bins = 256;
        scan.arrival_s = scan.time_of(60.3);
        for (std::size_t p = 0; p < 80; ++p) {
            scan.flat.push_back(1 + 0.2 * std::sin(static_cast<double>(p)));
            scene.tile.arrival[p] = 60.3F;
            scene.truth[p] = {200 + 10.0 * static_cast<double>(p), 300, 2000, 1.5};
        }
        const double mean = sum_of(scan.flat) / 80;
        for (std::size_t p = 0; p < 80; ++p) {
            scan.flat[p] /= mean;
            scene.tile.gain[p] = static_cast<float>(scan.flat[p]);
        }
        cube = PhotonCube(CountType::u2, 1, 8, 10, 256);
        std::mt19937 random(8);
        auto* y = reinterpret_cast<std::uint16_t*>(cube.counts.data());
        for (std::size_t p = 0; p < 80; ++p)
            for (std::int64_t i = 0; i < 256; ++i) {
                const double m = scene.mean(p, i);
                y[p * 256 + static_cast<std::size_t>(i)] =
                    static_cast<std::uint16_t>(noise ? std::poisson_distribution<int>(m)(random) : std::lround(m));
            }
    }
    [[nodiscard]] static Recipe recipe() {
        return parse_recipe("name = \"fit\"\nstages = [\"flat_field\", \"expected_arrival\", \"component_fit\"]\n",
                            "test");
    }
};

TEST(TraceDetail, components_sum_up_to_the_layers) {
    const FittedScan s(true);
    const CountSource counts = source_of(s.cube);
    const TraceStages stages({s.scan, counts, nullptr, FittedScan::recipe(), 0, nullptr});
    for (std::int64_t p = 0; p < 80; p += 7) {
        const TraceDetail d = trace_detail(stages, {p});
        ASSERT_EQ(d.components.size(), 4U);
        double all = 0;
        for (const TraceComponent& c : d.components) {
            all += sum_of(c.counts);
            if (c.name == "background") continue;
            const double wanted = d.layers.at(c.name);
            EXPECT_NEAR(sum_of(c.counts) / d.gain, wanted, 1e-4 * std::abs(wanted)) << c.name << " of " << p;
        }
        EXPECT_EQ(d.components[0].name, "ballistic");
        EXPECT_EQ(d.response, d.components[0].counts);
        EXPECT_EQ(d.response_origin, ResponseOrigin::measured);
        EXPECT_NEAR(sum_of(d.total), all, 1e-6 * all);
        // The maximum of the likelihood of a sum of parts expects as many counts as there are.
        EXPECT_NEAR(sum_of(d.total), d.layers.at("counts"), 2e-3 * std::sqrt(d.layers.at("counts")));
        // background layer: counts within the window of purity, 1.5 FWHM.
        EXPECT_NEAR(d.components[3].counts[10], d.components[3].counts[200], 1e-12);
        EXPECT_NEAR(d.components[3].counts[10], 1.5, 1);
        EXPECT_NEAR(*d.deviance, d.layers.at("deviance"), 1e-12);
        EXPECT_NEAR(*d.arrival_ps, s.scan.time_of(60.3) * 1e12, 1e-3);
        EXPECT_FALSE(d.gate);
    }
}

TEST(TraceDetail, residuals_of_the_exact_model_are_standard) {
    const FittedScan s(true);
    const CountSource counts = source_of(s.cube);
    const TraceStages stages({s.scan, counts, nullptr, FittedScan::recipe(), 0, nullptr});
    double sum = 0, squares = 0, n = 0, noise = 0;
    for (std::int64_t p = 0; p < 80; ++p) {
        const TraceDetail d = trace_detail(stages, {p});
        for (std::size_t i = 0; i < 256; ++i) {
            sum += d.residual[i];
            squares += d.residual[i] * d.residual[i];
            noise += 2 + 1 / d.total[i];  // variance of a squared residual
            ++n;
        }
    }
    // Four parameters of a pixel take four of its 256 degrees of freedom.
    EXPECT_LT(std::abs(sum / n), 4 / std::sqrt(n));
    EXPECT_NEAR(squares / n, 1 - 4.0 / 256, 4 * std::sqrt(noise) / n);
}

TEST(TraceDetail, a_fitted_arrival_moves_the_curves) {
    FittedScan s(true);
    const CountSource counts = source_of(s.cube);
    Recipe recipe = FittedScan::recipe();
    set_parameter(recipe, "component_fit.arrival", "per_pixel");
    const TraceStages stages({s.scan, counts, nullptr, recipe, 0, nullptr});
    for (std::int64_t p = 40; p < 80; p += 13) {
        const TraceDetail d = trace_detail(stages, {p});
        EXPECT_NEAR(*d.arrival_ps, d.layers.at("arrival") * 1e12, 1e-3);
        EXPECT_NE(*d.arrival_ps, s.scan.time_of(60.3) * 1e12);
        EXPECT_NEAR(sum_of(d.components[0].counts) / d.gain, d.layers.at("ballistic"), 1e-4 * d.layers.at("ballistic"));
        EXPECT_NEAR(weighted_sum(d.time_ps, d.response) / sum_of(d.response), *d.arrival_ps, 0.1);
    }
}

TEST(TraceDetail, several_pixels_are_added_up) {
    const FittedScan s(true);
    const CountSource counts = source_of(s.cube);
    const TraceStages stages({s.scan, counts, nullptr, FittedScan::recipe(), 0, nullptr});
    const TraceDetail both = trace_detail(stages, {3, 41}), one = trace_detail(stages, {3}),
                      other = trace_detail(stages, {41});
    EXPECT_EQ(both.pixels, 2);
    EXPECT_TRUE(both.layers.empty());
    for (std::size_t i = 0; i < 256; ++i) {
        EXPECT_EQ(both.counts[i], one.counts[i] + other.counts[i]);
        EXPECT_NEAR(both.total[i], one.total[i] + other.total[i], 1e-9);
        EXPECT_NEAR(both.components[2].counts[i], one.components[2].counts[i] + other.components[2].counts[i], 1e-9);
        EXPECT_NEAR(both.residual[i], (both.counts[i] - both.total[i]) / std::sqrt(both.total[i]), 1e-9);
    }
    EXPECT_NEAR(both.gain, (one.gain + other.gain) / 2, 1e-12);

    const SyntheticScan g(4, 6);  // pixel 5 is masked
    const CountSource of_gates = source_of(g.cube);
    const TraceStages gates({g.scan, of_gates, nullptr, gate_recipe("open_ps = -40\nclose_ps = 40\n"), 0, nullptr});
    const TraceDetail sum = trace_detail(gates, {4, 5, 6});
    EXPECT_EQ(sum.pixels, 2);
    EXPECT_EQ(sum.masked, 1);
    EXPECT_EQ(sum_of(sum.counts), sum_of(trace_detail(gates, {4}).counts) + sum_of(trace_detail(gates, {6}).counts));
    const TraceDetail four = trace_detail(gates, {4}), six = trace_detail(gates, {6});
    EXPECT_NEAR(sum.gate->from_ps, (four.gate->from_ps + six.gate->from_ps) / 2, 1e-9);
    EXPECT_NEAR(weighted_sum(sum.gate_weight, sum.counts),
                weighted_sum(four.gate_weight, four.counts) + weighted_sum(six.gate_weight, six.counts), 1e-9);
}

TEST(TraceDetail, an_adaptive_gate_is_the_one_that_was_accepted) {
    const SyntheticScan s(7, 9);
    const CountSource counts = source_of(s.cube);
    const Recipe recipe = parse_recipe(
        "name = \"test\"\nstages = [\"pixel_mask\", \"dark_counts\", \"bin_nonlinearity\", \"time_skew\", "
        "\"flat_field\", \"adaptive_gate\"]\n",
        "test");
    const TraceStages stages({s.scan, counts, nullptr, recipe, 0, nullptr});
    int accepted = 0;
    for (std::int64_t p = 0; p < 63; ++p) {
        const TraceDetail d = trace_detail(stages, {p});
        if (d.masked == 1) continue;
        EXPECT_EQ(d.gate.has_value(), std::isfinite(d.layers.at("ballistic"))) << p;
        if (!d.gate) continue;
        ++accepted;
        EXPECT_NEAR(weighted_sum(d.gate_weight, d.counts),
                    (d.layers.at("ballistic") + d.layers.at("background")) * d.gain, 1e-3);
        EXPECT_NEAR(*d.arrival_ps, d.layers.at("arrival") * 1e12 + d.shift_ps, 1e-3);
        EXPECT_GT(*d.arrival_ps, d.gate->from_ps);
        EXPECT_LT(*d.arrival_ps, d.gate->to_ps);
        EXPECT_NEAR(weighted_sum(d.gate_weight, d.response), d.layers.at("ballistic") * d.gain, 1e-3);
        EXPECT_EQ(d.response_origin, ResponseOrigin::measured);
    }
    EXPECT_GT(accepted, 25);
    Recipe gaussian = recipe;
    set_parameter(gaussian, "adaptive_gate.response", "gaussian");
    set_parameter(gaussian, "adaptive_gate.gaussian_fwhm_ps", "45");
    set_parameter(gaussian, "adaptive_gate.forward_scattered", "ignored");
    const TraceStages of_gaussian({s.scan, counts, nullptr, gaussian, 0, nullptr});
    const TraceDetail d = trace_detail(of_gaussian, {1});
    EXPECT_EQ(d.response_origin, ResponseOrigin::gaussian);
    const double sum = sum_of(d.response), mean = weighted_sum(d.time_ps, d.response) / sum;
    double variance = 0;
    for (std::size_t i = 0; i < 256; ++i)
        variance += d.response[i] / sum * (d.time_ps[i] - mean) * (d.time_ps[i] - mean);
    EXPECT_NEAR(mean, *d.arrival_ps, 0.5);
    EXPECT_NEAR(std::sqrt(variance), std::hypot(45 / 2.3548, 8 / std::sqrt(12.0)), 1);
}

TEST(TraceDetail, uneven_delays_of_a_gated_camera_have_their_times) {
    const GatedSweepScan s(true);
    const CountSource counts = source_of(s.cube), reference = source_of(s.reference);
    const Recipe recipe = trace_recipe(load_recipe("kerr"));
    const TraceStages stages({s.scan, counts, &reference, recipe, 0, nullptr});
    const TraceDetail d = trace_detail(stages, {33});
    ASSERT_EQ(d.time_ps.size(), 48U);
    for (std::size_t g = 0; g < 48; ++g) {
        EXPECT_DOUBLE_EQ(d.time_ps[g], s.scan.gates.delay_s[g] * 1e12);
        if (g > 0) EXPECT_NEAR(d.edge_ps[g], (s.scan.gates.delay_s[g - 1] + s.scan.gates.delay_s[g]) / 2 * 1e12, 1e-4);
    }
    EXPECT_NEAR(*d.arrival_ps, GatedSweepScan::arrival_ps, 1e-4);
    // The gate from one width of the response before the arrival to a half behind it.
    EXPECT_NEAR(d.gate->from_ps, 24 - 3, 0.05);
    EXPECT_NEAR(d.gate->to_ps, 24 + 1.5, 0.05);
    EXPECT_EQ(d.response_origin, ResponseOrigin::measured);
    // In counts of frames, which differ in their exposure: the flash stands on them where the light arrives.
    const auto peak = std::max_element(d.response.begin(), d.response.end()) - d.response.begin();
    EXPECT_LT(std::abs(d.time_ps[static_cast<std::size_t>(peak)] - 24), 2.5);
    for (std::size_t g = 0; g < 48; ++g) {
        const double x = d.time_ps[g] - 24;
        if (std::abs(x) > 1) continue;
        const double expected = s.scan.flat[33] * s.scan.gates.exposure_s[g] / mean_exposure_s(s.scan.gates) * 60 *
                                std::exp(-4 * std::log(2.0) * x * x / 9);
        EXPECT_NEAR(d.response[g] / expected, 1, 0.35) << g;
    }
}

}  // namespace
}  // namespace firstlight
