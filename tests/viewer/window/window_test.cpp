#include "viewer/window/window.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cfloat>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "host/io/images.hpp"
#include "tests/viewer/offscreen.hpp"
#include "viewer/window/window_fill.hpp"

namespace firstlight::viewer {
namespace {

class WindowDrawing : public OffscreenTest {};

double cpu_seconds() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}
double wall_seconds() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

void draw_blocks() {
    ImDrawList* list = ImGui::GetForegroundDrawList();
    list->AddRectFilled({0, 0}, {640, 400}, IM_COL32(10, 20, 30, 255));
    list->AddRectFilled({100, 50}, {110, 60}, IM_COL32(200, 100, 50, 255));
}

TEST_F(WindowDrawing, DrawsKnownColoursAtKnownPixels) {
    frames(draw_blocks);
    const Pixels shown = window->pixels();
    EXPECT_EQ(shown.rows, 400);
    EXPECT_EQ(shown.columns, 640);
    EXPECT_EQ(shown.at(5, 5), (Rgb{10, 20, 30}));
    EXPECT_EQ(shown.at(50, 100), (Rgb{200, 100, 50}));
    EXPECT_EQ(shown.at(59, 109), (Rgb{200, 100, 50}));
    EXPECT_EQ(shown.at(60, 100), (Rgb{10, 20, 30}));
    EXPECT_EQ(shown.at(50, 110), (Rgb{10, 20, 30}));
    EXPECT_FALSE(window->graphics().empty());
}

TEST_F(WindowDrawing, FillsPlainlyWhatLiesInTheClip) {
    frames([] {
        draw_blocks();
        ImDrawList* list = ImGui::GetForegroundDrawList();
        list->PushClipRect({100, 50}, {104, 56});
        fill_plainly(list, {90.6F, 40}, {102.4F, 54}, IM_COL32(1, 2, 3, 255));
        list->PopClipRect();
        list->AddRectFilled({200, 200}, {210, 210}, IM_COL32(9, 8, 7, 255));  // what comes after it is drawn as before
    });
    const Pixels shown = window->pixels();
    EXPECT_EQ(shown.at(50, 100), (Rgb{1, 2, 3}));
    EXPECT_EQ(shown.at(53, 101), (Rgb{1, 2, 3}));
    EXPECT_EQ(shown.at(53, 102), (Rgb{200, 100, 50}));
    EXPECT_EQ(shown.at(54, 100), (Rgb{200, 100, 50}));
    EXPECT_EQ(shown.at(49, 100), (Rgb{10, 20, 30}));
    EXPECT_EQ(shown.at(52, 99), (Rgb{10, 20, 30}));
    EXPECT_EQ(shown.at(205, 205), (Rgb{9, 8, 7}));
    EXPECT_EQ(shown.at(300, 300), (Rgb{10, 20, 30}));
}

TEST_F(WindowDrawing, WritesWhatItShows) {
    frames(draw_blocks);
    const auto path = std::filesystem::temp_directory_path() / "firstlight_window_test.png";
    window->save_screenshot(path, true);
    const PngImage read = read_png(path);
    EXPECT_EQ(read.rows, 400);
    EXPECT_EQ(read.columns, 640);
    EXPECT_EQ(read.samples.at(static_cast<std::size_t>(3 * (55 * 640 + 105))), 200);
    EXPECT_THROW(window->save_screenshot(path, false), Error);
    std::filesystem::remove(path);
}

TEST_F(WindowDrawing, FrameCutShortIsDropped) {
    frames(draw_blocks);
    EXPECT_THROW(frames([] {
                     ImGui::BeginChild("inner");
                     ImGui::PushID(3);
                     ImGui::PushStyleColor(ImGuiCol_Text, 0xFFU);
                     throw std::runtime_error("a panel failed");
                 }),
                 std::runtime_error);
    EXPECT_THROW((void)window->pixels(), Error) << "that frame was never finished";
    frames(draw_blocks);
    EXPECT_EQ(window->pixels().at(50, 100), (Rgb{200, 100, 50}));
}

TEST_F(WindowDrawing, LeavesNoFilesBehind) {
    const auto listed = [] {
        std::vector<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator("."))
            if (entry.path().extension() == ".ini" || entry.path().filename() == "imgui_log.txt")
                names.push_back(entry.path().filename());
        return names;
    };
    const auto before = listed();
    frames([] { ImGui::Text("text"); });
    window.reset();
    EXPECT_EQ(listed(), before);
}

