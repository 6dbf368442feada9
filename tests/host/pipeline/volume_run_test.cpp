// How volumes are run, with stages made for it: what they are given is right, whatever the bands and the tiles.
#include "host/pipeline/volume_run.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <functional>

#include "host/pipeline/pipeline.hpp"
#include "host/pipeline/view_images.hpp"
#include "tests/host/pipeline/synthetic_scan.hpp"

namespace firstlight {
namespace {

constexpr std::size_t work_per_row = 1 << 20;

struct Task {
    std::function<void(double)> proceed;
};

// mu[row][y][x] = sum over views of the optical depth at (row, x), plus the row's number of the scan.
StageEntry summing_stage() {
    StageEntry e;
    e.info = {"summing", "reconstruction", "sums views"};
    e.kind = StageKind::volumes;
    static const ParamTable none;
    e.params = &none;
    e.make_params = +[]() -> std::shared_ptr<void> { return std::make_shared<int>(0); };
    e.copy_params = +[](const void*) -> std::shared_ptr<void> { return std::make_shared<int>(0); };
    e.layers = +[](const void*) { return std::vector<Layer>(); };
    e.box = +[](const void*, const Scan& scan) {
        return VolumeBox{"mu", "1/m", "sum", {scan.rows, 0, 1}, {2, 0, 1}, {scan.columns, 0, 1}};
    };
    e.work_bytes = +[](const void*, const Scan& band) { return static_cast<std::size_t>(band.rows) * work_per_row; };
    e.prepare = +[](const void*, StageContext& context) -> std::shared_ptr<void> {
        EXPECT_NE(context.volume_input, nullptr);
        EXPECT_EQ(context.volume_input->rows, context.scan.rows);
        return std::make_shared<Task>(Task{context.proceed});
    };
    e.run_volume = +[](Queue&, const VolumeTask& task, const void* c, int) {
        const float* depth = task.layer(Layer::optical_depth);
        for (std::int64_t row = 0; row < task.rows; ++row) {
            static_cast<const Task*>(c)->proceed(static_cast<double>(row) / static_cast<double>(task.rows));
            for (std::int64_t x = 0; x < task.columns; ++x) {
                auto sum = static_cast<float>(task.first_row + row);
                for (std::int64_t v = 0; v < task.views; ++v) {
                    const std::int64_t ray = (v * task.rows + row) * task.columns + x;
                    EXPECT_EQ(task.flags[ray], (task.first_row + row) % 2 == 0 ? 0 : hot);
                    sum += depth[ray];
                }
                for (std::int64_t y = 0; y < 2; ++y) task.volume[(row * 2 + y) * task.columns + x] = sum;
            }
        }
    };
    return e;
}

GatedImages images_with_depths(const Scan& scan) {
    GatedImages images = images_of(scan);
    ImageLayer depth{"optical_depth", "1", "", std::vector<float>(static_cast<std::size_t>(images.pixels()))};
    for (std::size_t i = 0; i < depth.values.size(); ++i) depth.values[i] = static_cast<float>(i % 97);
    images.layers.push_back(depth);
    for (std::size_t i = 0; i < images.mask.size(); ++i)
        images.mask[i] = static_cast<std::int64_t>(i) / scan.columns % scan.rows % 2 == 0 ? 0 : hot;
    return images;
}

Volume run_summing(const Scan& scan, const StageEntry& entry, std::int64_t band_rows,
                   const std::function<void(double)>& proceed) {
    const auto queue = open_cpu_queue(2);
    Keeper keep(*queue);
    GatedImages images = images_with_depths(scan);
    StageContext context{scan, keep};
    context.proceed = proceed;
    return run_volume({scan, {&entry, entry.make_params(), {}}, *queue, band_rows, images, {}, {}, context});
}

TEST(VolumeRun, bands_hold_the_right_rows_of_every_view) {
    const StageEntry entry = summing_stage();
    for (const auto& [rows, columns] : {std::pair{1, 1}, {1, 7}, {33, 5}, {50, 31}}) {
        Scan scan;
        scan.views = 3;
        scan.has_views_axis = true;
        scan.rows = rows;
        scan.columns = columns;
        const GatedImages images = images_with_depths(scan);
        for (const std::int64_t band : {1, 16, 64}) {
            std::vector<double> shares;
            const Volume volume = run_summing(scan, entry, band, [&](double share) { shares.push_back(share); });
            EXPECT_EQ(volume.z.size, rows);
            ASSERT_EQ(volume.values.size(), static_cast<std::size_t>(rows * 2 * columns));
            for (std::int64_t row = 0; row < rows; ++row)
                for (std::int64_t x = 0; x < columns; ++x) {
                    auto sum = static_cast<float>(row);
                    for (std::int64_t v = 0; v < 3; ++v)
                        sum += images.layers[0].values[static_cast<std::size_t>((v * rows + row) * columns + x)];
                    EXPECT_EQ(volume.values[static_cast<std::size_t>((row * 2 + 1) * columns + x)], sum);
                }
            for (std::size_t i = 1; i < shares.size(); ++i) EXPECT_GE(shares[i], shares[i - 1] - 1e-12);
            EXPECT_DOUBLE_EQ(shares.back(), 1);
        }
    }
}

TEST(VolumeRun, memory_sets_the_bands_or_is_refused_with_the_need) {
    const StageEntry entry = summing_stage();
    const RecipeStage stage{&entry, entry.make_params(), {}};
    Scan scan;
    scan.views = 2;
    scan.rows = 200;
    scan.columns = 4;
    EXPECT_EQ(volume_needs(scan, stage, std::size_t{1} << 30).band_rows, 64);
    const VolumeNeeds small = volume_needs(scan, stage, 40 * work_per_row);
    EXPECT_EQ(small.band_rows, 32);
    EXPECT_LE(small.volume_bytes + small.band_bytes, 40 * work_per_row);
    EXPECT_EQ(volume_needs(scan, stage, 20 * work_per_row).band_rows, 16);
    try {
        (void)volume_needs(scan, stage, 10 * work_per_row);
        FAIL();
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), ExitCode::bad_input);
        EXPECT_NE(std::string(e.what()).find("give --memory 17M or more"), std::string::npos) << e.what();
    }
    try {  // what else is in memory counts
        (void)volume_needs(scan, stage, 50 * work_per_row, 40 * work_per_row);
        FAIL();
    } catch (const Error& e) {
        EXPECT_NE(std::string(e.what()).find("give --memory 57M or more"), std::string::npos) << e.what();
    }
}

