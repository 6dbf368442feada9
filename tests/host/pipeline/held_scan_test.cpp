#include "host/pipeline/held_scan.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <optional>
#include <random>
#include <thread>

#include "host/io/acquisition_file.hpp"
#include "host/pipeline/event_source.hpp"
#include "host/pipeline/pipeline.hpp"
#include "tests/end_to_end/event_scan.hpp"
#include "tests/host/io/python_fixture.hpp"
#include "tests/host/pipeline/held_source.hpp"
#include "tests/support/stage_test.hpp"

namespace firstlight {
namespace {

constexpr const char* per_pixel_text = R"(name = "per pixel"
stages = ["pixel_mask", "pile_up", "dark_counts", "bin_nonlinearity", "time_skew", "flat_field", "matched_arrival",
          "time_gate", "attenuation", "inpainting"]
[matched_arrival]
mode = "per_pixel"
)";
constexpr const char* deconvolving_text = R"(name = "deconvolving"
stages = ["pixel_mask", "pile_up", "dark_counts", "bin_nonlinearity", "time_skew", "flat_field", "wiener",
          "expected_arrival", "time_gate", "attenuation", "inpainting"]
[time_gate]
open_ps = -20
close_ps = 20
)";
constexpr const char* counts_only_text = R"(name = "counts"
stages = ["time_skew", "expected_arrival", "time_gate"]
)";

// 1e-5 of each value, or of what it is the difference of: net + background for `ballistic` and what is made of it.
void expect_as_batch(const GatedImages& batch, const GatedImages& found, std::int64_t view, const std::string& what) {
    const auto pixels = static_cast<std::size_t>(batch.rows * batch.columns);
    const std::size_t first = pixels * static_cast<std::size_t>(view);
    ASSERT_EQ(batch.layers.size(), found.layers.size()) << what;
    EXPECT_EQ(found.signal, batch.signal);
    EXPECT_EQ(found.views, 1);
    EXPECT_EQ(found.x.at(1), batch.x.at(1));
    for (std::size_t p = 0; p < pixels; ++p) ASSERT_EQ(found.mask[p], batch.mask[first + p]) << what << " pixel " << p;
    const auto at = [&](const char* name, std::size_t p) {
        return std::abs(static_cast<double>(batch.layer(name)->values[first + p]));
    };
    for (std::size_t l = 0; l < batch.layers.size(); ++l) {
        const std::string& name = batch.layers[l].name;
        ASSERT_EQ(found.layers[l].name, name) << what;
        for (std::size_t p = 0; p < pixels; ++p) {
            const double expected = batch.layers[l].values[first + p];
            const double value = found.layers[l].values[p];
            // A pixel right at the limit of detection may be taken either way.
            const bool tie = std::abs(at("ballistic", p) - 3 * at("ballistic_sigma", p)) <= 1e-5 * at("ballistic", p);
            if (tie && std::isnan(expected) != std::isnan(value)) continue;
            ASSERT_EQ(std::isnan(expected), std::isnan(value)) << what << " " << name << " pixel " << p;
            if (std::isnan(expected) || value == expected) continue;
            double amplified = (at("ballistic", p) + at("background", p)) / at("ballistic", p);
            if (!(amplified >= 1)) amplified = 1;  // a masked pixel that was filled in
            const bool absolute = name == "optical_depth" || name == "purity" || name == "optical_depth_upper_limit";
            const double error = std::abs(value - expected) / (amplified * (std::abs(expected) + (absolute ? 1 : 0)));
            if (std::abs(value - expected) < 1e-7) continue;  // what a signal's own sums cancel to
            ASSERT_LE(error, 1e-5) << what << " " << name << " pixel " << p << ": " << value << " for " << expected;
        }
    }
}

void expect_random_gates(const HeldSource& source, const Recipe& recipe, int gates, const std::string& what) {
    const auto queue = open_cpu_queue(2);
    HeldScan held;
    const Reconstruction batch = source.hold(*queue, recipe, held);
    expect_same_bits(source.run(*queue, recipe).images, batch.images, what + " held");
    EXPECT_EQ(held.plan().step, 1);
    EXPECT_EQ(held.plan().bytes, HeldScan::plan(source.scan, recipe, std::size_t{1} << 40).bytes);
    std::mt19937 random(static_cast<unsigned>(what.size()));
    for (int g = 0; g <= gates; ++g) {
        const Recipe changed = g == 0 ? recipe : with_random_gate(recipe, source.scan.bin_width_s * 1e12, random);
        std::string why_not;
        ASSERT_TRUE(held.can_regate(changed, &why_not)) << why_not;
        const Reconstruction expected = source.run(*queue, changed);
        for (const std::int64_t view : {std::int64_t{0}, source.scan.views - 1})
            expect_as_batch(expected.images, held.regate(changed, view, *queue), view,
                            fmt::format("{} gate {} view {}", what, g, view));
    }
}

