#include "host/pipeline/trace_stages.hpp"

#include <gtest/gtest.h>

#include "host/pipeline/pipeline.hpp"
#include "host/pipeline/trace_detail.hpp"
#include "kernels/support/layers.hpp"
#include "tests/host/pipeline/gated_sweep.hpp"
#include "tests/host/pipeline/synthetic_scan.hpp"
#include "tests/host/pipeline/trace_recipes.hpp"

namespace firstlight {
namespace {

void expect_run(const Scan& scan, const CountSource& counts, const CountSource* reference, const Recipe& recipe) {
    const auto queue = open_cpu_queue(2);
    const Reconstruction made = reconstruct(scan, counts, reference, recipe, *queue, {});
    for (std::int64_t view = 0; view < scan.views; ++view) {
        const TraceStages stages({scan, counts, reference, recipe, view, nullptr});
        for (std::int64_t pixel = 0; pixel < scan.pixels(); ++pixel)
            stages.run(pixel, [&](const TraceTile& tile, std::int64_t trace) {
                for (const ImageLayer& layer : made.images.layers) {
                    const float found = tile.layer(find_layer(layer.name)->layer)[trace];
                    const float wanted = layer.values[static_cast<std::size_t>(view * scan.pixels() + pixel)];
                    ASSERT_TRUE(found == wanted || (found != found && wanted != wanted))
                        << recipe.name << " " << layer.name << " view " << view << " pixel " << pixel << ": " << found
                        << " instead of " << wanted;
                }
                EXPECT_EQ(tile.model.flags[trace],
                          made.images.mask[static_cast<std::size_t>(view * scan.pixels() + pixel)]);
            });
    }
}

TEST(TraceStages, see_what_the_run_saw_to_the_bit) {
    const SyntheticScan s(9, 14, 256, 2);
    const CountSource counts = source_of(s.cube), reference = source_of(s.reference);
    for (const char* name : {"transmission", "transmission-fit", "arrival", "depth"})
        expect_run(s.scan, counts, &reference, trace_recipe(load_recipe(name)));
    expect_run(s.scan, counts, &reference, gate_recipe("edges = \"optimal\"\n", "\"pile_up\", "));
    Recipe fitted = trace_recipe(load_recipe("transmission-fit"));
    set_parameter(fitted, "component_fit.arrival", "per_pixel");
    expect_run(s.scan, counts, nullptr, fitted);
    Recipe deconvolved = parse_recipe(
        "name = \"wiener\"\nstages = [\"pixel_mask\", \"dark_counts\", \"time_skew\", \"flat_field\", \"wiener\", "
        "\"expected_arrival\", \"time_gate\"]\n",
        "test");
    expect_run(s.scan, counts, nullptr, deconvolved);
}

TEST(TraceStages, see_frames_of_a_gated_camera_too) {
    const GatedSweepScan s(true);
    const CountSource counts = source_of(s.cube), reference = source_of(s.reference);
    expect_run(s.scan, counts, &reference, trace_recipe(load_recipe("kerr")));
}

TEST(TraceStages, take_the_arrival_from_a_reference) {
    SyntheticScan s(6, 8);
    s.scan.arrival_s.reset();
    const CountSource counts = source_of(s.cube), reference = source_of(s.reference);
    Recipe recipe = trace_recipe(load_recipe("transmission"));
    set_parameter(recipe, "expected_arrival.source", "reference");
    expect_run(s.scan, counts, &reference, recipe);
}

TEST(TraceStages, refuse_what_is_not_there) {
    const SyntheticScan s(4, 6);
    const CountSource counts = source_of(s.cube);
    const Recipe recipe = gate_recipe("");
    EXPECT_THROW(TraceStages({s.scan, counts, nullptr, recipe, 1, nullptr}), Error);
    const TraceStages stages({s.scan, counts, nullptr, recipe, 0, nullptr});
    for (const std::vector<std::int64_t>& pixels : {std::vector<std::int64_t>{}, {24}, {-1}, {3, 24}})
        EXPECT_THROW((void)trace_detail(stages, pixels), Error);
    const std::atomic<bool> cancelled{true};
    EXPECT_THROW(TraceStages({s.scan, counts, nullptr, recipe, 0, &cancelled}), Interrupted);
}

}  // namespace
}  // namespace firstlight
