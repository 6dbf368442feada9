#include "tests/viewer/panel_driver.hpp"
#include "viewer/session/message_list.hpp"

namespace firstlight::viewer {
namespace {

TEST(MessageList, passes_kinds_and_words_whatever_the_case) {
    Messages messages;
    messages.say("Result written: a.h5");
    messages.warn("few counts");
    messages.fail("b.h5: not HDF5");
    messages.fail("b.h5: not HDF5");
    ASSERT_EQ(messages.all().size(), 3U);
    EXPECT_EQ(filtered(messages, {}).size(), 3U);
    EXPECT_EQ(filtered(messages, {true, false, false, ""}).size(), 1U);
    EXPECT_EQ(filtered(messages, {false, true, true, ""}).size(), 2U);
    EXPECT_EQ(filtered(messages, {true, true, true, "RESULT w"}).size(), 1U);
    EXPECT_EQ(filtered(messages, {false, true, true, "result"}).size(), 0U);
    const std::string text = as_text(filtered(messages, {}));
    EXPECT_NE(text.find("info: Result written: a.h5\n"), std::string::npos);
    EXPECT_NE(text.find("error: b.h5: not HDF5 (2 times)\n"), std::string::npos);
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3);
}

class LogPanel : public PanelTest {
  protected:
    LogPanel() {
        panel_ = [](Desk& desk, Document&) { draw_log_panel(desk); };
    }
};

TEST_F(LogPanel, filters_copies_and_clears) {
    open("star.h5");
    session().messages().clear();
    session().messages().say("first");
    session().messages().warn("second");
    session().messages().fail("third, which is long: " + std::string(300, 'x') +
                              " and has words to wrap at the end of it");
    rest();
    screenshot("log");
    EXPECT_TRUE(is_drawn("show 1 warning"));
    EXPECT_TRUE(is_drawn("show 1 error"));
    session().messages().warn("another");
    rest();
    EXPECT_TRUE(is_drawn("show 2 warnings"));
    session().messages().clear();
    rest();
    EXPECT_TRUE(is_drawn("show 0 errors"));
    session().messages().say("first");
    session().messages().warn("second");
    session().messages().fail("third, which is long: " + std::string(300, 'x') +
                              " and has words to wrap at the end of it");
    rest();
    EXPECT_TRUE(is_drawn("message 2"));
    click("show info");
    EXPECT_FALSE(desk().message_filter.information);
    EXPECT_FALSE(is_drawn("message 2"));
    click("copy message 0");
    EXPECT_EQ(window().clipboard(), "second");
    click("search messages");
    window().push_text("THIRD");
    rest();
    EXPECT_TRUE(is_drawn("message 0"));
    EXPECT_FALSE(is_drawn("message 1"));
    click("copy all messages");
    EXPECT_NE(window().clipboard().find("error: third"), std::string::npos);
    EXPECT_EQ(window().clipboard().find("second"), std::string::npos);
    click("clear messages");
    EXPECT_TRUE(session().messages().all().empty());
}

TEST_F(LogPanel, the_newest_is_in_view_unless_one_has_scrolled_up) {
    make(424, 400, 1);
    open("star.h5");
    for (int i = 0; i < 60; ++i) session().messages().say("message number " + std::to_string(i));
    rest();
    const std::size_t last = session().messages().all().size() - 1;
    EXPECT_TRUE(is_drawn("message " + std::to_string(last)));
    EXPECT_FALSE(is_drawn("message 0"));
    screenshot("log_laptop");
    window().push_mouse_move(200, 300);
    for (int i = 0; i < 200; ++i) window().push_wheel(0, 1);
    rest();
    EXPECT_TRUE(is_drawn("message 0"));
    session().messages().warn("one more");
    rest();
    EXPECT_TRUE(is_drawn("message 0")) << "it scrolled down by itself";
    for (int i = 0; i < 200; ++i) window().push_wheel(0, -1);
    rest();
    session().messages().warn("and the newest");
    rest();
    EXPECT_TRUE(is_drawn("message " + std::to_string(last + 2)));
}

}  // namespace
}  // namespace firstlight::viewer