TEST(HeldScan, any_gate_equals_the_batch_result) {
    const SyntheticScan s(23, 31, 256, 2);
    expect_random_gates(source_of(s), load_recipe("transmission"), 6, "transmission");
    expect_random_gates(source_of(s), parse_recipe(per_pixel_text, "test"), 3, "arrival per pixel");
    expect_random_gates(source_of(s), parse_recipe(deconvolving_text, "test"), 4, "wiener");
    expect_random_gates(source_of(s), parse_recipe(counts_only_text, "test"), 4, "counts");
    Recipe optimal = load_recipe("transmission");
    set_parameter(optimal, "time_gate.edges", "optimal");
    expect_random_gates(source_of(s), optimal, 0, "optimal edges");
}

TEST(HeldScan, any_gate_equals_the_batch_result_on_the_samples) {
    const std::filesystem::path folder = std::filesystem::path(FIRSTLIGHT_SOURCE_DIR) / "sample_data";
    for (const auto& [name, recipe] : {std::pair{"star.h5", "transmission"}, std::pair{"bars.h5", "transmission"},
                                       std::pair{"kerr.h5", "kerr"}, std::pair{"tomography.h5", "tomography"}}) {
        const AcquisitionFile file = AcquisitionFile::open(folder / name, {});
        std::optional<CountSource> reference;
        if (file.reference() != nullptr) reference = source_of(*file.reference());
        expect_random_gates({file.scan(), source_of(file.counts()), reference}, load_recipe(recipe), 2, name);
    }
}

TEST(HeldScan, holds_events_whole) {
    const ScratchFolder folder("held_events");
    const SyntheticScan s(19, 23);
    write_event_scan(folder.path / "events.h5", s, TagOrder::random);
    const AcquisitionFile file = AcquisitionFile::open(folder.path / "events.h5", {});
    const auto queue = open_cpu_queue(2);
    EventSourceOptions options;
    options.memory_bytes = std::size_t{1} << 28;
    options.threads = 2;
    EventSource events(*file.events(), *queue, options);
    EventSource reference(*file.reference_events(), *queue, options);
    Scan scan = file.scan();
    scan.type = events.counts().type;
    const Recipe recipe =
        parse_recipe(R"(stages = ["dark_counts", "time_skew", "expected_arrival", "time_gate"])", "t");
    const HeldSource source{scan, events.counts(), reference.counts()};
    expect_random_gates(source, recipe, 3, "events");
    HeldScan held;
    (void)source.hold(*queue, recipe, held);
    const HeldCurve curve = held.trace(0, 40);
    const auto* y = reinterpret_cast<const std::uint16_t*>(s.cube.trace(0, 40 / 23, 40 % 23));
    for (std::size_t i = 0; i < curve.counts.size(); ++i) EXPECT_EQ(curve.counts[i], y[i]);
}

TEST(HeldScan, threads_and_tiles_change_no_bit) {
    const SyntheticScan s(17, 19);
    const Recipe recipe = load_recipe("transmission");
    std::mt19937 random(4);
    const Recipe changed = with_random_gate(recipe, 8, random);
    std::optional<GatedImages> first;
    for (const int threads : {1, 2, 16})
        for (const int tile_traces : {0, 1, 7}) {
            const auto queue = open_cpu_queue(threads);
            HeldScan held;
            (void)source_of(s).hold(*queue, recipe, held, tile_traces);
            const GatedImages images = held.regate(changed, 0, *queue);
            if (!first) first = images;
            expect_same_bits(*first, images, fmt::format("{} threads", threads));
        }
}

TEST(HeldScan, is_read_by_several_threads_at_once) {
    const SyntheticScan s(17, 19);
    const Recipe recipe = load_recipe("transmission");
    const auto queue = open_cpu_queue(2);
    HeldScan held;
    (void)source_of(s).hold(*queue, recipe, held);
    const GatedImages alone = held.regate(recipe, 0, *queue);
    const HeldCurve curve = held.sum_of(0, {1, 2, 3}, true);
    std::vector<float> film(17 * 19);
    held.frame(0, -2, 3, true, film.data());
    std::vector<std::thread> readers;
    for (int t = 0; t < 4; ++t)
        readers.emplace_back([&] {
            std::vector<float> mine(film.size());
            for (int k = 0; k < 5; ++k) {
                expect_same_bits(alone, held.regate(recipe, 0, *queue), "beside others");
                held.frame(0, -2, 3, true, mine.data());
                EXPECT_EQ(mine, film);
                EXPECT_EQ(held.sum_of(0, {1, 2, 3}, true).counts, curve.counts);
            }
        });
    for (std::thread& reader : readers) reader.join();
}

