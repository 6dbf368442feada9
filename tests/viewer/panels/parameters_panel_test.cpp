#include "host/pipeline/scan_kind.hpp"
#include "tests/viewer/panel_driver.hpp"
#include "viewer/session/parameter_rows.hpp"
#include "viewer/session/stage_edits.hpp"

namespace firstlight::viewer {
namespace {

class ParametersPanel : public PanelTest {
  protected:
    ParametersPanel() { panel_ = draw_parameters_panel; }

    [[nodiscard]] std::string value(const std::string& key) {
        const std::size_t dot = key.find('.');
        const RecipeStage& stage = *session().current()->recipe().find(key.substr(0, dot));
        return typed_text(*find_param(*stage.stage, key.substr(dot + 1)), stage.params.get());
    }
    void retype(const std::string& text) {  // into the field that has the keyboard
        press(Key::a, {.ctrl = true});
        window().push_text(text);
        frames();
    }
    void unfold(const std::string& stage, const std::string& parameter) {
        if (!is_drawn(stage + "." + parameter)) click(stage);
    }
};

TEST_F(ParametersPanel, every_parameter_of_every_stage_of_every_recipe_that_fits_has_a_widget) {
    std::set<std::string> seen;
    for (const char* scan : {"star.h5", "kerr.h5", "fog.h5", "confocal.h5", "tomography.h5"}) {
        Document& document = open(scan);
        for (const BuiltInRecipe& built_in : built_in_recipes()) {
            if (!why_not(load_recipe(built_in.name), &*document.scan).empty()) continue;
            ASSERT_TRUE(session().edit(document, built_in.name,
                                       [&](Edits& edits) { edits.recipe = load_recipe(built_in.name); }));
            session().cancel(document);  // the recipe itself matters here, not what comes out of it
            for (const RecipeStage& stage : document.recipe().stages) {
                desk().parameters.filter.text = stage.stage->info.name;  // a section that was searched for is open
                window().wake();
                frames();
                for (const Param& param : *stage.stage->params)
                    EXPECT_TRUE(is_drawn(std::string(stage.stage->info.name) + "." + param.name))
                        << scan << " " << built_in.name << " " << stage.stage->info.name << "." << param.name;
            }
            seen.insert(built_in.name);
            desk().parameters.filter.text.clear();
        }
        screenshot(std::string("parameters_") + scan);
    }
    EXPECT_EQ(seen.size(), built_in_recipes().size()) << "a recipe fits none of the sample scans";
}

TEST_F(ParametersPanel, a_real_is_typed_and_undone) {
    Document& star = open("star.h5");
    type("time_gate.open_ps", "-40.5 ps");
    EXPECT_EQ(value("time_gate.open_ps"), "-40.5");
    EXPECT_TRUE(is_drawn("time_gate.open_ps reset"));
    session().undo(star);
    rest();
    EXPECT_EQ(value("time_gate.open_ps"), "auto");
    EXPECT_FALSE(is_drawn("time_gate.open_ps reset"));
    EXPECT_TRUE(star.is_settled());
}

TEST_F(ParametersPanel, escape_gives_up_what_was_typed) {
    open("star.h5");
    click("time_gate.open_ps");
    press(Key::a, {.ctrl = true});
    window().push_text("-77");
    frames();
    press(Key::escape);
    rest();
    EXPECT_EQ(value("time_gate.open_ps"), "auto");
}

TEST_F(ParametersPanel, a_field_that_was_left_with_escape_takes_what_is_typed_later_and_left_with_tab) {
    Document& star = open("star.h5");
    for (const bool slowly : {false, true}) {
        click("time_gate.open_ps");
        retype("-77");
        press(Key::escape);
        rest();
        EXPECT_EQ(value("time_gate.open_ps"), "auto");
        if (slowly) std::this_thread::sleep_for(std::chrono::milliseconds(400));  // no double click
        click("time_gate.open_ps");
        retype("-45");
        press(Key::tab);
        rest();
        EXPECT_EQ(value("time_gate.open_ps"), "-45") << (slowly ? "a click" : "a double click");
        close_popup();  // a click beside it
        session().undo(star);
        rest();
    }
}

TEST_F(ParametersPanel, tab_goes_to_the_next_field_and_back_and_keeps_what_was_typed) {
    Document& star = open("star.h5");
    click("time_gate.open_ps");
    retype("-50");
    press(Key::tab);
    EXPECT_EQ(value("time_gate.open_ps"), "-50");
    retype("35");
    press(Key::tab, {.shift = true});
    EXPECT_EQ(value("time_gate.close_ps"), "35");
    retype("-55");
    press(Key::tab);
    EXPECT_EQ(value("time_gate.open_ps"), "-55");
    press(Key::escape);  // nothing was typed into close_ps
    rest();
    EXPECT_EQ(value("time_gate.close_ps"), "35");
    EXPECT_TRUE(star.is_settled());
}

TEST_F(ParametersPanel, a_click_elsewhere_keeps_what_was_typed) {
    open("star.h5");
    click("time_gate.open_ps");
    retype("-50");
    close_popup();  // a click beside it
    EXPECT_EQ(value("time_gate.open_ps"), "-50");
    click("time_gate.open_ps");
    retype("-51");
    click("time_gate.close_ps");  // into another field, which is typed into then
    EXPECT_EQ(value("time_gate.open_ps"), "-51");
    retype("31");
    click("time_gate.open_ps");
    EXPECT_EQ(value("time_gate.close_ps"), "31");
    press(Key::escape);
    rest();
    EXPECT_EQ(value("time_gate.open_ps"), "-51");
}

TEST_F(ParametersPanel, what_is_out_of_range_is_refused_in_the_words_of_the_command_line) {
    Document& star = open("star.h5");
    for (const char* text : {"1e9", "forty", "40 ns"}) {
        type("time_gate.open_ps", text);
        Recipe recipe = load_recipe("transmission");
        std::string wanted;
        try {
            set_parameter(recipe, "time_gate.open_ps", text);
        } catch (const Error& e) {
            wanted = e.what();
        }
        ASSERT_FALSE(wanted.empty());
        EXPECT_EQ(last_message(), wanted);
        EXPECT_EQ(desk().parameters.refused, wanted);
        EXPECT_TRUE(is_drawn("time_gate.open_ps refused"));
        EXPECT_EQ(value("time_gate.open_ps"), "auto");
    }
    EXPECT_FALSE(star.history.can_undo());
    screenshot("parameters_refused");
    EXPECT_FALSE(session().messages().unread_error().empty());
    type("time_gate.open_ps", "-40");
    EXPECT_FALSE(is_drawn("time_gate.open_ps refused"));
    EXPECT_EQ(session().messages().unread_error(), "") << "its cause is gone";
}

TEST_F(ParametersPanel, a_drag_is_one_step_and_ends_with_the_whole_recipe) {
    Document& star = open("star.h5");
    ASSERT_TRUE(session().gate_ps(star));
    const double found = session().gate_ps(star)->first;
    drag("time_gate.open_ps", 60);
    const double dragged = std::stod(value("time_gate.open_ps"));
    EXPECT_GT(dragged, found);  // it started where auto was
    EXPECT_LT(dragged, found + std::abs(found));
    EXPECT_TRUE(star.is_settled());
    session().undo(star);
    EXPECT_EQ(value("time_gate.open_ps"), "auto");
    EXPECT_FALSE(star.history.can_undo());
    rest();
}

TEST_F(ParametersPanel, a_choice_is_made_by_mouse_and_wakes_what_depends_on_it) {
    open("star.h5");
    click("time_gate.rise_ps");  // idle: nothing to type into
    window().push_text("9");
    rest();
    EXPECT_EQ(value("time_gate.rise_ps"), "20");
    click("time_gate.shape");
    click("time_gate.shape=soft");
    EXPECT_EQ(value("time_gate.shape"), "soft");
    type("time_gate.rise_ps", "9");
    EXPECT_EQ(value("time_gate.rise_ps"), "9");
}

TEST_F(ParametersPanel, a_boolean_is_switched_by_mouse) {
    open("star.h5");
    unfold("time_skew", "apply");
    click("time_skew.apply");
    EXPECT_EQ(value("time_skew.apply"), "false");
    click("time_skew.apply");
    EXPECT_EQ(value("time_skew.apply"), "true");
}

TEST_F(ParametersPanel, whole_numbers_are_typed_and_dragged_whole) {
    open("star.h5");
    unfold("inpainting", "min_neighbours");
    type("inpainting.min_neighbours", "5");
    EXPECT_EQ(value("inpainting.min_neighbours"), "5");
    type("inpainting.min_neighbours", "5.5");
    EXPECT_EQ(value("inpainting.min_neighbours"), "5");
    EXPECT_NE(last_message().find("expected a whole number"), std::string::npos);
    std::this_thread::sleep_for(std::chrono::milliseconds(400));  // no double click
    drag("inpainting.min_neighbours", 60);
    EXPECT_GT(std::stoi(value("inpainting.min_neighbours")), 5);
}

TEST_F(ParametersPanel, auto_is_a_toggle_that_starts_from_what_was_found) {
    Document& star = open("star.h5");
    const auto gate = session().gate_ps(star);
    ASSERT_TRUE(gate);
    click("time_gate.close_ps auto");
    EXPECT_NEAR(std::stod(value("time_gate.close_ps")), gate->second, 1e-3 * std::abs(gate->second));
    click("time_gate.close_ps auto");
    EXPECT_EQ(value("time_gate.close_ps"), "auto");
    type("time_gate.close_ps", "30");
    type("time_gate.close_ps", "auto");
    EXPECT_EQ(value("time_gate.close_ps"), "auto");
}

TEST_F(ParametersPanel, a_parameter_and_a_stage_are_reset) {
    open("star.h5");
    type("time_gate.open_ps", "-40");
    type("time_gate.close_ps", "40");
    click("time_gate.open_ps reset");
    EXPECT_EQ(value("time_gate.open_ps"), "auto");
    EXPECT_EQ(value("time_gate.close_ps"), "40");
    click("time_gate menu");
    click("time_gate reset stage");
    EXPECT_EQ(value("time_gate.close_ps"), "auto");
}

TEST_F(ParametersPanel, the_filter_is_typed_and_cleared) {
    open("star.h5");
    EXPECT_TRUE(is_drawn("pile_up"));
    click("parameter filter");
    window().push_text("gate opens");
    rest();
    EXPECT_TRUE(is_drawn("time_gate.open_ps"));
    EXPECT_FALSE(is_drawn("time_gate.close_ps"));
    EXPECT_FALSE(is_drawn("pile_up"));
    click("changed only");
    EXPECT_FALSE(is_drawn("time_gate.open_ps"));
    screenshot("parameters_nothing_found");
    click("show all");
    EXPECT_TRUE(is_drawn("pile_up"));
    EXPECT_TRUE(is_drawn("time_gate.close_ps"));
}

TEST_F(ParametersPanel, recipes_that_do_not_fit_cannot_be_chosen) {
    Document& star = open("star.h5");
    click("recipe");
    screenshot("parameters_recipes");
    click("recipe kerr");
    EXPECT_EQ(star.recipe().name, "transmission");
    close_popup();
    click("recipe");
    click("recipe arrival");
    EXPECT_EQ(star.recipe().name, "arrival");
    EXPECT_TRUE(star.is_settled());
    EXPECT_TRUE(is_drawn("matched_arrival"));
}

TEST_F(ParametersPanel, recipes_are_saved_and_opened_through_the_file_dialog) {
    const TestFolder folder;
    Document& star = open("star.h5");
    type("time_gate.open_ps", "-40");
    click("recipe");
    click("save recipe");
    ASSERT_TRUE(desk().file_request);
    EXPECT_EQ(desk().file_request->name, "star.recipe.toml");
    desk().file_request->act(folder / "mine.toml");
    rest();
    EXPECT_EQ(to_toml(load_recipe((folder / "mine.toml").string())), to_toml(star.recipe()));
    session().undo(star);
    click("recipe");
    click("open recipe");
    desk().file_request->act(folder / "mine.toml");
    rest();
    EXPECT_EQ(value("time_gate.open_ps"), "-40");
    session().close(0);
    desk().file_request->act(folder / "mine.toml");  // the dialog outlived its file
}

TEST_F(ParametersPanel, stages_are_added_and_removed_where_the_recipe_allows_it) {
    Document& star = open("star.h5");
    click("add stage");
    screenshot("parameters_add_stage");
    click("add depth_map");  // light went through: disabled
    EXPECT_EQ(star.recipe().find("depth_map"), nullptr);
    close_popup();
    click("add stage");
    click("add poisson_tv");
    EXPECT_NE(star.recipe().find("poisson_tv"), nullptr);
    EXPECT_TRUE(star.is_settled());
    click("poisson_tv menu");
    click("poisson_tv remove");
    EXPECT_EQ(star.recipe().find("poisson_tv"), nullptr);
    click("time_gate menu");
    click("time_gate remove");  // attenuation needs it
    EXPECT_NE(star.recipe().find("time_gate"), nullptr);
}

TEST_F(ParametersPanel, a_panel_that_nobody_touches_changes_nothing) {
    Document& star = open("star.h5");
    const std::uint64_t revision = star.revision;
    for (int i = 0; i < 5; ++i) {
        window().wake();
        frames();
    }
    EXPECT_EQ(star.revision, revision);
    EXPECT_FALSE(star.history.can_undo());
    EXPECT_FALSE(session().busy());
}

TEST_F(ParametersPanel, looks_right_on_a_laptop_and_on_a_large_screen) {
    make(424, 700, 1);
    open("star.h5");
    type("time_gate.open_ps", "-40");
    screenshot("parameters_laptop");
    EXPECT_GT(place("time_gate.open_ps reset").high.x, place("time_gate.open_ps auto").high.x);
    EXPECT_LE(place("time_gate.open_ps reset").high.x, 424);
    make(595, 1000, 2);
    open("star.h5");
    screenshot("parameters_large");
    EXPECT_LE(place("time_gate.open_ps auto").high.x, 1190);
}

}  // namespace
}  // namespace firstlight::viewer
