#include "tests/viewer/shell_driver.hpp"
#include "viewer/actions/palette_entries.hpp"

namespace firstlight::viewer {
namespace {

struct MenuBar : testing::Test {
    ShellDriver driver;

    MenuBar() { driver.desk.places.kept = true; }

    [[nodiscard]] bool is_drawn(const std::string& name) {
        const auto found = driver.desk.places.all.find(name);
        return found != driver.desk.places.all.end() && found->second.visible &&
               found->second.frame >= ImGui::GetFrameCount() - 1;
    }
    void click(float x, float y) {
        driver.window.push_mouse_move(x, y);
        driver.frames(2);
        driver.window.push_mouse_button(MouseButton::left, true);
        driver.frames(2);
        driver.window.push_mouse_button(MouseButton::left, false);
        driver.frames(2);
    }
    void click(const std::string& name) {
        const ImVec2 at = driver.desk.places.all[name].middle();
        click(at.x, at.y);
    }
    // Opens the first menu and walks along the others until the named entry shows.
    void open_menu_with(const std::string& entry) {
        if (!is_drawn(entry)) click(24, 12);
        for (float x = 24; x < 400 && !is_drawn(entry); x += 10) {
            driver.window.push_mouse_move(x, 12);
            driver.frames(3);
        }
        ASSERT_TRUE(is_drawn(entry)) << entry;
    }
};

TEST_F(MenuBar, a_recipe_that_is_not_for_the_scan_cannot_be_chosen) {
    Document& star = driver.open(sample("star.h5"));
    open_menu_with("Recipe tomography");
    const std::size_t said = driver.session.messages().all().size();
    click("Recipe tomography");
    driver.show("menu_recipe");
    EXPECT_EQ(star.recipe().name, "transmission");
    EXPECT_EQ(driver.session.messages().all().size(), said);  // grey, so not even refused
    open_menu_with("Recipe arrival");
    click("Recipe arrival");
    EXPECT_EQ(star.recipe().name, "arrival");
}

TEST_F(MenuBar, the_palette_says_why_a_recipe_is_not_for_the_scan) {
    driver.open(sample("star.h5"));
    for (const auto& [recipe, why] : {std::pair("tomography", "there is one view"),
                                      std::pair("diffuse", "is no confocal scan"), std::pair("transmission", "")}) {
        const std::string name = std::string("Recipe ") + recipe;
        bool offered = false;
        for (const PaletteEntry& entry : palette_entries(driver.desk, name, 20)) {
            if (entry.name != name) continue;
            offered = true;
            if (*why == '\0') EXPECT_EQ(entry.why_not, "");
            else EXPECT_NE(entry.why_not.find(why), std::string::npos) << entry.why_not;
        }
        EXPECT_TRUE(offered) << name;
    }
}

}  // namespace
}  // namespace firstlight::viewer