TEST(VolumeRun, can_be_cancelled_within_a_band) {
    const StageEntry entry = summing_stage();
    Scan scan;
    scan.rows = 64;
    scan.columns = 3;
    int calls = 0;
    const auto stop = [&](double) {
        if (++calls == 20) throw Interrupted();
    };
    EXPECT_THROW((void)run_summing(scan, entry, 64, stop), Interrupted);
    EXPECT_EQ(calls, 20);
}

// albedo[t][y][x] = the light of the trace.
StageEntry light_stage() {
    StageEntry e = summing_stage();
    e.info = {"light_copy", "reconstruction", "copies the light"};
    e.uses_light = true;
    e.layers = +[](const void*) { return std::vector<Layer>{Layer::depth}; };
    e.box = +[](const void*, const Scan& scan) {
        return VolumeBox{"albedo", "1", "light", {scan.bins, 0, 1}, {scan.rows, 0, 1}, {scan.columns, 0, 1}};
    };
    e.run_volume = +[](Queue&, const VolumeTask& task, const void*, int) {
        for (std::int64_t p = 0; p < task.rows * task.columns; ++p) {
            task.image(Layer::depth)[p] = task.dark[p];
            for (std::int64_t t = 0; t < task.bins; ++t)
                task.volume[t * task.rows * task.columns + p] = task.light[p * task.bins + t];
        }
    };
    return e;
}

