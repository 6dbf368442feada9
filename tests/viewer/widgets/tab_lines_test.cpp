#include "viewer/widgets/tab_lines.hpp"

#include <set>
#include <string>

#include "tests/viewer/offscreen.hpp"

namespace firstlight::viewer {
namespace {

const std::vector<const char*> names{"Parameters", "Layers",  "Display",    "Regions", "Volume",
                                     "Points",     "Compare", "Provenance", "Log"};

class TabLines : public OffscreenTest {
  protected:
    // In a window of this width.
    void draw_all(int width) {
        open(1, width, 200);
        if (window == nullptr) return;
        places_ = {true, {}};
        again();
    }
    void again() {
        window->wake();
        frames([&] { chosen_ = tab_lines(names, chosen_, places_); });
    }
    [[nodiscard]] std::set<float> heights() const {
        std::set<float> all;
        for (const auto& [name, place] : places_.all) all.insert(place.low.y);
        return all;
    }

    Places places_;
    std::size_t chosen_ = 0;
};

TEST_F(TabLines, AllNamesAreWholeAndInSightHoweverNarrow) {
    for (const int width : {240, 397, 424, 595}) {
        draw_all(width);
        if (window == nullptr) return;
        ASSERT_EQ(places_.all.size(), names.size());
        float right = 0;
        for (const char* name : names) {
            const WidgetPlace& place = places_.all.at(std::string("tab ") + name);
            EXPECT_GE(place.low.x, 0) << name << " at " << width;
            EXPECT_LE(place.high.x, static_cast<float>(width) + 0.5F) << name << " at " << width;
            EXPECT_TRUE(place.visible);
            right = std::max(right, place.high.x);
        }
        if (heights().size() > 1) EXPECT_NEAR(right, width, 1) << "several lines fill the width";
    }
}

TEST_F(TabLines, LinesAreAsFewAsFitAndAboutAsLong) {
    draw_all(397);
    if (window == nullptr) return;
    EXPECT_EQ(heights().size(), 2U);
    int below = 0;
    for (const auto& [name, place] : places_.all) below += place.low.y > *heights().begin() ? 1 : 0;
    EXPECT_GE(below, 4) << "not one tab alone";
    draw_all(1000);
    EXPECT_EQ(heights().size(), 1U);
}

TEST_F(TabLines, AClickChooses) {
    draw_all(397);
    if (window == nullptr) return;
    const ImVec2 at = places_.all.at("tab Log").middle();
    window->push_mouse_move(at.x, at.y);
    window->push_mouse_button(MouseButton::left, true);
    window->push_mouse_button(MouseButton::left, false);
    again();
    EXPECT_EQ(chosen_, 8U);
}

}  // namespace
}  // namespace firstlight::viewer