// The .cu sources under the host emulation: held on the device, gated there.
TEST(HeldScan, device_equals_host) {
    std::string why_not;
    Queue* device = test_queue("cuda_emulated", why_not);
    ASSERT_NE(device, nullptr) << why_not;
    const SyntheticScan s(7, 9);
    const Recipe recipe = load_recipe("transmission");
    std::mt19937 random(8);
    const Recipe changed = with_random_gate(recipe, 8, random);
    HeldScan held;
    (void)source_of(s).hold(*device, recipe, held);
    const Reconstruction expected = source_of(s).run(*open_cpu_queue(1), changed);
    expect_as_batch(expected.images, held.regate(changed, 0, *device), 0, "device");
    HeldScan on_host;
    const auto queue = open_cpu_queue(1);
    (void)source_of(s).hold(*queue, recipe, on_host);
    EXPECT_EQ(held.trace(0, 11).counts, on_host.trace(0, 11).counts);
    EXPECT_EQ(held.sum_of(0, {3, 30, 31}, true).counts, on_host.sum_of(0, {3, 30, 31}, true).counts);
    EXPECT_EQ(held.model(0, 12).gain, on_host.model(0, 12).gain);
    std::vector<float> here(63), there(63);
    on_host.frame(0, -3, 4.5, true, here.data());
    held.frame(0, -3, 4.5, true, there.data());
    EXPECT_EQ(here, there);
}

TEST(HeldScan, binned_for_preview_where_memory_is_short) {
    const SyntheticScan s(20, 20);
    const Recipe recipe = load_recipe("transmission");
    const std::size_t whole = HeldScan::plan(s.scan, recipe, std::size_t{1} << 40).bytes;
    const HeldScan::Plan plan = HeldScan::plan(s.scan, recipe, whole / 2);
    EXPECT_EQ(plan.step, 3);  // 128 steps and the arrays per pixel are more than half
    EXPECT_EQ(plan.steps, 86);
    EXPECT_LE(plan.bytes, whole / 2);
    HeldScan held(whole / 2);
    const auto queue = open_cpu_queue(2);
    const Reconstruction batch = source_of(s).hold(*queue, recipe, held);
    const GatedImages found = held.regate(recipe, 0, *queue);
    double off = 0, pixels = 0, lit = 0, all = 0;
    for (std::size_t p = 0; p < 400; ++p) {
        const double expected = batch.images.layer("ballistic")->values[p];
        const double sigma = batch.images.layer("ballistic_sigma")->values[p];
        if (std::isnan(expected)) continue;
        const double value = found.layer("ballistic")->values[p];
        ++pixels;
        if (std::abs(value - expected) > 2 * sigma) ++off;
        lit += value, all += expected;
    }
    EXPECT_LT(off / pixels, 0.2);
    EXPECT_NEAR(lit / all, 1, 0.1);
    EXPECT_EQ(held.trace(0, 7).counts.size(), 86U);
    Recipe optimal = recipe;
    set_parameter(optimal, "time_gate.edges", "optimal");
    EXPECT_FALSE(held.can_regate(optimal));
    EXPECT_THROW((void)HeldScan::plan(s.scan, recipe, 1000), Error);
}

TEST(HeldScan, says_what_it_cannot_gate) {
    const SyntheticScan s(5, 6);
    const Recipe recipe = load_recipe("transmission");
    const auto queue = open_cpu_queue(1);
    HeldScan held;
    std::string why_not;
    EXPECT_FALSE(held.can_regate(recipe, &why_not));
    EXPECT_EQ(why_not, "nothing is held");
    (void)source_of(s).hold(*queue, recipe, held);
    EXPECT_TRUE(held.can_regate(recipe, &why_not));
    EXPECT_EQ(why_not, "");
    const auto reason = [&](const Recipe& other) {
        std::string why;
        EXPECT_FALSE(held.can_regate(other, &why));
        try {
            (void)held.regate(other, 0, *queue);
            ADD_FAILURE() << why;
        } catch (const Error& e) {
            EXPECT_NE(std::string(e.what()).find(why), std::string::npos) << e.what();
        }
        return why;
    };
    Recipe other = recipe;
    set_parameter(other, "expected_arrival.offset_ps", "5");
    EXPECT_EQ(reason(other), "expected_arrival has other parameters than on what is held");
    EXPECT_EQ(reason(load_recipe("transmission-fit")), "only the gate time_gate is instant");
    EXPECT_EQ(reason(parse_recipe(deconvolving_text, "test")), "wiener was not run on what is held");
    EXPECT_EQ(reason(parse_recipe(counts_only_text, "test")), "pixel_mask was run on what is held");
    HeldScan of_fit;
    (void)source_of(s).hold(*queue, load_recipe("transmission-fit"), of_fit);
    EXPECT_FALSE(of_fit.can_regate(recipe, &why_not));
    EXPECT_EQ(why_not, "what is held was not made for time_gate");
    EXPECT_GT(of_fit.trace(0, 3).counts[80], 0);
}

