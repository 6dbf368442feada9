#include "viewer/session/file_choice.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/viewer/session_driver.hpp"

namespace firstlight::viewer {
namespace {

using For = FileChoice::For;

struct Tree : TestFolder {
    Tree() {
        std::filesystem::create_directories(path / "inner");
        for (const char* name : {"bars.h5", "star.h5", "steel.h5", "note.txt", "inner/deep.h5"})
            std::ofstream(path / name) << "x";
        path = std::filesystem::canonical(path);
    }
};

std::string chosen(const FileChoice& choice) {
    return choice.chosen() < 0 ? "" : choice.entry(static_cast<std::size_t>(choice.chosen())).name;
}

TEST(FileChoice, arrows_letters_and_enter_reach_a_file) {
    const Tree tree;
    FileChoice choice(For::open, {".h5"}, tree.path, "");
    EXPECT_EQ(choice.shown().size(), 4U);
    EXPECT_FALSE(choice.take());
    EXPECT_EQ(choice.problem, "choose a file");
    choice.move(1);
    EXPECT_EQ(chosen(choice), "inner");
    EXPECT_FALSE(choice.take());  // a folder is entered
    EXPECT_EQ(choice.listing().folder, tree / "inner");
    choice.up();
    EXPECT_EQ(chosen(choice), "inner");  // where one came from
    choice.move(-1);
    EXPECT_EQ(chosen(choice), "inner");
    choice.jump("s", 10);
    EXPECT_EQ(chosen(choice), "star.h5");
    choice.jump("t", 10.2);
    choice.jump("e", 10.4);
    EXPECT_EQ(chosen(choice), "steel.h5");
    EXPECT_EQ(choice.take().value(), tree / "steel.h5");
    choice.jump("s", 20);  // the next one
    EXPECT_EQ(chosen(choice), "star.h5");
}

TEST(FileChoice, a_file_cannot_be_saved_where_there_is_no_folder) {
    const Tree tree;
    FileChoice choice(For::save, {".h5"}, tree.path, "");
    choice.name = "nowhere/result.h5";
    EXPECT_FALSE(choice.take());
    EXPECT_EQ(choice.problem, (tree / "nowhere").string() + ": there is no such folder");
    EXPECT_EQ(choice.name, "nowhere/result.h5") << "to be mended";
    choice.name = "inner/result.h5";
    EXPECT_EQ(choice.take().value(), tree / "inner" / "result.h5");
}

TEST(FileChoice, a_folder_is_the_chosen_one_or_the_one_that_is_shown) {
    const Tree tree;
    FileChoice choice(For::folder, {}, tree.path, "");
    EXPECT_EQ(choice.answer(), tree.path);
    choice.choose(0);
    EXPECT_EQ(choice.answer(), tree / "inner");
    choice.type_path("/somewhere\nelse");
    EXPECT_EQ(choice.typed, "/somewhere");
    EXPECT_TRUE(choice.types_path);
}

TEST(FileChoice, a_typed_path_is_followed) {
    const Tree tree;
    FileChoice choice(For::open, {".h5"}, tree.path, "");
    EXPECT_EQ(choice.typed, tree.path.string() + "/");
    choice.typed = "inner";
    EXPECT_FALSE(choice.take_typed());
    EXPECT_EQ(choice.listing().folder, tree / "inner");
    choice.typed = "deep.h5";
    EXPECT_EQ(choice.take_typed().value(), tree / "inner" / "deep.h5");
    choice.typed = "nowhere/x.h5";
    EXPECT_FALSE(choice.take_typed());
    EXPECT_NE(choice.problem.find("there is no such file or folder"), std::string::npos);
}

TEST(FileChoice, saving_adds_the_ending_and_enters_folders) {
    const Tree tree;
    FileChoice choice(For::save, {".h5"}, tree.path, "star.result.h5");
    EXPECT_EQ(choice.take().value(), tree / "star.result.h5");
    choice.name = "mine";
    EXPECT_EQ(choice.take().value(), tree / "mine.h5");
    choice.name = "";
    EXPECT_FALSE(choice.take());
    EXPECT_EQ(choice.problem, "name the file");
    choice.choose(1);
    EXPECT_EQ(choice.name, "bars.h5");  // to write over it
    choice.name = "inner";
    EXPECT_FALSE(choice.take());
    EXPECT_EQ(choice.listing().folder, tree / "inner");
}

TEST(FileChoice, chooses_and_makes_folders) {
    const Tree tree;
    FileChoice choice(For::folder, {}, tree.path, "");
    EXPECT_EQ(choice.shown().size(), 1U);
    EXPECT_EQ(choice.take().value(), tree.path);
    choice.move(1);
    EXPECT_EQ(choice.take().value(), tree / "inner");
    choice.make_folder("inner");
    EXPECT_NE(choice.problem.find("it is there already"), std::string::npos);
    choice.make_folder("a/b");
    EXPECT_NE(choice.problem, "");
    choice.make_folder("new");
    EXPECT_EQ(choice.problem, "");
    EXPECT_EQ(choice.listing().folder, tree / "new");
}

TEST(FileChoice, filters_and_order_can_be_changed) {
    const Tree tree;
    FileChoice choice(For::open, {".h5"}, tree.path, "");
    choice.jump("star", 0);
    choice.show_all(true);
    EXPECT_EQ(choice.shown().size(), 5U);
    EXPECT_EQ(chosen(choice), "star.h5");  // stays chosen
    choice.sort_by(SortBy::name);          // again: the other way round
    EXPECT_EQ(choice.entry(0).name, "inner");
    EXPECT_EQ(choice.entry(1).name, "steel.h5");
    EXPECT_EQ(chosen(choice), "star.h5");
}

TEST(FileChoice, begins_in_the_nearest_folder_that_is_there) {
    const Tree tree;
    EXPECT_EQ(FileChoice(For::open, {}, tree / "gone" / "further", "").listing().folder, tree.path);
    FileChoice choice(For::open, {}, tree.path, "");
    choice.go(tree / "gone");
    EXPECT_NE(choice.problem, "");
    EXPECT_EQ(choice.listing().folder, tree.path);  // nothing is lost
}

TEST(FileChoice, bookmarks_name_each_folder_once) {
    const auto folders = folder_bookmarks({"/data/a.h5", "/data/b.h5", "/more/c.h5"});
    EXPECT_EQ(std::count(folders.begin(), folders.end(), "/data"), 1);
    EXPECT_EQ(std::count(folders.begin(), folders.end(), "/more"), 1);
    EXPECT_EQ(folders.back(), "/");
}

}  // namespace
}  // namespace firstlight::viewer
