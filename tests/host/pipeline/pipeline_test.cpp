#include "host/pipeline/pipeline.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <numeric>

#include "tests/host/pipeline/synthetic_scan.hpp"
#include "tests/support/stage_test.hpp"

namespace firstlight {
namespace {

Reconstruction run_on(Queue& queue, const SyntheticScan& s, const Recipe& recipe, const RunOptions& options = {}) {
    const CountSource reference = source_of(s.reference);
    return reconstruct(s.scan, source_of(s.cube), &reference, recipe, queue, options);
}

Recipe per_pixel_recipe() {
    return parse_recipe(R"(
name = "per pixel"
stages = ["pixel_mask", "pile_up", "dark_counts", "bin_nonlinearity", "time_skew", "flat_field", "matched_arrival",
          "time_gate", "attenuation", "inpainting"]
[matched_arrival]
mode = "per_pixel"
[time_gate]
edges = "optimal"
)",
                        "test");
}

void expect_same_bits(const Reconstruction& a, const Reconstruction& b) {
    ASSERT_EQ(a.images.layers.size(), b.images.layers.size());
    for (std::size_t l = 0; l < a.images.layers.size(); ++l) {
        ASSERT_EQ(a.images.layers[l].name, b.images.layers[l].name);
        EXPECT_EQ(std::memcmp(a.images.layers[l].values.data(), b.images.layers[l].values.data(),
                              a.images.layers[l].values.size() * 4),
                  0)
            << a.images.layers[l].name;
    }
    EXPECT_EQ(a.images.mask, b.images.mask);
    for (std::size_t s = 0; s < a.stages.size(); ++s) {
        EXPECT_EQ(a.stages[s].counts_out, b.stages[s].counts_out) << a.stages[s].name;
        EXPECT_EQ(a.stages[s].survey, b.stages[s].survey) << a.stages[s].name;
    }
}

// Expected counts by the first-photon law in uneven bins, so many that rounding them matters little: each pixel's own
// arrival comes out right only if pile_up and bin_nonlinearity have filled in the model before the first pass looks.
TEST(Pipeline, arrival_per_pixel_sees_live_fractions_and_bin_widths) {
    SyntheticScan s(6, 8);
    Scan& scan = s.scan;
    scan.type = CountType::u4;
    scan.has_reference = false;
    scan.reference_pulses.clear();
    scan.flat.clear();
    scan.t0_map_s.clear();
    scan.dark_rate_hz.clear();
    scan.pixel_mask.clear();
    scan.pulses = {1e9};
    scan.bin_width_correction.clear();
    for (std::int64_t i = 0; i < scan.bins; ++i) scan.bin_width_correction.push_back(i < 128 ? 0.9 : 1.1);
    s.cube = PhotonCube(CountType::u4, 1, 6, 8, scan.bins);
    const auto at = [](std::int64_t p) { return 70 + 0.13 * static_cast<double>(p); };
    for (std::int64_t p = 0; p < 48; ++p) {
        auto* y = reinterpret_cast<std::uint32_t*>(s.cube.trace(0, p / 8, p % 8));
        double alive = 1e9;
        double edge = 0;
        for (std::size_t i = 0; i < scan.bin_width_correction.size(); ++i) {
            const double next = edge + scan.bin_width_correction[i];
            const double scale = 1 / (SyntheticScan::sigma_bins * std::sqrt(2.0));
            const double share = 0.5 * (std::erf((next - at(p)) * scale) - std::erf((edge - at(p)) * scale));
            const double count = -alive * std::expm1(-std::log(2.0) * share);
            y[i] = static_cast<std::uint32_t>(std::lround(count));
            alive -= count;
            edge = next;
        }
    }
    const auto queue = open_cpu_queue(2);
    const auto worst = [&](const char* stages) {
        const Recipe recipe =
            parse_recipe(std::string("name = \"arrival\"\nstages = [") + stages +
                             "\"matched_arrival\", \"time_gate\"]\n[matched_arrival]\nmode = \"per_pixel\"\n"
                             "[time_gate]\nbackground = \"none\"\n",
                         "test");
        const Reconstruction made = reconstruct(scan, source_of(s.cube), nullptr, recipe, *queue, {});
        double error = 0;
        for (std::int64_t p = 0; p < 48; ++p) {
            const double found = static_cast<double>(made.images.layer("arrival")->values[static_cast<std::size_t>(p)]);
            error = std::max(error, std::abs(scan.bin_of(found) - at(p)));
        }
        return error;
    };
    EXPECT_LT(worst("\"pile_up\", \"bin_nonlinearity\", "), 0.02);
    EXPECT_GT(worst("\"bin_nonlinearity\", "), 0.3);
    EXPECT_GT(worst("\"pile_up\", "), 0.3);
}

// A narrow gate on the light that a deconvolution estimated.
Recipe deconvolving_recipe(const std::string& stage, const std::string& parameters) {
    return parse_recipe(fmt::format(R"(
stages = ["pixel_mask", "pile_up", "dark_counts", "bin_nonlinearity", "time_skew", "flat_field", "{0}",
          "expected_arrival", "time_gate", "attenuation", "inpainting", "tone_map"]
[{0}]
{1}
[time_gate]
open_ps = -20
close_ps = 20
)",
                                    stage, parameters),
                        "test");
}

