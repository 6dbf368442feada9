// `firstlight view` through the real programs, without any display: pictures, refusals, flags that take effect.
#include <array>
#include <cstdlib>
#include <set>

#include "host/io/h5.hpp"
#include "host/io/images.hpp"
#include "host/pipeline/recipe.hpp"
#include "tests/end_to_end/run_program.hpp"
#include "tests/end_to_end/small_scan.hpp"

namespace firstlight {
namespace {

const std::string viewer_program = FIRSTLIGHT_BINARY_DIR "/bin/firstlight-viewer";
const std::string star = std::string(FIRSTLIGHT_SOURCE_DIR) + "/sample_data/star.h5";

class CliView : public ProgramTest {
  protected:
    void SetUp() override {
        ProgramTest::SetUp();
        if (!std::filesystem::exists(viewer_program))
            GTEST_SKIP() << "this build has no viewer (libimgui-dev, libsdl2-dev or libgl-dev is missing)";
        for (const char* name : {"DISPLAY", "WAYLAND_DISPLAY", "FIRSTLIGHT_VIEWER"}) ::unsetenv(name);
        ::setenv("XDG_STATE_HOME", at("state").c_str(), 1);
        ::setenv("XDG_RUNTIME_DIR", at("").c_str(), 1);  // libwayland complains without one
    }
    void TearDown() override {
        ::unsetenv("FIRSTLIGHT_VIEWER");
        ProgramTest::TearDown();
    }
    // The PNG of `view star.h5` with these words, in its own file.
    PngImage picture(const std::vector<std::string>& more, const std::string& name) const {
        std::vector<std::string> words{"view", star, "--screenshot", name, "--size", "800x600", "--backend", "cpu"};
        words.insert(words.end(), more.begin(), more.end());
        const Outcome outcome = run(words);
        EXPECT_EQ(outcome.code, 0) << outcome.error;
        EXPECT_EQ(outcome.error, "");
        return outcome.code == 0 ? read_png(at(name)) : PngImage{};
    }
};

TEST_F(CliView, writes_a_picture_without_any_display) {
    const PngImage shown = picture({}, "out.png");
    EXPECT_EQ(shown.rows, 600);
    EXPECT_EQ(shown.columns, 800);
    ASSERT_EQ(shown.channels, 3);
    std::set<std::array<std::uint16_t, 3>> colours;
    for (std::size_t i = 0; i + 2 < shown.samples.size(); i += 3)
        colours.insert({shown.samples[i], shown.samples[i + 1], shown.samples[i + 2]});
    EXPECT_GT(colours.size(), 200U);                          // an image, letters, lines
    EXPECT_EQ(files(), std::vector<std::string>{"out.png"});  // no list of recent files, nothing beside it
}

TEST_F(CliView, flags_take_effect) {
    const PngImage plain = picture({}, "plain.png");
    const PngImage quiet = picture({"--panel", "display"}, "quiet.png");  // says nothing of seconds
    EXPECT_EQ(picture({"--panel", "display"}, "same.png").samples, quiet.samples);
    EXPECT_NE(quiet.samples, plain.samples);
    EXPECT_NE(picture({"--time_gate.close_ps", "120"}, "gate.png").samples, plain.samples);
    EXPECT_NE(picture({"--recipe", "transmission-fit"}, "recipe.png").samples, plain.samples);
    EXPECT_NE(picture({"--panel", "log"}, "panel.png").samples, plain.samples);
    EXPECT_NE(picture({"--layer", "optical_depth"}, "layer.png").samples, plain.samples);
    EXPECT_NE(picture({"--theme", "light"}, "light.png").samples, plain.samples);
    const PngImage large = picture({"--scale", "2"}, "large.png");
    EXPECT_EQ(large.rows, 1200);
    EXPECT_EQ(large.columns, 1600);
}

TEST_F(CliView, a_session_is_opened) {
    const PngImage plain = picture({}, "plain.png");
    std::ofstream(at("s.session.toml")) << "format = \"firstlight-session\"\nversion = 1\n[[file]]\npath = \"" << star
                                        << "\"\n[file.looks]\nlayer = \"optical_depth\"\n";
    const Outcome outcome =
        run({"view", "--session", "s.session.toml", "--screenshot", "s.png", "--size", "800x600", "--backend", "cpu"});
    ASSERT_EQ(outcome.code, 0) << outcome.error;
    EXPECT_NE(read_png(at("s.png")).samples, plain.samples);
    std::ofstream(at("bad.session.toml")) << "format = \"firstlight-session\"\nversion = 9\n";
    EXPECT_EQ(run({"view", "--session", "bad.session.toml", "--screenshot", "t.png"}).code, 3);
    EXPECT_FALSE(std::filesystem::exists(at("t.png")));
}

TEST_F(CliView, bad_files_are_refused_in_the_words_of_info) {
    std::ofstream(at("notes.h5")) << "hello";
    write_small_scan(at("whole.h5"));
    const std::string bytes = text_of(at("whole.h5"));
    std::ofstream(at("cut.h5"), std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size() / 2));
    for (const char* name : {"notes.h5", "cut.h5", "missing.h5"}) {
        const Outcome info = run({"info", name});
        ASSERT_EQ(info.code, 3) << name;
        const Outcome view = run({"view", name, "--screenshot", "out.png"});
        EXPECT_EQ(view.code, 3) << name;
        EXPECT_EQ(view.error, info.error);
        EXPECT_FALSE(std::filesystem::exists(at("out.png")));
    }
}

TEST_F(CliView, words_that_mean_nothing_are_refused) {
    const auto refused = [&](std::vector<std::string> more, const std::string& part) {
        std::vector<std::string> words{"view", star, "--screenshot", "out.png", "--backend", "cpu"};
        words.insert(words.end(), more.begin(), more.end());
        const Outcome outcome = run(words);
        EXPECT_EQ(outcome.code, 2) << outcome.error;
        EXPECT_NE(outcome.error.find(part), std::string::npos) << outcome.error;
        EXPECT_EQ(std::count(outcome.error.begin(), outcome.error.end(), '\n'), 1) << outcome.error;
        EXPECT_FALSE(std::filesystem::exists(at("out.png")));
    };
    refused({"--panel", "layer"}, "did you mean layers?");
    refused({"--panel", "xyzzy"}, "choose from parameters, layers");
    refused({"--layer", "balistic"}, "did you mean ballistic?");
    refused({"--recipe", "transmision"}, "transmission");
    refused({"--time_gate.opens_ps", "1"}, "open_ps");
    refused({"--time_gate.open_ps", "wide"}, "--time_gate.open_ps");
    refused({"--size", "10x10"}, "--size 10x10");
    EXPECT_EQ(run({"view", "--screenshot", "out.png"}).code, 2);
}

TEST_F(CliView, an_existing_picture_is_replaced_only_by_force) {
    std::ofstream(at("out.png")) << "mine";
    const Outcome refused = run({"view", star, "--screenshot", "out.png"});
    EXPECT_EQ(refused.code, 4) << refused.error;
    EXPECT_NE(refused.error.find("--force"), std::string::npos) << refused.error;
    EXPECT_EQ(text_of(at("out.png")), "mine");
    EXPECT_EQ(picture({"--force"}, "out.png").rows, 600);
}

TEST_F(CliView, without_a_display_a_window_is_refused) {
    const Outcome outcome = run({"view", star});
    EXPECT_EQ(outcome.code, 5) << outcome.error;
    EXPECT_NE(outcome.error.find("no display"), std::string::npos) << outcome.error;
    EXPECT_NE(outcome.error.find("--screenshot"), std::string::npos) << outcome.error;
    EXPECT_EQ(std::count(outcome.error.begin(), outcome.error.end(), '\n'), 1) << outcome.error;
}

TEST_F(CliView, a_missing_viewer_is_named) {
    ::setenv("FIRSTLIGHT_VIEWER", at("nowhere").c_str(), 1);
    const Outcome outcome = run({"view", star});
    EXPECT_EQ(outcome.code, 1);
    EXPECT_NE(outcome.error.find("nowhere"), std::string::npos) << outcome.error;
    EXPECT_NE(run({"doctor"}).out.find("nowhere is not there"), std::string::npos);
}

TEST_F(CliView, doctor_says_what_would_draw) {
    const Outcome text = run({"doctor"});
    EXPECT_EQ(text.code, 0);
    const std::size_t line = text.out.find("\nviewer");
    ASSERT_NE(line, std::string::npos) << text.out;
    EXPECT_NE(text.out.find("for --screenshot only: no display", line), std::string::npos) << text.out;
    EXPECT_NE(run({"doctor", "--json"}).out.find("\"viewer\""), std::string::npos);
}

TEST_F(CliView, completion_and_manual_know_it) {
    EXPECT_NE(run({"completion", "bash"}).out.find("--screenshot"), std::string::npos);
    EXPECT_NE(run({"man"}).out.find("firstlight view"), std::string::npos);
}

}  // namespace
}  // namespace firstlight
