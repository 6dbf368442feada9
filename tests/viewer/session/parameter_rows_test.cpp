#include "viewer/session/parameter_rows.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "viewer/session/edits.hpp"

namespace firstlight::viewer {
namespace {

const ParameterRow* row_of(const std::vector<StageRows>& stages, const std::string& key) {
    for (const StageRows& stage : stages)
        for (const ParameterRow& row : stage.rows)
            if (row.key == key) return &row;
    return nullptr;
}

std::vector<StageRows> rows_of(const Recipe& recipe, const RowFilter& filter = {}, const Result* last = nullptr,
                               std::int64_t view = 0) {
    return parameter_rows(recipe, filter, last, view);
}

std::size_t count(const std::vector<StageRows>& stages) {
    std::size_t rows = 0;
    for (const StageRows& stage : stages) rows += stage.rows.size();
    return rows;
}

TEST(ParameterRows, every_parameter_of_every_stage_of_every_recipe_is_a_row_in_the_order_of_the_light) {
    for (const BuiltInRecipe& built_in : built_in_recipes()) {
        const Recipe recipe = load_recipe(built_in.name);
        const std::vector<StageRows> stages = rows_of(recipe);
        ASSERT_EQ(stages.size(), recipe.stages.size());
        for (std::size_t i = 0; i < stages.size(); ++i) {
            ASSERT_EQ(stages[i].stage->stage, recipe.stages[i].stage);
            const ParamTable& table = *recipe.stages[i].stage->params;
            ASSERT_EQ(stages[i].rows.size(), table.size());
            for (std::size_t k = 0; k < table.size(); ++k) {
                EXPECT_EQ(stages[i].rows[k].param, &table[k]);
                EXPECT_FALSE(stages[i].rows[k].changed) << stages[i].rows[k].key;
            }
        }
    }
}

TEST(ParameterRows, a_changed_value_is_one_that_reset_would_change) {
    Recipe recipe = load_recipe("kerr");                  // which has values of its own, such as pixel_mask.guard_ps
    set_parameter(recipe, "pixel_mask.guard_ps", "200");  // the stage's default, but not the recipe's
    set_parameter(recipe, "time_gate.rise_ps", "20");     // as it is
    std::vector<StageRows> stages = rows_of(recipe);
    EXPECT_TRUE(row_of(stages, "pixel_mask.guard_ps")->changed);
    EXPECT_FALSE(row_of(stages, "time_gate.rise_ps")->changed);
    reset_parameter(recipe, "pixel_mask.guard_ps");
    stages = rows_of(recipe);
    EXPECT_FALSE(row_of(stages, "pixel_mask.guard_ps")->changed);
    recipe.name = "of my own";  // no built-in one: defaults count
    EXPECT_TRUE(row_of(rows_of(recipe), "pixel_mask.guard_ps")->changed);
}

TEST(ParameterRows, filters_look_at_names_and_meanings_and_at_what_was_changed) {
    Recipe recipe = load_recipe("transmission");
    const std::vector<StageRows> gate = rows_of(recipe, {"Gate", false});
    EXPECT_NE(row_of(gate, "time_gate.open_ps"), nullptr);
    EXPECT_EQ(row_of(gate, "pile_up.model"), nullptr);
    const std::vector<StageRows> two = rows_of(recipe, {"gate opens", false});
    ASSERT_EQ(count(two), 1U);
    EXPECT_EQ(two.front().rows.front().key, "time_gate.open_ps");
    EXPECT_TRUE(rows_of(recipe, {"no such word", false}).empty());
    EXPECT_TRUE(rows_of(recipe, {"", true}).empty());
    set_parameter(recipe, "time_gate.open_ps", "-40");
    const std::vector<StageRows> changed = rows_of(recipe, {"", true});
    ASSERT_EQ(count(changed), 1U);
    EXPECT_EQ(changed.front().rows.front().key, "time_gate.open_ps");
    EXPECT_TRUE(changed.front().changed);
    // A stage without parameters is found by its name.
    EXPECT_EQ(rows_of(recipe, {"flat_field", false}).size(), 1U);
}

TEST(ParameterRows, idle_parameters_say_when_they_matter) {
    Recipe recipe = load_recipe("transmission");
    EXPECT_EQ(row_of(rows_of(recipe), "time_gate.open_ps")->idle, "");
    EXPECT_EQ(row_of(rows_of(recipe), "time_gate.rise_ps")->idle, "only with shape = soft");
    EXPECT_EQ(row_of(rows_of(recipe), "dark_counts.guard_ps")->idle, "");
    set_parameter(recipe, "time_gate.edges", "optimal");
    EXPECT_EQ(row_of(rows_of(recipe), "time_gate.open_ps")->idle, "only with edges = fixed");
}

TEST(ParameterRows, what_auto_came_to_is_found_for_the_view_that_is_shown) {
    Recipe recipe = load_recipe("transmission");
    Result result;
    result.process.stages = {
        {"time_gate", 0.5, 10, 5, {{"open_ps", -38.25}, {"close_ps[0]", 20}, {"close_ps[2]", 24}}}};
    std::vector<StageRows> stages = rows_of(recipe, {}, &result, 2);
    EXPECT_TRUE(row_of(stages, "time_gate.open_ps")->is_auto);
    EXPECT_EQ(row_of(stages, "time_gate.open_ps")->found, -38.25);
    EXPECT_EQ(row_of(stages, "time_gate.close_ps")->found, 24);
    EXPECT_EQ(start_value(*row_of(stages, "time_gate.close_ps")), 24);
    EXPECT_FALSE(row_of(rows_of(recipe, {}, &result, 1), "time_gate.close_ps")->found);
    set_parameter(recipe, "time_gate.open_ps", "-40");
    stages = rows_of(recipe, {}, &result, 0);
    EXPECT_FALSE(row_of(stages, "time_gate.open_ps")->is_auto);
    EXPECT_FALSE(row_of(stages, "time_gate.open_ps")->found) << "a value that was set was not found";
    for (const StageRows& stage : stages)
        if (stage.label == "time gate") EXPECT_EQ(stage.seconds, 0.5);
}

TEST(ParameterRows, names_are_words_without_units) {
    const StageEntry& gate = *find_stage("time_gate");
    EXPECT_EQ(label_of(*find_param(gate, "open_ps")), "open");
    EXPECT_EQ(label_of(*find_param(gate, "scatter_onset")), "scatter onset");
    EXPECT_EQ(label_of(*find_param(*find_stage("confocal_diffuse"), "mu_s_prime_per_m")), "mu s prime");
}

TEST(ParameterRows, typed_values_lose_only_spaces_and_the_own_unit) {
    const Param& open = *find_param(*find_stage("time_gate"), "open_ps");
    EXPECT_EQ(as_flag_text(open, " -40 ps "), "-40");
    EXPECT_EQ(as_flag_text(open, "-40ps"), "-40");
    EXPECT_EQ(as_flag_text(open, "−40"), "-40");
    EXPECT_EQ(as_flag_text(open, "+4e1"), "4e1");
    EXPECT_EQ(as_flag_text(open, "40 ns"), "40 ns");  // refused by the table, not guessed
    EXPECT_EQ(as_flag_text(open, "auto"), "auto");
    EXPECT_EQ(as_flag_text(open, "steps"), "steps");  // ends in ps, but is no number
}

TEST(ParameterRows, numbers_are_shown_with_units_and_typed_without) {
    Recipe recipe = load_recipe("transmission");
    const StageEntry& gate = *find_stage("time_gate");
    const Param& open = *find_param(gate, "open_ps");
    const void* params = recipe.find("time_gate")->params.get();
    EXPECT_EQ(typed_text(open, params), "auto");
    set_parameter(recipe, "time_gate.open_ps", "-40.125");
    EXPECT_EQ(typed_text(open, params), "-40.125");
    EXPECT_EQ(shown_number(open, -40.125), "-40.125 ps");
    EXPECT_EQ(shown_number(*find_param(*find_stage("pixel_mask"), "threshold_mad"), 6), "6");
}

TEST(ParameterRows, drags_are_a_hundredth_of_the_size_and_finer_in_small_ranges) {
    const Param& open = *find_param(*find_stage("time_gate"), "open_ps");
    EXPECT_DOUBLE_EQ(drag_step(open, 400, 0), 4);
    EXPECT_DOUBLE_EQ(drag_step(open, -400, 0), 4);
    EXPECT_DOUBLE_EQ(drag_step(open, 0, std::nan("")), 0.5);
    const Param& share = *find_param(*find_stage("attenuation"), "confidence");
    EXPECT_LT(drag_step(share, 0.95, 0.95), 0.01);
    for (const StageEntry& stage : stage_list())
        for (const Param& param : *stage.params)
            if (param.kind == ParamKind::real || param.kind == ParamKind::integer)
                EXPECT_GT(drag_step(param, 0, 0), 0) << param.name;
}

TEST(ParameterRows, tooltips_say_meaning_range_default_and_flag) {
    const Recipe recipe = load_recipe("transmission");
    const std::vector<StageRows> stages = rows_of(recipe);
    for (const StageRows& stage : stages)
        for (const ParameterRow& row : stage.rows) {
            const std::string text = about(row, *stage.stage->stage);
            EXPECT_NE(text.find(row.param->meaning), std::string::npos) << row.key;
            EXPECT_NE(text.find("--" + row.key), std::string::npos);
            EXPECT_NE(text.find("default: "), std::string::npos);
        }
    const std::string text = about(*row_of(stages, "time_gate.open_ps"), *find_stage("time_gate"));
    EXPECT_NE(text.find("-1e+06 to 1e+06 ps, or auto"), std::string::npos) << text;
    EXPECT_NE(text.find("default: auto"), std::string::npos) << text;
}

}  // namespace
}  // namespace firstlight::viewer