TEST(Pipeline, bits_depend_on_neither_tiles_nor_threads) {
    SyntheticScan s(37, 53, 256, 2);
    for (const Recipe& recipe :
         {load_recipe("transmission"), per_pixel_recipe(), deconvolving_recipe("wiener", ""),
          deconvolving_recipe("richardson_lucy", "stop = \"iterations\"\niterations = 3"), load_recipe("depth")}) {
        s.scan.path = recipe.name == "depth" ? LightPath::reflection : LightPath::transmission;
        const auto one = open_cpu_queue(1);
        const Reconstruction expected = run_on(*one, s, recipe);
        for (const int threads : {1, 2, 16})
            for (const std::int64_t tile_traces : {std::int64_t{1}, std::int64_t{7}, std::int64_t{300}}) {
                const auto queue = open_cpu_queue(threads);
                RunOptions options;
                options.tile_traces = tile_traces;
                if (threads == 2) options.memory_bytes = std::size_t{105} << 20;
                expect_same_bits(expected, run_on(*queue, s, recipe, options));
            }
    }
}

TEST(Pipeline, optical_depth_of_open_pixels_is_within_its_error) {
    // Reference: 3000 counts from 2e5 pulses through a filter of 0.1; scan: 300 from 1e6. OD = -ln(300/1e6 * 0.1 /
    // (3000/2e5)).
    const double expected = -std::log(300.0 / 1e6 * 0.1 / (3000.0 / 2e5));
    const SyntheticScan s(40, 40);
    const auto queue = open_cpu_queue(2);
    const Reconstruction r = run_on(*queue, s, load_recipe("transmission"));
    const auto& od = r.images.layer("optical_depth")->values;
    const auto& sigma = r.images.layer("optical_depth_sigma")->values;
    int open = 0;
    int within = 0;
    for (std::size_t p = 0; p < od.size(); ++p) {
        if (s.transmission[p] < 0.5 || (r.images.mask[p] & masked_flags) != 0) continue;
        ++open;
        ASSERT_TRUE(std::isfinite(od[p]) && sigma[p] > 0) << p;
        within += std::abs(od[p] - expected) < 2 * sigma[p] ? 1 : 0;
    }
    EXPECT_GT(open, 700);
    EXPECT_GE(within, static_cast<int>(0.90 * open));
    EXPECT_EQ(r.quality.at("pixels_masked"), 1);
    EXPECT_TRUE(std::isfinite(r.images.layer("ballistic")->values[5]));  // the hot pixel was inpainted
}

// Deconvolved light in a gate as long as the response holds all unscattered counts, which counts in it do not.
TEST(Pipeline, a_gate_on_deconvolved_light_holds_all_of_it) {
    const SyntheticScan s(24, 24);
    const auto queue = open_cpu_queue(2);
    const auto mean_of = [&](const Recipe& recipe) {
        const Reconstruction r = run_on(*queue, s, recipe);
        double sum = 0;
        int open = 0;
        for (std::size_t p = 0; p < s.transmission.size(); ++p) {
            if (s.transmission[p] < 0.5 || (r.images.mask[p] & masked_flags) != 0) continue;
            sum += static_cast<double>(r.images.layer("ballistic")->values[p]);
            ++open;
        }
        return sum / open;
    };
    EXPECT_NEAR(mean_of(deconvolving_recipe("richardson_lucy", "stop = \"automatic\"")), 300, 15);
    EXPECT_NEAR(mean_of(deconvolving_recipe("wiener", "snr = \"auto\"")), 300, 30);
    Recipe counts = load_recipe("transmission");
    set_parameter(counts, "time_gate.open_ps", "-20");
    set_parameter(counts, "time_gate.close_ps", "20");
    EXPECT_LT(mean_of(counts), 240);
}

