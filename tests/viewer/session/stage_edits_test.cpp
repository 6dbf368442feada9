#include "viewer/session/stage_edits.hpp"

#include <gtest/gtest.h>

namespace firstlight::viewer {
namespace {

std::vector<std::string> names(const Recipe& recipe) {
    std::vector<std::string> all;
    for (const RecipeStage& stage : recipe.stages) all.emplace_back(stage.stage->info.name);
    return all;
}

TEST(StageEdits, a_stage_goes_where_the_data_flow_has_it) {
    Recipe recipe = load_recipe("transmission");
    const StageChange change = adding(recipe, nullptr, *find_stage("poisson_tv"));
    EXPECT_EQ(change.why_not, "");
    EXPECT_TRUE(change.also.empty());
    std::vector<std::string> wanted = names(recipe);
    wanted.insert(std::find(wanted.begin(), wanted.end(), "attenuation"), "poisson_tv");
    EXPECT_EQ(names(change.recipe), wanted);
    check_recipe(change.recipe);
}

TEST(StageEdits, a_gate_takes_the_place_of_a_gate_and_brings_or_leaves_the_arrival) {
    const Recipe recipe = load_recipe("transmission");
    const StageChange adaptive = adding(recipe, nullptr, *find_stage("adaptive_gate"));
    EXPECT_EQ(adaptive.why_not, "");
    EXPECT_EQ(adaptive.also, (std::vector<std::string>{"without time_gate", "without expected_arrival"}));
    EXPECT_EQ(adaptive.recipe.find("time_gate"), nullptr);
    const StageChange back = adding(adaptive.recipe, nullptr, *find_stage("time_gate"));
    EXPECT_EQ(back.also, (std::vector<std::string>{"without adaptive_gate", "with expected_arrival"}));
    EXPECT_EQ(names(back.recipe), names(recipe));
}

TEST(StageEdits, every_offer_can_run_and_every_refusal_says_why) {
    for (const BuiltInRecipe& built_in : built_in_recipes()) {
        const Recipe recipe = load_recipe(built_in.name);
        for (const StageEntry& stage : stage_list()) {
            if (recipe.find(stage.info.name) != nullptr) continue;
            const StageChange change = adding(recipe, nullptr, stage);
            EXPECT_EQ(change.recipe.find(stage.info.name) != nullptr, change.why_not.empty()) << stage.info.name;
            EXPECT_EQ(why_not(change.recipe, nullptr), "") << stage.info.name;
        }
        for (const RecipeStage& stage : recipe.stages) {
            const StageChange change = removing(recipe, nullptr, stage.stage->info.name);
            EXPECT_EQ(change.recipe.find(stage.stage->info.name) == nullptr, change.why_not.empty());
            EXPECT_EQ(why_not(change.recipe, nullptr), "");
        }
    }
}

TEST(StageEdits, what_a_scan_refuses_is_refused) {
    Scan scan;
    scan.name = "frames";
    scan.kind = ScanKind::gated;
    const Recipe recipe = load_recipe("kerr");
    EXPECT_NE(adding(recipe, &scan, *find_stage("pile_up")).why_not, "");
    EXPECT_NE(removing(recipe, &scan, "gate_sweep").why_not, "");
    EXPECT_NE(removing(load_recipe("transmission"), nullptr, "time_gate").why_not.find("attenuation"),
              std::string::npos);
}

}  // namespace
}  // namespace firstlight::viewer