TEST(HeldScan, slow_stages_can_be_left_out) {
    const SyntheticScan s(8, 9);
    const Recipe recipe = load_recipe("transmission");
    const auto queue = open_cpu_queue(1);
    HeldScan held;
    const Reconstruction batch = source_of(s).hold(*queue, recipe, held);
    RegateOptions options;
    options.leave_out = {"attenuation", "inpainting"};
    std::map<std::string, double> found;
    options.found = &found;
    const GatedImages images = held.regate(recipe, 0, *queue, options);
    EXPECT_EQ(images.layer("optical_depth"), nullptr);
    ASSERT_NE(images.layer("ballistic"), nullptr);
    EXPECT_TRUE(std::isnan(images.layer("ballistic")->values[5]));  // hot, and not filled in
    EXPECT_NEAR(images.layer("ballistic")->values[6], batch.images.layer("ballistic")->values[6], 1e-5);
    EXPECT_LT(found.at("open_ps"), 0);
}

TEST(HeldScan, cancelled) {
    const SyntheticScan s(8, 9);
    const Recipe recipe = load_recipe("transmission");
    const auto queue = open_cpu_queue(1);
    HeldScan held;
    std::atomic<bool> stop{true};
    RunOptions options;
    options.hold = &held;
    options.cancelled = &stop;
    EXPECT_THROW((void)source_of(s).run(*queue, recipe, options), Interrupted);
    EXPECT_FALSE(held.is_ready());
    EXPECT_THROW((void)held.trace(0, 0), Error);
    stop = false;
    (void)source_of(s).run(*queue, recipe, options);
    EXPECT_TRUE(held.is_ready());
    stop = true;
    RegateOptions again;
    again.cancelled = &stop;
    EXPECT_THROW((void)held.regate(recipe, 0, *queue, again), Interrupted);
}

// A delta of 60 counts at each pixel's own arrival: aligned, all fall together.
TEST(HeldScan, traces_sums_and_frames) {
    Scan scan;
    scan.name = "deltas";
    scan.rows = 2;
    scan.columns = 3;
    scan.bins = 64;
    scan.bin_width_s = 10e-12;
    scan.first_bin_centre_s = 5e-12;
    scan.arrival_s = 300e-12;
    PhotonCube cube(CountType::u2, 1, 2, 3, 64);
    const std::array<int, 6> later{0, 2, -3, 5, 1, 0};
    for (std::size_t p = 0; p < 6; ++p) {
        scan.t0_map_s.push_back(later[p] * 10e-12);
        reinterpret_cast<std::uint16_t*>(cube.counts.data())[p * 64 + 30 + static_cast<std::size_t>(later[p])] = 60;
    }
    const auto queue = open_cpu_queue(2);
    HeldScan held;
    RunOptions options;
    options.hold = &held;
    const Recipe recipe = parse_recipe(R"(stages = ["time_skew", "expected_arrival", "time_gate"]
[time_gate]
open_ps = -5
close_ps = 15
)",
                                       "test");
    (void)reconstruct(scan, source_of(cube), nullptr, recipe, *queue, options);
    const HeldCurve one = held.trace(0, 3);
    EXPECT_EQ(one.counts[35], 60);
    EXPECT_NEAR(one.time_s[35], 355e-12, 1e-18);
    EXPECT_NEAR(one.edge_s[35], 350e-12, 1e-18);
    const std::vector<std::int64_t> all{0, 1, 2, 3, 4, 5};
    EXPECT_NEAR(held.median_arrival_s(0), 310e-12, 1e-16);  // the upper of the two in the middle
    const HeldCurve unaligned = held.sum_of(0, all, false), aligned = held.sum_of(0, all, true);
    EXPECT_EQ(unaligned.counts[30], 120);
    double sum = 0;
    for (const double c : aligned.counts) sum += c;
    EXPECT_NEAR(sum, 360, 1e-6);
    EXPECT_NEAR(aligned.counts[31], 360, 1e-3);
    std::vector<float> image(6);
    held.frame(0, 0.0, 1.0, true, image.data());
    for (const float v : image) EXPECT_NEAR(v, 60, 1e-4);
    held.frame(0, 32, 33, false, image.data());
    EXPECT_EQ(image, (std::vector<float>{0, 60, 0, 0, 0, 0}));
    const HeldPixel pixel = held.model(0, 3);
    EXPECT_NEAR(pixel.arrival_s, 350e-12, 1e-16);
    EXPECT_NEAR(pixel.shift_s, 50e-12, 1e-16);
    EXPECT_EQ(pixel.flags, 0);
    EXPECT_THROW((void)held.model(0, 6), Error);
    EXPECT_THROW((void)held.trace(1, 0), Error);
}

}  // namespace
}  // namespace firstlight
