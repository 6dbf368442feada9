// Opening, saving, closing and ending as people do it: dialogs and questions, by keyboard and mouse.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>

#include "host/io/result_file.hpp"
#include "tests/viewer/one_scan.hpp"
#include "viewer/session/session_file.hpp"

namespace firstlight::viewer {
namespace {

class Saving : public OneScan {};

TEST_F(Saving, a_file_is_opened_by_its_typed_path) {
    driver.press(Key::o, ctrl);
    ASSERT_TRUE(driver.desk.file_request);
    driver.press(Key::l, ctrl);  // the path line
    driver.retype(folder.path.string() + "/st");
    driver.press(Key::tab);
    EXPECT_EQ(driver.desk.file_choice->typed, folder.path.string() + "/star.h5");
    driver.press(Key::enter);
    EXPECT_FALSE(driver.desk.file_request);
    ASSERT_NE(driver.session.current(), nullptr);
    EXPECT_EQ(driver.shown().title(), "star.h5");
    EXPECT_TRUE(driver.shown().is_settled());
}

TEST_F(Saving, a_file_is_opened_by_letters_and_enter) {
    driver.desk.last_opened = driver.desk.last_saved = folder.path;
    driver.press(Key::o, ctrl);
    driver.type("s");
    EXPECT_EQ(driver.desk.file_choice->chosen(), 0);
    driver.press(Key::backspace);  // up, and back
    EXPECT_EQ(driver.desk.file_choice->listing().folder, std::filesystem::canonical(folder.path).parent_path());
    driver.press(Key::enter);
    driver.press(Key::down);
    driver.press(Key::enter);
    ASSERT_NE(driver.session.current(), nullptr);
    EXPECT_EQ(driver.shown().title(), "star.h5");
}

TEST_F(Saving, escape_leaves_the_dialog) {
    driver.press(Key::o, ctrl);
    driver.press(Key::escape);
    EXPECT_FALSE(driver.desk.file_request);
    EXPECT_EQ(driver.session.current(), nullptr);
    driver.press(Key::o, ctrl);  // opens again
    EXPECT_TRUE(driver.desk.file_request);
}

TEST_F(Saving, a_result_is_saved_and_replaced_only_when_that_is_agreed_to) {
    open_star();
    driver.press(Key::s, ctrl);
    ASSERT_TRUE(driver.desk.file_choice);
    EXPECT_EQ(driver.desk.file_choice->name, "star.result.h5");
    driver.press(Key::enter);
    EXPECT_TRUE(std::filesystem::exists(folder / "star.result.h5"));
    const auto written = std::filesystem::last_write_time(folder / "star.result.h5");
    change();
    driver.press(Key::s, ctrl);
    driver.press(Key::enter);
    ASSERT_EQ(driver.desk.questions.size(), 1U);
    EXPECT_EQ(driver.desk.questions.front().title, "Replace star.result.h5?");
    driver.press(Key::escape);  // back in the dialog
    EXPECT_TRUE(driver.desk.file_request);
    EXPECT_EQ(std::filesystem::last_write_time(folder / "star.result.h5"), written);
    EXPECT_TRUE(driver.shown().unsaved());
    driver.press(Key::enter);
    ASSERT_EQ(driver.desk.questions.size(), 1U);
    driver.press(Key::enter);  // Cancel is what Enter takes where something would be lost
    EXPECT_EQ(std::filesystem::last_write_time(folder / "star.result.h5"), written);
    driver.press(Key::enter);
    ASSERT_EQ(driver.desk.questions.size(), 1U);
    driver.press(Key::left);
    driver.press(Key::enter);
    EXPECT_FALSE(driver.shown().unsaved());
    EXPECT_NE(read_result(folder / "star.result.h5", {}).process.recipe.find("open_ps = -35"), std::string::npos);
}

TEST_F(Saving, ending_with_changes_asks_and_cancel_keeps_everything) {
    open_star();
    change();
    const std::string recipe = to_toml(driver.shown().recipe());
    driver.press(Key::q, ctrl);
    ASSERT_EQ(driver.desk.questions.size(), 1U);
    EXPECT_NE(driver.desk.questions.front().text.find("star.h5 (last: gate)"), std::string::npos);
    driver.window.push_close();  // asks no second time
    driver.settle();
    EXPECT_EQ(driver.desk.questions.size(), 1U);
    driver.press(Key::escape);
    EXPECT_TRUE(driver.desk.questions.empty());
    EXPECT_FALSE(driver.desk.quit);
    EXPECT_EQ(to_toml(driver.shown().recipe()), recipe);
    EXPECT_TRUE(driver.shown().unsaved());
    EXPECT_TRUE(driver.shown().history.can_undo());
}

TEST_F(Saving, ending_with_changes_can_save_them_first) {
    open_star();
    change();
    driver.window.push_close();
    driver.settle();
    driver.press(Key::enter);  // Save…
    ASSERT_TRUE(driver.desk.file_request);
    EXPECT_FALSE(driver.desk.quit);
    driver.press(Key::enter);
    EXPECT_TRUE(driver.desk.quit);
    EXPECT_NE(read_result(folder / "star.result.h5", {}).process.recipe.find("open_ps = -35"), std::string::npos);
}

TEST_F(Saving, ending_goes_no_further_when_saving_fails) {
    open_star();
    change();
    driver.press(Key::q, ctrl);
    driver.press(Key::enter);
    driver.retype("/proc/nowhere.h5");  // cannot be written
    driver.press(Key::enter);
    EXPECT_FALSE(driver.desk.quit);
    EXPECT_TRUE(driver.shown().unsaved());
    EXPECT_NE(driver.session.messages().unread_error().find("nowhere.h5"), std::string::npos);
}

TEST_F(Saving, ending_can_throw_changes_away) {
    open_star();
    change();
    driver.press(Key::q, ctrl);
    driver.press(Key::right);
    driver.press(Key::enter);  // Discard
    EXPECT_TRUE(driver.desk.quit);
}

TEST_F(Saving, ending_without_changes_asks_nothing) {
    open_star();
    driver.press(Key::q, ctrl);
    EXPECT_TRUE(driver.desk.quit);
    EXPECT_TRUE(driver.desk.questions.empty());
}

TEST_F(Saving, several_changed_files_are_kept_by_a_session) {
    open_star();
    change();
    driver.open(sample("bars.h5"));
    change();
    driver.desk.last_opened = driver.desk.last_saved = folder.path;
    driver.press(Key::q, ctrl);
    ASSERT_EQ(driver.desk.questions.size(), 1U);
    EXPECT_EQ(driver.desk.questions.front().answers.front().label, "Save session…");
    driver.press(Key::enter);
    driver.press(Key::enter);
    EXPECT_TRUE(driver.desk.quit);
    Session again({}, [] {});
    open_session(again, folder / "bars.session.toml");
    settle(again);
    ASSERT_EQ(again.documents().size(), 2U);
    EXPECT_EQ(again.documents()[0]->recipe().params<TimeGate>()->open_ps, -35);
}

TEST_F(Saving, closing_a_changed_tab_asks) {
    open_star();
    driver.open(sample("bars.h5"));
    driver.session.show(0);
    driver.settle();
    change();
    driver.press(Key::w, ctrl);
    ASSERT_EQ(driver.desk.questions.size(), 1U);
    driver.press(Key::escape);
    EXPECT_EQ(driver.session.documents().size(), 2U);
    driver.press(Key::w, ctrl);
    driver.press(Key::enter);
    driver.press(Key::enter);
    EXPECT_EQ(driver.session.documents().size(), 1U);
    EXPECT_TRUE(std::filesystem::exists(folder / "star.result.h5"));
    EXPECT_EQ(driver.shown().title(), "bars.h5");
    driver.press(Key::w, ctrl);  // nothing to ask
    EXPECT_EQ(driver.session.current(), nullptr);
}

TEST_F(Saving, a_dropped_file_opens_and_a_damaged_one_shows_why_and_keeps_the_rest) {
    driver.window.push_drop((folder / "star.h5").string());
    driver.settle();
    ASSERT_NE(driver.session.current(), nullptr);
    std::ofstream(folder / "damaged.h5") << "this is no HDF5 file";
    driver.window.push_drop((folder / "damaged.h5").string());
    driver.settle();
    EXPECT_EQ(driver.session.documents().size(), 1U);
    EXPECT_TRUE(driver.shown().is_settled());
    EXPECT_NE(driver.session.messages().unread_error().find("damaged.h5"), std::string::npos);
    // Keys work on beside the bar, and Dismiss takes it away.
    const Pixels with_bar = driver.window.pixels();
    driver.press(Key::r);
    EXPECT_EQ(driver.desk.tool, Tool::rectangle);
    driver.session.messages().read_error();
    driver.window.wake();
    driver.settle();
    EXPECT_NE(driver.window.pixels().rgb, with_bar.rgb);
}

TEST_F(Saving, a_file_that_cannot_be_opened_leaves_what_was_on_the_screen) {
    std::filesystem::copy_file(sample("bars.h5"), folder / "bars.h5");
    open_star();
    driver.open(folder / "bars.h5");
    driver.session.show(0);
    driver.window.wake();
    driver.settle();
    ASSERT_EQ(driver.shown().title(), "star.h5");
    driver.desk.places.kept = true;
    const ImageGeometry before = driver.desk.image_geometry;
    std::ofstream(folder / "damaged.h5") << "this is no HDF5 file";
    driver.open(folder / "damaged.h5");
    EXPECT_EQ(driver.session.documents().size(), 2U);
    EXPECT_EQ(driver.shown().title(), "star.h5");
    ASSERT_NE(driver.session.messages().unread_error(), "");
    EXPECT_EQ(driver.desk.image_geometry.to_screen({0, 0}), before.to_screen({0, 0})) << "the error moves nothing";
    const ImVec2 dismiss = driver.desk.places.all["dismiss"].middle();
    driver.click(dismiss.x, dismiss.y);
    EXPECT_EQ(driver.session.messages().unread_error(), "");
}

TEST_F(Saving, a_path_typed_in_a_folder_dialog_goes_into_its_path_field) {
    std::filesystem::create_directory(folder / "inner");
    open_star();
    FileRequest request;
    request.what = FileRequest::For::folder;
    request.title = "Folder";
    std::filesystem::path chosen;
    request.act = [&chosen](const std::filesystem::path& path) { chosen = path; };
    open_file_dialog(driver.desk, std::move(request));
    driver.window.wake();
    driver.settle();
    const std::string inner = (std::filesystem::canonical(folder.path) / "inner").string();
    driver.type("/");
    EXPECT_EQ(driver.desk.file_choice->typed, "/");
    driver.type(inner.substr(1));
    driver.press(Key::enter);
    ASSERT_TRUE(driver.desk.file_choice) << "the folder is entered, not yet taken";
    EXPECT_EQ(driver.desk.file_choice->answer(), inner);
    driver.press(Key::enter);
    EXPECT_EQ(chosen, inner);
}

TEST_F(Saving, dropped_sessions_and_recipes_do_what_they_say) {
    open_star();
    change();
    driver.press(Key::r, ctrl_shift);
    driver.press(Key::enter);
    ASSERT_TRUE(std::filesystem::exists(folder / "star.recipe.toml"));
    driver.press(Key::s, ctrl_shift);
    driver.press(Key::enter);
    ASSERT_TRUE(std::filesystem::exists(folder / "star.session.toml"));
    ASSERT_TRUE(driver.session.use_recipe(driver.shown(), "transmission"));
    driver.settle();
    EXPECT_NE(driver.shown().recipe().params<TimeGate>()->open_ps, -35);
    driver.window.push_drop((folder / "star.recipe.toml").string());
    driver.settle();
    EXPECT_EQ(driver.shown().recipe().params<TimeGate>()->open_ps, -35);
    driver.session.close(0);
    driver.window.push_drop((folder / "star.recipe.toml").string());
    driver.settle();
    EXPECT_NE(driver.session.messages().unread_error().find("open a scan first"), std::string::npos);
    driver.window.push_drop((folder / "star.session.toml").string());
    driver.settle();
    ASSERT_NE(driver.session.current(), nullptr);
    EXPECT_EQ(driver.shown().recipe().params<TimeGate>()->open_ps, -35);
}

TEST_F(Saving, the_palette_runs_actions_sets_parameters_and_shows_layers) {
    open_star();
    driver.press(Key::p, ctrl);
    ASSERT_TRUE(driver.desk.palette_open);
    driver.type("flagged");
    driver.press(Key::enter);
    EXPECT_FALSE(driver.desk.palette_open);
    EXPECT_FALSE(driver.shown().looks.image.flags);
    driver.press(Key::p, ctrl);
    driver.type("time_gate.close_ps 33");
    driver.press(Key::enter);
    EXPECT_EQ(driver.shown().recipe().params<TimeGate>()->close_ps, 33);
    EXPECT_FALSE(driver.desk.palette_open);
    driver.press(Key::p, ctrl);
    driver.type("layer optical_depth");
    driver.press(Key::enter);
    EXPECT_EQ(driver.shown().layer()->name, "optical_depth");
    driver.press(Key::p, ctrl);
    driver.type("redo");  // cannot be done: stays open, and does nothing
    driver.press(Key::enter);
    EXPECT_TRUE(driver.desk.palette_open);
    driver.press(Key::escape);
    EXPECT_FALSE(driver.desk.palette_open);
    driver.press(Key::z, ctrl);
    EXPECT_NE(driver.shown().recipe().params<TimeGate>()->close_ps, 33);
}

TEST_F(Saving, the_list_of_keys_opens_and_closes) {
    driver.press(Key::f1);
    EXPECT_TRUE(driver.desk.keys_open);
    driver.press(Key::r);  // no action meanwhile
    EXPECT_EQ(driver.desk.tool, Tool::pick);
    driver.press(Key::escape);
    EXPECT_FALSE(driver.desk.keys_open);
}

TEST_F(Saving, a_followed_file_is_read_again) {
    open_star();
    driver.press(Key::f5, {.shift = true});
    EXPECT_TRUE(driver.shown().follows);
    std::filesystem::copy_file(sample("bars.h5"), folder / "star.h5",
                               std::filesystem::copy_options::overwrite_existing);
    Session bars({}, [] {});
    bars.open(sample("bars.h5"));
    settle(bars);
    const std::int64_t columns = bars.current()->scan->columns;
    EXPECT_TRUE(poll_until(driver.session,
                           [&] { return driver.shown().is_settled() && driver.shown().scan->columns == columns; }));
}

TEST_F(Saving, tabs_are_chosen_and_closed_by_the_mouse) {
    open_star();
    driver.open(sample("bars.h5"));
    EXPECT_EQ(driver.session.current_number(), 1);
    driver.click(40, 38);
    EXPECT_EQ(driver.session.current_number(), 0);
    driver.click(40, 38, MouseButton::middle);
    ASSERT_EQ(driver.session.documents().size(), 1U);
    EXPECT_EQ(driver.shown().title(), "bars.h5");
}

}  // namespace
}  // namespace firstlight::viewer
