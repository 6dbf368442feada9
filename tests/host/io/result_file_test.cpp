// Results come back as written, and other programs see named axes and units.
#include "host/io/result_file.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "kernels/support/layers.hpp"
#include "tests/host/io/python_fixture.hpp"

namespace firstlight {
namespace {

Result full_result(bool views) {
    Result r;
    GatedImages& g = r.images;
    g.views = views ? 2 : 1;
    g.rows = 5;
    g.columns = 7;
    g.has_views_axis = views;
    g.view = uniform_axis("view", "rad", "rotation angle", 2, 0, 0.5);
    g.y = uniform_axis("y", "m", "y", 5, -0.01, 0.002);
    g.x = listed_axis("x", "m", "x", {0, 0.001, 0.002, 0.004, 0.005, 0.006, 0.007});
    for (const LayerInfo& info : layer_table) {
        ImageLayer layer{info.name, info.unit, info.long_name, {}};
        for (std::int64_t i = 0; i < g.pixels(); ++i)
            layer.values.push_back(static_cast<float>(i) + 0.25F * static_cast<float>(g.layers.size()));
        g.layers.push_back(layer);
    }
    g.layers[4].values[3] = std::nanf("");
    g.mask.assign(static_cast<std::size_t>(g.pixels()), 0);
    g.mask[2] = hot | low_counts;
    Volume v;
    v.z = uniform_axis("z", "m", "z", 2, 0, 1e-3);
    v.y = uniform_axis("y", "m", "y", 3, 0, 1e-3);
    v.x = uniform_axis("x", "m", "x", 4, 0, 1e-3);
    v.values.assign(24, 2.5F);
    r.volume = v;
    r.process.facts = {{"program", "firstlight"}, {"version", "0.1.0"}, {"device", "a processor"}, {"command", ""}};
    r.process.recipe = "[[stage]]\nname = \"time_gate\"\n";
    r.process.stages = {{"time_gate", 0.5, 100, 40, {{"arrival_ps", 512.25}, {"not_found", std::nan("")}}},
                        {"attenuation", 0.25, 40, 40, {}}};
    r.process.warnings = {"first", "a longer second µ"};
    r.process.inputs = {{"/data/scan.h5", std::string(64, 'a'), "some-uuid"}};
    r.quality = {{"counts_total", 1e6}, {"arrival_median_ps", 12.5}};
    return r;
}

TEST(ResultFile, round_trip_keeps_everything) {
    const ScratchFolder folder("result");
    for (const bool views : {false, true}) {
        const Result r = full_result(views);
        write_result(folder.path / "r.h5", r, true);
        const Result s = read_result(folder.path / "r.h5", {});
        ASSERT_EQ(s.images.layers.size(), r.images.layers.size());
        for (const ImageLayer& layer : r.images.layers) {
            const ImageLayer* found = s.images.layer(layer.name);
            ASSERT_NE(found, nullptr) << layer.name;
            EXPECT_EQ(found->unit, layer.unit);
            EXPECT_EQ(found->long_name, layer.long_name);
            for (std::size_t i = 0; i < layer.values.size(); ++i)
                EXPECT_TRUE(found->values[i] == layer.values[i] ||
                            (std::isnan(found->values[i]) && std::isnan(layer.values[i])));
        }
        EXPECT_EQ(s.images.mask, r.images.mask);
        EXPECT_EQ(s.images.signal, "ballistic");
        EXPECT_EQ(s.images.has_views_axis, views);
        EXPECT_EQ(s.images.x.values, r.images.x.values);
        EXPECT_TRUE(s.images.y.is_uniform());
        EXPECT_NEAR(s.images.y.step, 0.002, 1e-12);
        EXPECT_EQ(s.images.y.unit, "m");
        ASSERT_TRUE(s.volume);
        EXPECT_EQ(s.volume->values, r.volume->values);
        EXPECT_EQ(s.process.facts, r.process.facts);
        EXPECT_EQ(s.process.recipe, r.process.recipe);
        EXPECT_EQ(s.process.warnings, r.process.warnings);
        ASSERT_EQ(s.process.stages.size(), 2U);
        EXPECT_EQ(s.process.stages[0].survey.at("arrival_ps"), 512.25);
        EXPECT_EQ(s.process.stages[0].counts_out, 40);
        EXPECT_EQ(s.process.inputs.at(0).sha256, r.process.inputs[0].sha256);
        EXPECT_EQ(s.quality, r.quality);
        EXPECT_EQ(s.uuid.size(), 36U);
    }
}

TEST(ResultFile, opens_in_h5py_and_xarray) {
    FIRSTLIGHT_NEEDS_PYTHON();
    const ScratchFolder folder("xarray");
    write_result(folder.path / "r.h5", full_result(true), false);
    EXPECT_EQ(run_python("check_result.py", "'" + (folder.path / "r.h5").string() + "'"), 0);
}

}  // namespace
}  // namespace firstlight
