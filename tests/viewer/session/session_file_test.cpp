#include "viewer/session/session_file.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "host/io/atomic_file.hpp"
#include "tests/viewer/session_driver.hpp"

namespace firstlight::viewer {
namespace {

void nobody_wakes() {}

std::string text_of(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void put(const std::filesystem::path& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

Looks other_looks() {
    Looks looks;
    looks.layer = "ballistic_sigma";
    looks.view = 0;
    looks.pixel = PixelAt{12, 34};
    looks.region = 1;
    looks.second_region = 0;
    looks.image = {2.5, 10.25, 11.5, false, false, false, false, false};
    looks.trace.log = looks.trace.of_region = looks.trace.aligned = true;
    looks.trace.response = looks.trace.components = looks.trace.residuals = false;
    looks.light.shown = true;
    looks.light.aligned = false;
    looks.light.at_ps = -12.5;
    looks.light.width_ps = 3;
    looks.light.ps_per_second = 100;
    looks.volume = {1, 2, 3, true, Projection::What::mean};
    looks.trace.follow = false;
    looks.trace.relative = looks.light.log = true;
    looks.points = {1.5, -0.25, 0.1, -0.2, 3, 2, 4, false, "attenuation", 0.125};
    return looks;
}

// A session of two files in `folder`, with everything changed that can be.
void make_session(Session& session, const std::filesystem::path& folder) {
    for (const char* name : {"star.h5", "bars.h5"}) std::filesystem::copy_file(sample(name), folder / name);
    session.open(folder / "bars.h5");
    session.open(folder / "star.h5");
    settle(session);
    Document& star = *session.current();
    ASSERT_TRUE(session.set_gate(star, -35.5, 25));
    ToneMap::Params tone;
    tone.colormap = Colormap::magma;
    tone.gamma = 1.75;
    tone.window = ToneMap::WindowFrom::fixed;
    tone.low = -3;
    tone.high = 1e6;
    ASSERT_TRUE(session.set_tone(star, "ballistic", tone));
    ASSERT_TRUE(session.edit(star, "regions", [](Edits& edits) {
        edits.regions = {{RegionShape::ellipse, 1, 2, 30.5, 40, "A"}, {RegionShape::line, 5, 6, 7, 8, "B \"q\""}};
    }));
    star.looks = other_looks();
    star.follows = true;
    settle(session);
    session.comparison().first = 0;
    session.comparison().second = 1;
    session.comparison().how = Comparison::How::split;
    session.comparison().relative = true;
    session.comparison().split = 0.25;
    session.comparison().relative = true;
}

TEST(SessionFile, everything_comes_back) {
    const TestFolder folder;
    Session session({}, nobody_wakes);
    make_session(session, folder.path);
    EXPECT_TRUE(session.any_unsaved());
    save_session(session, folder / "monday.session.toml", false);
    EXPECT_FALSE(session.any_unsaved());
    EXPECT_TRUE(is_session(folder / "monday.session.toml"));

    Session again({}, nobody_wakes);
    open_session(again, folder / "monday.session.toml");
    settle(again);
    ASSERT_EQ(again.documents().size(), 2U);
    EXPECT_EQ(again.current_number(), 1);
    EXPECT_EQ(again.comparison().first, 0);
    EXPECT_EQ(again.comparison().second, 1);
    EXPECT_EQ(again.comparison().how, Comparison::How::split);
    EXPECT_TRUE(again.comparison().relative);
    EXPECT_EQ(again.comparison().split, 0.25);
    EXPECT_TRUE(again.comparison().relative);
    const Document &was = *session.current(), &is = *again.current();
    EXPECT_EQ(is.looks, was.looks);
    EXPECT_TRUE(is.follows);
    EXPECT_EQ(to_toml(is.recipe()), to_toml(was.recipe()));
    EXPECT_EQ(is.edits().regions, was.edits().regions);
    ASSERT_EQ(is.edits().tones.count("ballistic"), 1U);
    const ToneMap::Params& tone = is.edits().tones.at("ballistic");
    EXPECT_EQ(tone.colormap, Colormap::magma);
    EXPECT_EQ(tone.gamma, 1.75);
    EXPECT_EQ(tone.window, ToneMap::WindowFrom::fixed);
    EXPECT_EQ(tone.low, -3);
    EXPECT_EQ(tone.high, 1e6);
    EXPECT_FALSE(is.unsaved());
    EXPECT_FALSE(has_message(again, MessageKind::warning, "unknown key"));
    EXPECT_FALSE(has_message(again, MessageKind::error, ""));
    // Saved again it is the same file.
    save_session(again, folder / "again.session.toml", false);
    EXPECT_EQ(text_of(folder / "again.session.toml"), text_of(folder / "monday.session.toml"));
}

TEST(SessionFile, an_existing_file_is_not_replaced_unasked) {
    const TestFolder folder;
    Session session({}, nobody_wakes);
    save_session(session, folder / "empty.session.toml", false);
    EXPECT_THROW(save_session(session, folder / "empty.session.toml", false), Error);
    save_session(session, folder / "empty.session.toml", true);
    EXPECT_THROW(save_session(session, folder / "no" / "such" / "folder.toml", false), Error);
}

TEST(SessionFile, a_moved_folder_opens_as_before) {
    const TestFolder folder;
    std::filesystem::create_directory(folder / "here");
    {
        Session session({}, nobody_wakes);
        make_session(session, folder / "here");
        save_session(session, folder / "here" / "s.session.toml", false);
    }
    EXPECT_EQ(text_of(folder / "here" / "s.session.toml").find(folder.path.string()), std::string::npos);
    std::filesystem::rename(folder / "here", folder / "there");
    Session session({}, nobody_wakes);
    open_session(session, folder / "there" / "s.session.toml");
    settle(session);
    ASSERT_EQ(session.documents().size(), 2U);
    EXPECT_EQ(session.current()->path, folder / "there" / "star.h5");
    EXPECT_TRUE(session.current()->is_settled());
}

TEST(SessionFile, files_elsewhere_are_named_whole) {
    const TestFolder folder;
    Session session({}, nobody_wakes);
    session.open(sample("star.h5"));
    settle(session);
    save_session(session, folder / "s.session.toml", false);
    EXPECT_NE(text_of(folder / "s.session.toml").find(std::filesystem::canonical(sample("star.h5")).string()),
              std::string::npos);
}

TEST(SessionFile, a_missing_file_is_a_message_and_the_rest_opens) {
    const TestFolder folder;
    {
        Session session({}, nobody_wakes);
        make_session(session, folder.path);
        save_session(session, folder / "s.session.toml", false);
    }
    std::filesystem::remove(folder / "bars.h5");
    Session session({}, nobody_wakes);
    open_session(session, folder / "s.session.toml");
    settle(session);
    EXPECT_TRUE(has_message(session, MessageKind::error, "bars.h5"));
    ASSERT_EQ(session.documents().size(), 1U);
    EXPECT_EQ(session.current()->title(), "star.h5");
}

TEST(SessionFile, damage_is_named_with_line_and_key) {
    const TestFolder folder;
    Session session({}, nobody_wakes);
    make_session(session, folder.path);
    save_session(session, folder / "good.session.toml", false);
    const std::string good = text_of(folder / "good.session.toml");
    const auto error_of = [&](const std::string& text) {
        put(folder / "bad.session.toml", text);
        Session other({}, nobody_wakes);
        try {
            open_session(other, folder / "bad.session.toml");
        } catch (const Error& e) {
            EXPECT_EQ(e.code(), ExitCode::bad_input);
            EXPECT_TRUE(other.documents().empty());
            return std::string(e.what());
        }
        return std::string("no error");
    };
    const auto line_of = [](const std::string& text, const std::string& part) {
        return 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(text.find(part)), '\n');
    };
    const auto expect = [&](const std::string& from, const std::string& to, const std::string& key) {
        ASSERT_NE(good.find(from), std::string::npos) << from << "\n" << good;
        const std::string bad = replaced(good, from, to);
        const std::string said = error_of(bad);
        EXPECT_NE(said.find("bad.session.toml:" + std::to_string(line_of(bad, to)) + ": " + key), std::string::npos)
            << said;
    };
    expect("gamma = 1.75", "gamma = -4", "file.tone.ballistic.gamma");
    expect("zoom = 2.5", "zoom = \"wide\"", "file.looks.image.zoom");
    expect("zoom = 2.5", "zoom = nan", "file.looks.image.zoom");
    expect("shape = 'ellipse'", "shape = 'circle'", "file.region.shape");
    expect("pixel = [12, 34]", "pixel = [12]", "file.looks.pixel");
    expect("what = 'mean'", "what = 'best'", "file.looks.volume.what");
    expect("follows = true", "follows = 1", "file.follows");
    expect("how = 'split'", "how = 'side'", "comparison.how");
    EXPECT_NE(error_of(replaced(good, "open_ps = -35.5", "open_ps = wide")).find("file.recipe"), std::string::npos);
    EXPECT_NE(error_of(replaced(good, "version = 1", "version = 2")).find("version"), std::string::npos);
    EXPECT_NE(error_of(good.substr(0, good.size() / 2) + "= = =").find("is no session"), std::string::npos);
    EXPECT_NE(error_of("name = \"transmission\"\n").find("is no session"), std::string::npos);
    EXPECT_NE(error_of("").find("is no session"), std::string::npos);
    EXPECT_THROW(open_session(session, folder / "missing.toml"), Error);
    EXPECT_THROW(open_session(session, folder.path), Error);
    EXPECT_EQ(session.documents().size(), 2U);
}

TEST(SessionFile, unknown_keys_are_warnings) {
    const TestFolder folder;
    Session session({}, nobody_wakes);
    make_session(session, folder.path);
    save_session(session, folder / "s.session.toml", false);
    put(folder / "new.session.toml",
        replaced(text_of(folder / "s.session.toml"), "zoom = 2.5", "zoom = 2.5\nrotation = 90"));
    Session other({}, nobody_wakes);
    open_session(other, folder / "new.session.toml");
    settle(other);
    EXPECT_TRUE(has_message(other, MessageKind::warning, "unknown key file.looks.image.rotation"));
    EXPECT_EQ(other.documents().size(), 2U);
}

TEST(SessionFile, a_name_that_is_no_text_is_refused) {
    const TestFolder folder;
    std::filesystem::copy_file(sample("star.h5"), folder / "bad\xFF.h5");
    Session session({}, nobody_wakes);
    session.open(folder / "bad\xFF.h5");
    settle(session);
    ASSERT_EQ(session.documents().size(), 1U);
    try {
        save_session(session, folder / "s.session.toml", false);
        ADD_FAILURE() << "it was written";
    } catch (const Error& e) {
        EXPECT_NE(std::string(e.what()).find("rename the file"), std::string::npos);
    }
    EXPECT_FALSE(std::filesystem::exists(folder / "s.session.toml"));
}

}  // namespace
}  // namespace firstlight::viewer