TEST_F(WindowDrawing, MouseReachesImGui) {
    int clicks = 0;
    ImVec2 seen;
    float wheel = 0;
    bool right = false, middle = false;
    const auto draw = [&] {
        ImGui::SetCursorPos({20, 30});
        clicks += ImGui::Button("press", {100, 40}) ? 1 : 0;
        seen = ImGui::GetIO().MousePos;
        wheel += ImGui::GetIO().MouseWheel;
        right = right || ImGui::IsMouseClicked(ImGuiMouseButton_Right);
        middle = middle || ImGui::IsMouseClicked(ImGuiMouseButton_Middle);
    };
    frames(draw);
    EXPECT_EQ(seen.x, -FLT_MAX) << "the mouse is not there before it came";
    window->push_mouse_move(60, 45);
    window->push_mouse_button(MouseButton::left, true);
    window->push_mouse_button(MouseButton::left, false);
    window->push_wheel(0, -1);
    frames(draw);
    EXPECT_EQ(clicks, 1);
    EXPECT_EQ(seen.x, 60);
    EXPECT_EQ(seen.y, 45);
    EXPECT_EQ(wheel, -1);
    EXPECT_FALSE(right || middle);
    window->push_mouse_move(300, 300);  // beside the button
    for (const MouseButton button : {MouseButton::left, MouseButton::right, MouseButton::middle}) {
        window->push_mouse_button(button, true);
        window->push_mouse_button(button, false);
    }
    frames(draw);
    EXPECT_EQ(clicks, 1);
    EXPECT_TRUE(right);
    EXPECT_TRUE(middle);
}

// All at once in the queue: each part of the gesture is seen in its own frame.
TEST_F(WindowDrawing, WholeDragInOneGo) {
    std::vector<std::string> story;
    window->push_mouse_move(10, 10);
    window->push_mouse_button(MouseButton::left, true);
    window->push_mouse_move(30, 10);
    window->push_mouse_move(50, 10);
    window->push_mouse_button(MouseButton::left, false);
    window->push_mouse_move(90, 10);
    frames([&] {
        const ImGuiIO& io = ImGui::GetIO();
        const std::string now = std::to_string(static_cast<int>(io.MousePos.x)) + (io.MouseDown[0] ? " down" : " up");
        if (story.empty() || story.back() != now) story.push_back(now);
    });
    EXPECT_EQ(story, (std::vector<std::string>{"10 down", "50 down", "50 up", "90 up"}));
}

TEST_F(WindowDrawing, TextAndKeysReachImGui) {
    std::array<char, 64> text{};
    bool undone = false, undone_while_typing = false;
    const auto draw = [&] {
        ImGui::SetCursorPos({20, 20});
        ImGui::InputText("field", text.data(), text.size());
        (ImGui::GetIO().WantTextInput ? undone_while_typing : undone) |= pressed(Key::u);
    };
    frames(draw);
    window->push_key(Key::u, true);
    window->push_key(Key::u, false);
    frames(draw);
    EXPECT_TRUE(undone) << "no field has the keyboard: a letter is a command";
    window->push_mouse_move(60, 30);
    window->push_mouse_button(MouseButton::left, true);
    window->push_mouse_button(MouseButton::left, false);
    window->push_text("σ = 12 µs, ±3");
    window->push_key(Key::backspace, true);
    window->push_key(Key::backspace, false);
    window->push_key(Key::u, true);
    window->push_text("u");
    window->push_key(Key::u, false);
    frames(draw);
    EXPECT_STREQ(text.data(), "σ = 12 µs, ±u");
    EXPECT_FALSE(undone_while_typing);
}

TEST_F(WindowDrawing, ModifiersComeFromTheEvents) {
    std::vector<std::string> story;
    const auto draw = [&] {
        if (pressed(Key::z, {.ctrl = true})) story.emplace_back("undo");
        if (pressed(Key::z, {.ctrl = true, .shift = true})) story.emplace_back("redo");
        if (pressed(Key::z)) story.emplace_back("z");
    };
    const auto type = [&](Modifiers modifiers) {
        window->push_key(Key::z, true, modifiers);
        window->push_key(Key::z, false, modifiers);
    };
    frames(draw);
    type({.ctrl = true});
    type({.ctrl = true, .shift = true});
    type({});
    frames(draw);
    EXPECT_EQ(story, (std::vector<std::string>{"undo", "redo", "z"}));
}

// A key held while the window loses the keyboard is not held for ever.
TEST_F(WindowDrawing, LosingFocusReleasesEverything) {
    bool key = false, button = false;
    const auto draw = [&] {
        key = held(Key::a);
        button = ImGui::GetIO().MouseDown[0];
    };
    window->push_mouse_move(5, 5);
    window->push_mouse_button(MouseButton::left, true);
    window->push_key(Key::a, true);
    frames(draw);
    EXPECT_TRUE(key && button);
    window->push_focus(false);
    frames(draw);
    EXPECT_FALSE(key || button);
}