TEST(Pipeline, counts_in_and_out_form_a_waterfall) {
    const SyntheticScan s(16, 16);
    const auto queue = open_cpu_queue(1);
    const Reconstruction r = run_on(*queue, s, load_recipe("transmission"));
    double total = 0;
    const auto* y = reinterpret_cast<const std::uint16_t*>(s.cube.counts.data());
    for (std::size_t i = 0; i < s.cube.counts.size() / 2; ++i) total += y[i];
    EXPECT_EQ(r.quality.at("counts_total"), total);
    EXPECT_EQ(r.stages.at(0).name, "read");
    EXPECT_EQ(r.stages.at(1).counts_in, total);
    for (std::size_t i = 2; i < r.stages.size() && r.stages[i].counts_in > 0; ++i)
        EXPECT_EQ(r.stages[i].counts_in, r.stages[i - 1].counts_out);
    EXPECT_LT(r.stages.at(2).counts_in, total);  // the mask took counts away
}

TEST(Pipeline, emulated_cuda_agrees_with_cpu) {
    std::string why_not;
    Queue* cuda = test_queue("cuda_emulated", why_not);
    ASSERT_NE(cuda, nullptr) << why_not;
    const SyntheticScan s(6, 11, 200);
    const auto cpu = open_cpu_queue(1);
    for (const Recipe& recipe : {load_recipe("transmission"), per_pixel_recipe(),
                                 deconvolving_recipe("richardson_lucy", "stop = \"iterations\"\niterations = 3")}) {
        const Reconstruction a = run_on(*cpu, s, recipe);
        const Reconstruction b = run_on(*cuda, s, recipe);
        EXPECT_EQ(a.images.mask, b.images.mask);
        for (std::size_t l = 0; l < a.images.layers.size(); ++l)
            for (std::size_t p = 0; p < a.images.mask.size(); ++p) {
                const float x = a.images.layers[l].values[p];
                const float z = b.images.layers[l].values[p];
                if (std::isnan(x)) EXPECT_TRUE(std::isnan(z)) << a.images.layers[l].name << ' ' << p;
                else EXPECT_NEAR(x, z, 2e-4F * std::max(std::abs(x), 1e-30F)) << a.images.layers[l].name << ' ' << p;
            }
    }
}

TEST(Pipeline, cancels_between_tiles_and_reports_progress) {
    const SyntheticScan s(32, 32);
    const auto queue = open_cpu_queue(1);
    std::atomic<bool> cancelled{false};
    RunOptions options;
    options.cancelled = &cancelled;
    std::int64_t calls = 0;
    Progress last;
    options.progress = [&](const Progress& p) {
        ++calls;
        last = p;
    };
    (void)run_on(*queue, s, load_recipe("transmission"), options);
    EXPECT_GT(calls, 1);
    EXPECT_EQ(last.done, last.total);
    options.progress = [&](const Progress&) { cancelled = true; };
    try {
        (void)run_on(*queue, s, load_recipe("transmission"), options);
        FAIL();
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), ExitCode::interrupted);
    }
}

// The corrected light is what the counts say it is: a gate sums either to the same within how it cuts bins.
TEST(Pipeline, corrected_light_in_the_gate_is_the_gated_counts) {
    const SyntheticScan s(12, 9);
    const auto queue = open_cpu_queue(1);
    const auto recipe = [](const std::string& deconvolution) {
        return parse_recipe(fmt::format(R"(
stages = ["pixel_mask", "pile_up", "dark_counts", "bin_nonlinearity", "time_skew", "flat_field", {}
          "expected_arrival", "time_gate"]
[time_gate]
open_ps = -100
close_ps = 300
)",
                                        deconvolution),
                            "test");
    };
    const Reconstruction with = run_on(*queue, s, recipe("\"corrected_light\","));
    const Reconstruction without = run_on(*queue, s, recipe(""));
    int compared = 0;
    for (std::size_t p = 0; p < 108; ++p) {
        const float counts = without.images.layer("ballistic")->values[p];
        if (std::isnan(counts)) continue;
        EXPECT_NEAR(with.images.layer("ballistic")->values[p], counts, 0.02F * counts + 10) << p;
        ++compared;
    }
    EXPECT_GT(compared, 100);
    EXPECT_EQ(with.images.layer("counts")->values, without.images.layer("counts")->values);
}

TEST(Pipeline, refuses_what_cannot_give_an_image) {
    SyntheticScan s(8, 8);
    const auto queue = open_cpu_queue(1);
    s.scan.pixel_mask.assign(64, dead);
    EXPECT_THROW((void)run_on(*queue, s, load_recipe("transmission")), Error);
    s.scan.pixel_mask.clear();
    RunOptions options;
    options.memory_bytes = 1 << 20;
    EXPECT_THROW((void)run_on(*queue, s, load_recipe("transmission"), options), Error);
    EXPECT_THROW((void)open_queue("gpu", 1, {}), Error);
}

}  // namespace
}  // namespace firstlight
