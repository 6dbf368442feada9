#include "viewer/widgets/slider.hpp"

#include <string>

#include "tests/viewer/offscreen.hpp"

namespace firstlight::viewer {
namespace {

class Sliders : public OffscreenTest {};

// The handle in red, words in green: no value puts one over the other.
TEST_F(Sliders, TheHandleNeverCoversTheNumber) {
    for (const double scale : {1.0, 2.0})
        for (std::int64_t value = 0; value <= 112; value += 14) {
            open(scale, 300, 60);
            if (window == nullptr) return;
            std::int64_t index = value;
            frames([&] {
                ImGui::PushStyleColor(ImGuiCol_SliderGrab, ImVec4(1, 0, 0, 1));
                ImGui::PushStyleColor(ImGuiCol_Text, ImVec4(0, 1, 0, 1));
                index_slider("##z", index, 112, std::to_string(index) + ": 542 mm", "112: -00.00 mm", -1);
                ImGui::PopStyleColor(2);
            });
            const Pixels shown = window->pixels();
            std::int64_t handle = -1, words = shown.columns;
            for (std::int64_t row = 0; row < shown.rows; ++row)
                for (std::int64_t column = 0; column < shown.columns; ++column) {
                    const Rgb colour = shown.at(row, column);
                    if (colour[0] > 200 && colour[1] < 60) handle = std::max(handle, column);
                    if (colour[1] > 200 && colour[0] < 60) words = std::min(words, column);
                }
            ASSERT_GE(handle, 0) << value;
            ASSERT_LT(words, shown.columns) << value;
            EXPECT_LT(handle, words) << value << " at scale " << scale;
        }
}

TEST_F(Sliders, TheMouseMovesThem) {
    open(1, 300, 60);
    if (window == nullptr) return;
    std::int64_t index = 0;
    double size = 1;
    const auto draw = [&] {
        index_slider("##z", index, 100, std::to_string(index), "100", 200);
        number_slider("##size", size, 0.1, 20, "x", "as needed", 200, true);
    };
    const auto show = [&] {
        window->wake();
        frames(draw);
    };
    show();
    window->push_mouse_move(150, 10);
    window->push_mouse_button(MouseButton::left, true);
    show();
    window->push_mouse_button(MouseButton::left, false);
    show();
    EXPECT_GT(index, 60);
    EXPECT_LT(index, 100);
    window->push_mouse_move(60, 10 + ImGui::GetFrameHeightWithSpacing());
    window->push_mouse_button(MouseButton::left, true);
    show();
    window->push_mouse_button(MouseButton::left, false);
    show();
    EXPECT_GT(size, 0.1);
    EXPECT_NE(size, 1);
}

}  // namespace
}  // namespace firstlight::viewer