TEST_F(WindowDrawing, FilesAreDropped) {
    window->push_drop("/data/first scan.h5");
    window->push_drop("/data/σ.h5");
    frames([] {});
    EXPECT_EQ(window->take_dropped_files(), (std::vector<std::string>{"/data/first scan.h5", "/data/σ.h5"}));
    EXPECT_TRUE(window->take_dropped_files().empty());
}

TEST_F(WindowDrawing, ClosingIsAskedNotDone) {
    EXPECT_FALSE(window->take_close_request());
    window->push_close();
    frames([] {});
    EXPECT_TRUE(window->take_close_request());
    EXPECT_FALSE(window->take_close_request());
    frames(draw_blocks);
    EXPECT_EQ(window->pixels().at(5, 5), (Rgb{10, 20, 30}));
}

TEST_F(WindowDrawing, Resizes) {
    frames([] {});
    window->resize(900, 700);
    ImVec2 size;
    frames([&] {
        size = ImGui::GetIO().DisplaySize;
        ImGui::GetForegroundDrawList()->AddRectFilled({895, 695}, {900, 700}, IM_COL32(255, 0, 0, 255));
    });
    EXPECT_EQ(size.x, 900);
    EXPECT_EQ(window->height(), 700);
    const Pixels shown = window->pixels();
    ASSERT_EQ(shown.columns, 900);
    EXPECT_EQ(shown.at(699, 899), (Rgb{255, 0, 0}));
}

TEST_F(WindowDrawing, ClipboardIsTheSystems) {
    window->set_clipboard("depth (mm)\t12.5");
    EXPECT_EQ(window->clipboard(), "depth (mm)\t12.5");
    frames([] { EXPECT_STREQ(ImGui::GetClipboardText(), "depth (mm)\t12.5"); });
}

TEST_F(WindowDrawing, WakeEndsWaiting) {
    frames([] {});
    EXPECT_FALSE(window->wait(0));
    const double before = wall_seconds();
    std::thread other([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        for (int i = 0; i < 100; ++i) window->wake();
    });
    EXPECT_TRUE(window->wait(20));
    EXPECT_LT(wall_seconds() - before, 10);
    other.join();
    EXPECT_LT(frames([] {}), 20) << "a hundred calls are few events";
    EXPECT_FALSE(window->wait(0));
}

TEST_F(WindowDrawing, IdleCostsNothing) {
    frames([] { ImGui::Text("idle"); });
    const double cpu = cpu_seconds(), wall = wall_seconds();
    EXPECT_FALSE(window->wait(1));
    EXPECT_GE(wall_seconds() - wall, 0.99);
    EXPECT_LT((cpu_seconds() - cpu) / (wall_seconds() - wall), 0.05);
}

TEST_F(WindowDrawing, AnimationDrawsUntilItEnds) {
    frames([] {});
    window->animate(0.2);
    int drawn = 0;
    const double end = wall_seconds() + 0.6;
    while (wall_seconds() < end)
        if (window->wait(0.05)) {
            window->begin_frame();
            window->end_frame();
            ++drawn;
        }
    EXPECT_GE(drawn, 3);
    EXPECT_LE(drawn, 20) << "60 frames a second at most, and none after its end";
}

TEST_F(WindowDrawing, AnotherWindowMayFollow) {
    const std::uint64_t first = graphics_number();
    EXPECT_NE(first, 0U);
    EXPECT_THROW(Window({.offscreen = true}), Error) << "one at a time";
    EXPECT_EQ(graphics_number(), first);
    window.reset();
    EXPECT_EQ(graphics_number(), 0U);
    open();
    EXPECT_NE(graphics_number(), first);
    frames(draw_blocks);
    EXPECT_EQ(window->pixels().at(5, 5), (Rgb{10, 20, 30}));
}

TEST(WindowErrors, NoDisplaySaysWhatToDo) {
    for (const char* variable : {"DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"}) unsetenv(variable);
    try {
        const Window window({.title = "no display"});
        GTEST_SKIP() << "this machine has a display without X11 and Wayland";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ExitCode::device);
        EXPECT_NE(std::string(error.what()).find("set DISPLAY"), std::string::npos) << error.what();
    }
    EXPECT_EQ(graphics_number(), 0U);
}

}  // namespace
}  // namespace firstlight::viewer
