#include "viewer/session/edits.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace firstlight::viewer {
namespace {

Edits transmission() { return {load_recipe("transmission"), {}, {}, {}}; }

double open_ps(const Edits& edits) { return edits.recipe.params<TimeGate>()->open_ps; }

void set_open(History& history, const char* value, const std::string& mark = {}) {
    Edits changed = history.now();
    set_parameter(changed.recipe, "time_gate.open_ps", value);
    history.add(std::string("open ") + value, changed, mark);
}

TEST(History, undo_and_redo_go_through_every_step) {
    History history(transmission());
    EXPECT_FALSE(history.can_undo());
    set_open(history, "-40");
    set_open(history, "-30");
    EXPECT_EQ(open_ps(history.now()), -30);
    EXPECT_EQ(history.undo_label(), "open -30");
    history.undo();
    EXPECT_EQ(open_ps(history.now()), -40);
    history.undo();
    EXPECT_TRUE(std::isnan(open_ps(history.now())));
    history.undo();  // nothing left
    EXPECT_EQ(history.redo_label(), "open -40");
    history.redo();
    history.redo();
    EXPECT_EQ(open_ps(history.now()), -30);
    EXPECT_FALSE(history.can_redo());
}

TEST(History, a_drag_is_one_step_and_two_drags_are_two) {
    History history(transmission());
    for (const char* at : {"-10", "-20", "-30"}) set_open(history, at, "gate");
    history.end_merge();
    for (const char* at : {"-40", "-50"}) set_open(history, at, "gate");
    EXPECT_EQ(open_ps(history.now()), -50);
    history.undo();
    EXPECT_EQ(open_ps(history.now()), -30);
    history.undo();
    EXPECT_TRUE(std::isnan(open_ps(history.now())));
}

TEST(History, what_decides_results_is_that_of_the_step_on_the_screen) {
    History history(transmission());
    const std::string first = history.computed();
    set_open(history, "-10", "gate");
    EXPECT_NE(history.computed(), first);
    for (const char* at : {"-20", "-30"}) {  // one step, which changes under the hand
        set_open(history, at, "gate");
        EXPECT_EQ(history.computed(), computed_part(history.now().recipe, {})) << at;
    }
    EXPECT_EQ(history.held(), held_part(history.now().recipe, {}));
    history.undo();
    EXPECT_EQ(history.computed(), first);
}

TEST(History, an_edit_after_undo_drops_what_was_undone) {
    History history(transmission());
    set_open(history, "-10");
    set_open(history, "-20");
    history.undo();
    set_open(history, "-99");
    EXPECT_FALSE(history.can_redo());
    history.undo();
    EXPECT_EQ(open_ps(history.now()), -10);
}

TEST(History, knows_whether_something_would_be_lost) {
    History history(transmission());
    EXPECT_FALSE(history.unsaved());
    set_open(history, "-10", "gate");
    EXPECT_TRUE(history.unsaved());
    history.mark_kept();
    EXPECT_FALSE(history.unsaved());
    set_open(history, "-20", "gate");  // must not merge into what was kept
    EXPECT_TRUE(history.unsaved());
    history.undo();
    EXPECT_FALSE(history.unsaved());
    history.undo();
    EXPECT_TRUE(history.unsaved());
}

TEST(History, changing_a_copy_leaves_earlier_steps_alone) {
    History history(transmission());
    Edits copy = history.now();
    set_parameter(copy.recipe, "time_gate.open_ps", "-77");
    EXPECT_TRUE(std::isnan(open_ps(history.now())));
}

TEST(Edits, idle_parameters_get_their_defaults_back) {
    Recipe recipe = load_recipe("transmission");
    set_parameter(recipe, "time_gate.open_ps", "-40");
    set_parameter(recipe, "time_gate.edges", "optimal");
    EXPECT_THROW(check_recipe(recipe), Error);
    drop_idle_parameters(recipe);
    check_recipe(recipe);
    EXPECT_TRUE(std::isnan(recipe.params<TimeGate>()->open_ps));
    EXPECT_EQ(recipe.params<TimeGate>()->edges, TimeGate::Edges::optimal);
}

TEST(Edits, reset_gives_the_recipes_own_value_back) {
    Recipe recipe = load_recipe("transmission-fit");
    const auto scattered = recipe.params<Attenuation>()->scattered;
    set_parameter(recipe, "attenuation.scattered", "systematic");
    ASSERT_NE(recipe.params<Attenuation>()->scattered, scattered);
    reset_parameter(recipe, "attenuation.scattered");
    EXPECT_EQ(recipe.params<Attenuation>()->scattered, scattered);  // not the stage's default
    EXPECT_EQ(computed_part(recipe, {}), computed_part(load_recipe("transmission-fit"), {}));
    EXPECT_THROW(reset_parameter(recipe, "attenuation.nothing"), Error);
    EXPECT_THROW(reset_parameter(recipe, "time_gate"), Error);
}

TEST(Edits, colours_are_no_part_of_what_is_computed) {
    Recipe recipe = load_recipe("transmission");
    const std::string before = computed_part(recipe, {});
    set_parameter(recipe, "tone_map.gamma", "2");
    EXPECT_EQ(computed_part(recipe, {}), before);
    set_parameter(recipe, "attenuation.scattered", "ignored");
    EXPECT_NE(computed_part(recipe, {}), before);
}

}  // namespace
}  // namespace firstlight::viewer