TEST(VolumeRun, light_has_the_detectors_model_and_each_pixels_delay_taken_out) {
    SyntheticScan s(9, 14);
    s.scan.has_reference = false;
    const StageEntry entry = light_stage();
    Recipe recipe =
        parse_recipe(R"(stages = ["pixel_mask", "dark_counts", "time_skew", "flat_field", "corrected_light"])", "test");
    recipe.stages.push_back({&entry, entry.make_params(), {}});
    const auto volume_of = [&](int threads, std::int64_t tile_traces) {
        const auto queue = open_cpu_queue(threads);
        RunOptions options;
        options.tile_traces = tile_traces;
        return reconstruct(s.scan, source_of(s.cube), nullptr, recipe, *queue, options);
    };
    const Reconstruction r = volume_of(1, 0);
    ASSERT_TRUE(r.volume);
    EXPECT_EQ(r.volume->name, "albedo");
    const std::int64_t pixels = s.scan.pixels();
    const auto light = [&](std::int64_t p, std::int64_t t) {
        return static_cast<double>(r.volume->values[static_cast<std::size_t>(t * pixels + p)]);
    };
    for (std::int64_t p = 0; p < pixels; ++p) {
        const auto i = static_cast<std::size_t>(p);
        if (s.scan.pixel_mask[i] != 0) {
            EXPECT_TRUE(std::isnan(light(p, 100)));
            continue;
        }
        const double dark = s.scan.dark_rate_hz[i] * s.scan.pulses[0] * s.scan.bin_width_s / s.scan.flat[i];
        EXPECT_NEAR(static_cast<double>(r.images.layer("depth")->values[i]), dark,
                    2e-3 * dark);  // the flat field is levelled anew
        if (s.transmission[i] == 0) continue;
        double sum = 0, first_moment = 0;
        for (std::int64_t t = 70; t < 90; ++t) {
            sum += light(p, t);
            first_moment += light(p, t) * (static_cast<double>(t) + 0.5);
        }
        EXPECT_NEAR(sum, 300, 100) << p;
        EXPECT_NEAR(first_moment / sum, SyntheticScan::arrival_bins, 0.6) << p;  // delays go from -3 to 3 bins
    }
    for (const auto& [threads, tile] : {std::pair{2, 0}, {2, 1}, {1, 5}}) {
        const Reconstruction other = volume_of(threads, tile);
        ASSERT_EQ(other.volume->values.size(), r.volume->values.size());
        EXPECT_EQ(std::memcmp(other.volume->values.data(), r.volume->values.data(), r.volume->values.size() * 4), 0);
    }
}

TEST(VolumeRun, a_recipe_with_a_volume_is_checked) {
    const StageEntry sum = summing_stage(), light = light_stage();
    const auto refused = [](const std::string& stages, std::initializer_list<const StageEntry*> more) {
        Recipe recipe = parse_recipe("stages = [" + stages + "]", "test");
        for (const StageEntry* entry : more) recipe.stages.push_back({entry, entry->make_params(), {}});
        try {
            check_recipe(recipe);
            return std::string();
        } catch (const Error& e) {
            return std::string(e.what());
        }
    };
    const auto says = [](const std::string& message, const char* word) {
        return message.find(word) != std::string::npos;
    };
    EXPECT_EQ(refused("\"corrected_light\"", {&light}), "");
    EXPECT_EQ(refused("\"expected_arrival\", \"time_gate\", \"attenuation\"", {&sum}), "");
    EXPECT_TRUE(says(refused("\"time_skew\"", {&light}), "put corrected_light before it"));
    EXPECT_TRUE(
        says(refused("\"expected_arrival\", \"time_gate\"", {&sum}), "put time_gate and attenuation before it"));
    EXPECT_TRUE(says(refused("\"corrected_light\"", {&light, &sum}), "two stages make a volume"));
    EXPECT_TRUE(says(refused("\"corrected_light\"", {}), "corrected_light has no effect"));
    const StageEntry* depth = find_stage("depth_map");
    EXPECT_TRUE(says(refused("\"adaptive_gate\"", {find_stage("attenuation"), &sum, depth}),
                     "images are done before a volume is made of them"));
}

}  // namespace
}  // namespace firstlight
