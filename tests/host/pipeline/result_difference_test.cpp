// Two results set against each other: each cause by itself, and sizes known in closed form.
#include "host/pipeline/result_difference.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

namespace firstlight {
namespace {

constexpr float nan = std::numeric_limits<float>::quiet_NaN();

Result small_result() {
    Result r;
    r.images.rows = 1;
    r.images.columns = 4;
    r.images.layers = {{"ballistic", "counts", "", {10, 20, 30, nan}},
                       {"ballistic_sigma", "counts", "", {2, 4, 5, nan}}};
    r.images.mask = {0, 0, 0, 2};
    r.process.recipe =
        "name = 'transmission'\nstages = ['dark_counts', 'time_gate']\n[dark_counts]\nguard_ps = 200.0\n"
        "[time_gate]\nopen_ps = -60.0\nedges = 'fixed'\n";
    r.process.inputs = {{"/data/scan.h5", std::string(64, 'a'), "u"}, {"/data/cal.h5", std::string(64, 'b'), "v"}};
    r.process.facts = {{"version", "0.1.0"},   {"git_commit", "abc"}, {"backend", "cpu"},
                       {"device", "Some CPU"}, {"threads", "2"},      {"command", "one"}};
    r.volume = Volume{"mu",
                      "1/m",
                      "",
                      uniform_axis("z", "m", "", 1, 0, 1),
                      uniform_axis("y", "m", "", 1, 0, 1),
                      uniform_axis("x", "m", "", 2, 0, 1),
                      {1, 2}};
    return r;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    return text.replace(text.find(from), from.size(), to);
}

TEST(ResultDifference, of_a_result_and_itself_there_is_none) {
    const ResultDifference d = difference_of(small_result(), small_result());
    EXPECT_TRUE(d.identical());
    EXPECT_TRUE(d.causes.empty());
}

TEST(ResultDifference, each_cause_is_named_by_kind_name_unit_and_both_values) {
    struct Case {
        std::function<void(Result&)> change;
        Cause cause;
    };
    using Kind = Cause::Kind;
    const std::vector<Case> cases{
        {[](Result& r) { r.process.recipe = replaced(r.process.recipe, "-60.0", "-40.0"); },
         {Kind::parameter, "time_gate.open_ps", "ps", "-60", "-40"}},
        {[](Result& r) { r.process.recipe = replaced(r.process.recipe, "open_ps = -60.0", "open_ps = 'auto'"); },
         {Kind::parameter, "time_gate.open_ps", "ps", "-60", "auto"}},
        {[](Result& r) { r.process.recipe = replaced(r.process.recipe, "edges = 'fixed'\n", ""); },
         {Kind::parameter, "time_gate.edges", "", "fixed", ""}},
        {[](Result& r) {
             r.process.recipe = replaced(r.process.recipe, "['dark_counts', ", "[");
             r.process.recipe = replaced(r.process.recipe, "[dark_counts]\nguard_ps = 200.0\n", "");
         },
         {Kind::stage, "stages", "", "dark_counts, time_gate", "time_gate"}},
        {[](Result& r) {
             r.process.inputs[0] = {"/b.h5", std::string(64, 'c'), ""};
         },
         {Kind::input, "scan", "", "/data/scan.h5 (SHA-256 aaaaaaaaaaaa)", "/b.h5 (SHA-256 cccccccccccc)"}},
        {[](Result& r) { r.process.inputs.pop_back(); },
         {Kind::input, "calibration", "", "/data/cal.h5 (SHA-256 bbbbbbbbbbbb)", ""}},
        {[](Result& r) { r.process.facts["git_commit"] = "def"; }, {Kind::version, "git_commit", "", "abc", "def"}},
        {[](Result& r) { r.process.facts["backend"] = "cuda"; }, {Kind::device, "backend", "", "cpu", "cuda"}},
        {[](Result& r) { r.process.facts["driver"] = "580"; }, {Kind::device, "driver", "", "", "580"}},
    };
    for (const Case& c : cases) {
        Result other = small_result();
        c.change(other);
        const ResultDifference d = difference_of(small_result(), other);
        ASSERT_EQ(d.causes.size(), 1U) << c.cause.name;
        const Cause& found = d.causes.front();
        EXPECT_EQ(found.kind, c.cause.kind) << c.cause.name;
        EXPECT_EQ(found.name, c.cause.name);
        EXPECT_EQ(found.unit, c.cause.unit) << c.cause.name;
        EXPECT_EQ(found.a, c.cause.a) << c.cause.name;
        EXPECT_EQ(found.b, c.cause.b) << c.cause.name;
        EXPECT_TRUE(d.identical());
    }
}

TEST(ResultDifference, what_changes_no_value_is_no_cause) {
    Result other = small_result();
    other.process.inputs[0].path = "/elsewhere/copy.h5";
    other.process.facts["threads"] = "64";
    other.process.facts["command"] = "two";
    other.process.recipe = replaced(other.process.recipe, "-60.0", "-60");
    other.uuid = "another";
    EXPECT_TRUE(difference_of(small_result(), other).causes.empty());
}

TEST(ResultDifference, arrays_may_be_behind_a_change_since_they_are_not_recorded) {
    Result a = small_result(), b = small_result();
    for (Result* r : {&a, &b}) r->process.inputs = {{"memory:array", "", ""}};
    EXPECT_TRUE(difference_of(a, b).causes.empty());
    b.images.layers[0].values[0] = 11;
    ASSERT_EQ(difference_of(a, b).causes.size(), 1U);
    EXPECT_EQ(difference_of(a, b).causes.front().name, "scan");
    EXPECT_EQ(difference_of(a, b).causes.front().a, "memory:array (not recorded)");
}

TEST(ResultDifference, damaged_recipe_is_said) {
    Result other = small_result();
    other.process.recipe = "stages = [";
    const ResultDifference d = difference_of(small_result(), other);
    ASSERT_EQ(d.causes.size(), 1U);
    EXPECT_EQ(d.causes.front().name, "recipe");
    EXPECT_EQ(d.causes.front().b, "damaged");
}

TEST(ResultDifference, sizes_are_those_of_the_values_that_both_have) {
    Result other = small_result();
    other.images.layers[0].values = {10, 23, nan, nan};  // of 2 that both have, one differs by 3 = 0.75 sigma
    other.images.mask[0] = 16;
    other.volume->values[1] = 2.5F;
    const ResultDifference d = difference_of(small_result(), other);
    ASSERT_EQ(d.layers.size(), 3U);
    const LayerDifference& b = d.layers[0];
    EXPECT_EQ(b.layer, "ballistic");
    EXPECT_EQ(b.differing, 2);
    EXPECT_EQ(b.values, 4);
    EXPECT_EQ(b.in_one_only, 1);
    EXPECT_DOUBLE_EQ(b.largest, 3);
    EXPECT_DOUBLE_EQ(b.rms, 3 / std::sqrt(2.0));
    EXPECT_DOUBLE_EQ(b.largest_in_sigma, 0.75);
    EXPECT_EQ(
        in_words(b),
        "2 of 4 (50 %) differ, 1 have a value in one only, by up to 3 counts, rms 2.12 counts, up to 0.75 standard "
        "deviations");
    EXPECT_EQ(d.layers[1].layer, "mask");
    EXPECT_EQ(d.layers[1].differing, 1);
    EXPECT_EQ(d.layers[2].layer, "mu");
    EXPECT_DOUBLE_EQ(d.layers[2].largest, 0.5);
    EXPECT_TRUE(std::isnan(d.layers[2].largest_in_sigma));
}

TEST(ResultDifference, bits_count_not_only_values) {
    Result other = small_result(), zero = small_result();
    zero.images.layers[0].values[0] = 0.0F;
    other.images.layers[0].values[0] = -0.0F;
    const ResultDifference d = difference_of(zero, other);
    ASSERT_EQ(d.layers.size(), 1U);
    EXPECT_EQ(d.layers[0].differing, 1);
    EXPECT_EQ(d.layers[0].largest, 0);
}

TEST(ResultDifference, layers_that_one_lacks_and_other_sizes_are_noted) {
    Result other = small_result();
    other.images.layers[1].name = "snr";
    other.images.layers[0].values.pop_back();
    other.volume.reset();
    const ResultDifference d = difference_of(small_result(), other);
    ASSERT_EQ(d.layers.size(), 4U);
    EXPECT_EQ(d.layers[0].layer + " " + d.layers[0].note, "ballistic_sigma only in the first");
    EXPECT_EQ(d.layers[1].layer + " " + d.layers[1].note, "snr only in the second");
    EXPECT_EQ(d.layers[2].note, "of another size: 4 and 3 values");
    EXPECT_EQ(d.layers[3].layer + " " + d.layers[3].note, "mu only in the first");
}

}  // namespace
}  // namespace firstlight
