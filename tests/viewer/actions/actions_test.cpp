#include "viewer/actions/actions.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <imgui_internal.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

#include "tests/viewer/desk_driver.hpp"

namespace firstlight::viewer {
namespace {

constexpr Modifiers ctrl{.ctrl = true};

// The widget of this name has the frame of the keyboard.
bool is_reached(const Desk& desk, const std::string& name) {
    const ImGuiContext& g = *ImGui::GetCurrentContext();
    const auto found = desk.places.all.find(name);
    if (g.NavWindow == nullptr || found == desk.places.all.end()) return false;
    const ImRect at = ImGui::WindowRectRelToAbs(g.NavWindow, g.NavWindow->NavRectRel[0]);
    return !g.NavDisableHighlight && at.Contains(found->second.middle());
}

TEST(Actions, no_two_share_a_name_or_a_key) {
    std::set<std::string> ids, names;
    std::map<std::pair<int, int>, std::string> keys;
    for (const Action& action : actions()) {
        EXPECT_TRUE(ids.insert(action.id).second) << action.id;
        EXPECT_TRUE(names.insert(action.name).second) << action.name;
        EXPECT_NE(action.name, "");
        EXPECT_NE(action.about, "") << action.id;
        EXPECT_NE(action.run, nullptr) << action.id;
        EXPECT_NE(action.about.back(), '.') << action.id;
        for (const auto& [key, with] : action.keys) {
            const int modifiers = (with.ctrl ? 1 : 0) + (with.shift ? 2 : 0) + (with.alt ? 4 : 0);
            const auto [at, is_new] = keys.try_emplace({static_cast<int>(key), modifiers}, action.id);
            EXPECT_TRUE(is_new) << action.id << " and " << at->second << " share " << key_text(action);
        }
    }
    EXPECT_GT(ids.size(), 50U);
}

TEST(Actions, keys_are_named_as_on_the_keyboard) {
    EXPECT_EQ(key_text(*find_action("file.save_session")), "Ctrl+Shift+S");
    EXPECT_EQ(all_keys_text(*find_action("edit.redo")), "Ctrl+Shift+Z or Ctrl+Y");
    EXPECT_EQ(all_keys_text(*find_action("find.keys")), "F1 or ?");
    EXPECT_EQ(key_text(*find_action("find.about")), "");
    EXPECT_EQ(find_action("file.nothing"), nullptr);
}

TEST(Actions, the_keys_in_the_documentation_are_those_of_the_program) {
    std::ifstream in(std::string(FIRSTLIGHT_SOURCE_DIR) + "/docs/viewer.md");
    const std::string text((std::istreambuf_iterator<char>(in)), {});
    EXPECT_NE(text.find(keys_as_markdown()), std::string::npos)
        << "put this into docs/viewer.md (firstlight-viewer --keys prints it):\n"
        << keys_as_markdown();
}

TEST(Actions, without_a_file_those_that_need_one_say_so) {
    DeskDriver driver;
    int refused = 0;
    for (const Action& action : actions()) {
        if (action.why_not == nullptr || action.why_not(driver.desk).empty()) continue;
        EXPECT_FALSE(run_action(driver.desk, action.id)) << action.id;
        EXPECT_TRUE(has_message(driver.session, MessageKind::information, action.name + ": not now: ")) << action.id;
        ++refused;
    }
    EXPECT_GT(refused, 30);
    EXPECT_FALSE(run_action(driver.desk, "file.nothing"));
}

TEST(Actions, keys_undo_and_redo_a_change) {
    DeskDriver driver;
    driver.open(sample("star.h5"));
    ASSERT_TRUE(driver.session.set_gate(driver.shown(), -30, 20));
    driver.settle();
    EXPECT_EQ(name_of(driver.desk, *find_action("edit.undo")), "Undo gate");
    driver.press(Key::z, ctrl);
    EXPECT_FALSE(driver.shown().history.can_undo());
    EXPECT_EQ(name_of(driver.desk, *find_action("edit.redo")), "Redo gate");
    driver.press(Key::y, ctrl);
    EXPECT_EQ(driver.shown().recipe().params<TimeGate>()->open_ps, -30);
    driver.press(Key::z, ctrl);
    driver.press(Key::z, {.ctrl = true, .shift = true});
    EXPECT_EQ(driver.shown().recipe().params<TimeGate>()->open_ps, -30);
    driver.press(Key::backspace, ctrl);  // reset all
    EXPECT_EQ(to_toml(driver.shown().recipe()), to_toml(load_recipe("transmission")));
}

TEST(Actions, keys_go_through_layers_and_colours) {
    DeskDriver driver;
    driver.open(sample("star.h5"));
    const std::vector<ImageLayer>& layers = driver.shown().images()->layers;
    ASSERT_GT(layers.size(), 1U);
    const auto number = [&] { return driver.shown().layer() - layers.data(); };
    const auto first = number();
    const auto count = static_cast<std::ptrdiff_t>(layers.size());
    driver.press(Key::page_down);
    EXPECT_EQ(number(), (first + 1) % count);
    driver.press(Key::page_up);
    driver.press(Key::page_up);
    EXPECT_EQ(number(), (first + count - 1) % count);
    driver.press(Key::page_down);
    driver.press(Key::m);
    EXPECT_EQ(driver.shown().tone(*driver.shown().layer()).colormap, Colormap::magma);
    driver.press(Key::g, {.shift = true});
    EXPECT_EQ(driver.shown().tone(*driver.shown().layer()).scale, ToneMap::Scale::log);
    driver.press(Key::g);
    EXPECT_TRUE(driver.shown().looks.trace.log);
    driver.press(Key::x);
    EXPECT_FALSE(driver.shown().looks.image.flags);
    driver.press(Key::equals);
    EXPECT_GT(driver.shown().looks.image.zoom, 0);
    driver.press(Key::digit_1);
    EXPECT_EQ(driver.shown().looks.image.zoom, 1);
    driver.press(Key::f);
    EXPECT_EQ(driver.shown().looks.image.zoom, 0);
    EXPECT_TRUE(driver.shown().is_settled());  // none of this runs a recipe
}

TEST(Actions, keys_choose_tools_panels_letters_and_tabs) {
    DeskDriver driver;
    driver.open(sample("star.h5"));
    driver.open(sample("bars.h5"));
    driver.press(Key::r);
    EXPECT_EQ(driver.desk.tool, Tool::rectangle);
    driver.press(Key::l);
    EXPECT_EQ(driver.desk.tool, Tool::line);
    driver.press(Key::p);
    EXPECT_EQ(driver.desk.tool, Tool::pick);
    driver.press(Key::digit_9, ctrl);
    EXPECT_EQ(driver.desk.side, SidePanel::log);
    driver.press(Key::f4);
    EXPECT_FALSE(driver.desk.side_shown);
    driver.press(Key::digit_2, ctrl);
    EXPECT_TRUE(driver.desk.side_shown);
    EXPECT_EQ(driver.desk.side, SidePanel::layers);
    driver.press(Key::f3);
    EXPECT_FALSE(driver.desk.trace_shown);
    driver.press(Key::equals, ctrl);
    EXPECT_NEAR(driver.window.scale(), 1.1, 1e-9);
    driver.press(Key::minus, ctrl);
    EXPECT_NEAR(driver.window.scale(), 1, 1e-9);
    driver.press(Key::t, ctrl);
    EXPECT_EQ(look(), Look::light);
    driver.press(Key::t, ctrl);
    EXPECT_EQ(driver.session.current_number(), 1);
    driver.press(Key::tab, ctrl);
    EXPECT_EQ(driver.session.current_number(), 0);
    driver.press(Key::tab, {.ctrl = true, .shift = true});
    EXPECT_EQ(driver.session.current_number(), 1);
}

TEST(Actions, what_is_copied_is_on_the_clipboard) {
    DeskDriver driver;
    driver.open(sample("star.h5"));
    ASSERT_TRUE(driver.session.set_gate(driver.shown(), -30, 20));
    driver.settle();
    driver.press(Key::k, ctrl);
    const std::string command = driver.window.clipboard();
    EXPECT_EQ(command.rfind("firstlight reconstruct ", 0), 0U) << command;
    EXPECT_NE(command.find("--time_gate.open_ps -30"), std::string::npos) << command;
    driver.press(Key::k, {.ctrl = true, .shift = true});
    const std::string script = driver.window.clipboard();
    EXPECT_EQ(script.rfind("import firstlight\n", 0), 0U) << script;
    EXPECT_NE(script.find("\"open_ps\": -30"), std::string::npos) << script;
    driver.press(Key::c, {.ctrl = true, .shift = true});
    const std::string values = driver.window.clipboard();
    EXPECT_EQ(std::count(values.begin(), values.end(), '\n'), driver.shown().images()->rows);
    EXPECT_EQ(std::count(values.begin(), values.end(), '\t'),
              driver.shown().images()->rows * (driver.shown().images()->columns - 1));
    EXPECT_EQ(std::stof(values), driver.shown().layer_values()[0]);
    driver.shown().looks.pixel = PixelAt{3, 5};
    driver.press(Key::c, ctrl);
    const float at = driver.shown().layer_values()[3 * driver.shown().images()->columns + 5];
    EXPECT_NE(driver.window.clipboard().find(fmt::format("\tballistic {} counts\t", at)), std::string::npos)
        << driver.window.clipboard();
}

TEST(Actions, the_panel_at_the_side_is_used_without_the_mouse) {
    DeskDriver driver;
    driver.desk.places.kept = true;
    driver.open(sample("star.h5"));
    const auto layer = driver.shown().layer()->name;
    const auto walk = [&](const std::string& name, Key key) {
        for (int i = 0; i < 30 && !is_reached(driver.desk, name); ++i) driver.press(key);
        EXPECT_TRUE(is_reached(driver.desk, name)) << name;
    };
    driver.press(Key::f6);
    EXPECT_TRUE(is_reached(driver.desk, "recipe"));
    walk("time_gate.shape", Key::down);
    driver.press(Key::space);
    driver.press(Key::down);
    driver.press(Key::space);
    EXPECT_EQ(driver.shown().recipe().params<TimeGate>()->shape, TimeGate::Shape::soft);
    walk("time_gate.open_ps", Key::up);
    driver.press(Key::enter);
    driver.retype("-41");
    driver.press(Key::enter);
    EXPECT_EQ(driver.shown().recipe().params<TimeGate>()->open_ps, -41);
    walk("time_gate.open_ps auto", Key::right);
    driver.press(Key::space);
    EXPECT_NE(driver.shown().recipe().params<TimeGate>()->open_ps, -41);
    EXPECT_FALSE(driver.shown().looks.pixel);  // arrow keys were the panel's
    EXPECT_EQ(driver.shown().layer()->name, layer);
    driver.press(Key::escape);  // and are the image's again
    driver.press(Key::page_down);
    EXPECT_NE(driver.shown().layer()->name, layer);
}

// Each menu is opened by a click, so that an item without an action is found.
TEST(Actions, every_menu_can_be_drawn) {
    DeskDriver driver;
    driver.open(sample("star.h5"));
    const auto before = driver.session.messages().all().size();
    driver.window.push_mouse_move(30, 12);
    driver.window.push_mouse_button(MouseButton::left, true);
    driver.window.push_mouse_button(MouseButton::left, false);
    for (int x = 30; x < 560; x += 20) {
        driver.window.push_mouse_move(static_cast<float>(x), 12);
        driver.settle();
    }
    driver.press(Key::escape);
    EXPECT_EQ(driver.session.messages().all().size(), before);
}

}  // namespace
}  // namespace firstlight::viewer
