#include "viewer/session/session.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <fstream>

#include "tests/viewer/batch_result.hpp"
#include "tests/viewer/session_driver.hpp"

namespace firstlight::viewer {
namespace {

void nobody_wakes() {}

TEST(Session, an_opened_scan_shows_what_the_command_line_makes) {
    Session session({}, nobody_wakes);
    session.open(sample("star.h5"));
    settle(session);
    Document* star = session.current();
    ASSERT_NE(star, nullptr);
    EXPECT_EQ(star->kind, DocumentKind::acquisition);
    EXPECT_EQ(star->recipe().name, "transmission");
    ASSERT_TRUE(star->is_settled());
    EXPECT_FALSE(star->unsaved());
    ASSERT_NE(star->layer(), nullptr);
    EXPECT_EQ(star->layer()->name, "ballistic");
    expect_same_layers(*star->images(), batch(*star).images);
    const auto gate = session.gate_ps(*star);
    ASSERT_TRUE(gate);
    EXPECT_LT(gate->first, 0);
    EXPECT_GT(gate->second, gate->first);
}

TEST(Session, a_dragged_gate_ends_as_the_batch_and_is_one_step_of_undo) {
    Session session({}, nobody_wakes);
    session.open(sample("star.h5"));
    settle(session);
    Document& star = *session.current();
    const auto before = star.result;
    const auto gate = session.gate_ps(star).value();
    for (int i = 1; i <= 5; ++i) {
        ASSERT_TRUE(session.set_gate(star, gate.first - 4 * i, gate.second + 3 * i, "gate"));
        session.poll();
    }
    session.end_drag(star);
    settle(session);
    ASSERT_TRUE(star.is_settled());
    EXPECT_EQ(star.recipe().params<TimeGate>()->open_ps, gate.first - 20);
    expect_same_layers(*star.images(), batch(star).images);
    EXPECT_NE(std::memcmp(star.images()->layer("ballistic")->values.data(),
                          before->images.layer("ballistic")->values.data(), 100),
              0);
    EXPECT_TRUE(star.unsaved());
    session.undo(star);
    settle(session);
    EXPECT_FALSE(star.history.can_undo());
    EXPECT_FALSE(star.unsaved());
    expect_same_layers(star.result->images, before->images);
}

// While a gate is dragged the screen shows the held traces gated anew: the batch's images to 1e-5, before any run.
TEST(Session, the_preview_of_a_drag_equals_the_batch) {
    Session session({}, nobody_wakes);
    session.open(sample("star.h5"));
    settle(session);
    Document& star = *session.current();
    ASSERT_TRUE(star.held);
    ASSERT_EQ(star.held->scan.plan().step, 1);
    ASSERT_TRUE(session.set_gate(star, -27.3, 14.9, "gate"));
    ASSERT_TRUE(poll_until(
        session, [&] { return star.preview != nullptr; }, 10));
    const GatedImages preview = *star.preview;
    const Result whole = batch(star);
    ASSERT_EQ(preview.layers.size(), whole.images.layers.size());
    for (const ImageLayer& layer : preview.layers) {
        const ImageLayer* other = whole.images.layer(layer.name);
        ASSERT_NE(other, nullptr);
        for (std::size_t i = 0; i < layer.values.size(); ++i) {
            const float a = layer.values[i], b = other->values[i];
            ASSERT_EQ(std::isnan(a), std::isnan(b)) << layer.name << " " << i;
            if (!std::isnan(a)) ASSERT_NEAR(a, b, 1e-5 * std::abs(b) + 1e-6) << layer.name << " " << i;
        }
    }
    settle(session);
    EXPECT_FALSE(star.preview);
    expect_same_layers(star.result->images, whole.images);
}

TEST(Session, an_opened_result_is_not_made_anew) {
    const TestFolder folder;
    Session session({}, nobody_wakes);
    session.open(sample("star.h5"));
    settle(session);
    Result changed = *session.current()->result;
    changed.images.layer("ballistic")->values[7] = 12345;
    write_result(folder / "changed.h5", changed, false);
    session.open(folder / "changed.h5");
    settle(session);
    Document& again = *session.current();
    ASSERT_TRUE(again.held);  // its traces are there all the same
    EXPECT_EQ(again.result->images.layer("ballistic")->values[7], 12345);
    EXPECT_TRUE(again.is_settled());
    ASSERT_TRUE(session.set_gate(again, -30, 10));
    settle(session);
    EXPECT_NE(again.result->images.layer("ballistic")->values[7], 12345);
}

TEST(Session, a_drag_that_rests_runs_by_itself) {
    Session session({}, nobody_wakes);
    session.open(sample("star.h5"));
    settle(session);
    Document& star = *session.current();
    ASSERT_TRUE(session.set_gate(star, -30, 20, "gate"));
    EXPECT_FALSE(star.is_settled());
    EXPECT_LT(session.poll(), 0.5);
    EXPECT_TRUE(poll_until(session, [&] { return star.is_settled(); }));
    EXPECT_EQ(star.result->process.recipe.find("open_ps = -30") != std::string::npos, true);
}

TEST(Session, refused_edits_change_nothing_and_say_why) {
    Session session({}, nobody_wakes);
    session.open(sample("star.h5"));
    settle(session);
    Document& star = *session.current();
    EXPECT_FALSE(session.set_parameter(star, "time_gate.open_ps", "wide"));
    EXPECT_TRUE(has_message(session, MessageKind::error, "time_gate.open_ps"));
    EXPECT_FALSE(session.set_parameter(star, "time_gate.opens", "1"));
    EXPECT_FALSE(session.set_gate(star, 20, -20));
    EXPECT_TRUE(has_message(session, MessageKind::error, "empty"));
    EXPECT_FALSE(session.use_recipe(star, "kerr"));  // frames only
    EXPECT_FALSE(session.use_recipe(star, "transmision"));
    EXPECT_TRUE(has_message(session, MessageKind::error, "transmission"));
    EXPECT_FALSE(session.set_parameter(star, "time_gate.rise_ps", "5"));  // idle: hard edges
    EXPECT_FALSE(star.history.can_undo());
    EXPECT_TRUE(star.is_settled());
}

TEST(Session, a_run_that_fails_keeps_the_picture_and_says_why) {
    Session session({}, nobody_wakes);
    session.open(sample("star.h5"));
    settle(session);
    Document& star = *session.current();
    const auto before = star.result;
    ASSERT_TRUE(session.set_gate(star, -900000, -800000));  // far outside the data
    settle(session);
    EXPECT_TRUE(has_message(session, MessageKind::error, "leaves the data"));
    EXPECT_NE(star.failed_run, "");
    EXPECT_EQ(star.result, before);
    session.undo(star);
    settle(session);
    EXPECT_TRUE(star.is_settled());
}

TEST(Session, what_is_saved_is_what_the_screen_shows_even_while_it_runs) {
    const TestFolder folder;
    Session session({}, nobody_wakes);
    session.open(sample("star.h5"));
    settle(session);
    Document& star = *session.current();
    ASSERT_TRUE(session.set_gate(star, -35, 25, "gate"));
    session.save_result(star, folder / "star.result.h5", false);  // the new gate has not run yet
    session.end_drag(star);
    settle(session);
    EXPECT_TRUE(has_message(session, MessageKind::information, "result written"));
    const Result saved = read_result(folder / "star.result.h5", {});
    expect_same_layers(saved.images, batch(star).images);
    EXPECT_FALSE(star.unsaved());
    session.save_result(star, folder / "star.result.h5", false);
    settle(session);
    EXPECT_TRUE(has_message(session, MessageKind::error, "star.result.h5"));  // not replaced unasked
    session.save_recipe(star, folder / "narrow.toml", false);
    settle(session);
    EXPECT_EQ(load_recipe((folder / "narrow.toml").string()).params<TimeGate>()->open_ps, -35);
}

TEST(Session, a_result_opens_with_its_recipe_and_its_acquisition) {
    const TestFolder folder;
    Session session({}, nobody_wakes);
    session.open(sample("star.h5"));
    settle(session);
    ASSERT_TRUE(session.set_gate(*session.current(), -35, 25));
    settle(session);
    session.save_result(*session.current(), folder / "star.result.h5", false);
    settle(session);
    const auto saved = session.current()->result;
    session.open(folder / "star.result.h5");
    settle(session);
    Document& again = *session.current();
    EXPECT_EQ(again.kind, DocumentKind::result);
    EXPECT_EQ(again.recipe().params<TimeGate>()->open_ps, -35);
    EXPECT_EQ(std::filesystem::canonical(again.scan_path), std::filesystem::canonical(sample("star.h5")));
    ASSERT_TRUE(again.scan);
    expect_same_layers(again.result->images, saved->images);
    EXPECT_EQ(session.documents().size(), 2U);
    session.open(sample("star.h5"));  // shown, not opened twice
    EXPECT_EQ(session.documents().size(), 2U);
    EXPECT_EQ(session.current_number(), 0);
}

TEST(Session, a_result_without_its_acquisition_can_still_be_looked_at) {
    const TestFolder folder;
    std::filesystem::copy_file(sample("star.h5"), folder / "scan.h5");
    {
        Session session({}, nobody_wakes);
        session.open(folder / "scan.h5");
        settle(session);
        session.save_result(*session.current(), folder / "out.h5", false);
        settle(session);
    }
    std::filesystem::remove(folder / "scan.h5");
    Session session({}, nobody_wakes);
    session.open(folder / "out.h5");
    settle(session);
    Document& out = *session.current();
    ASSERT_NE(out.layer_values(), nullptr);
    EXPECT_FALSE(out.scan);
    EXPECT_NE(out.why_no_scan.find("scan.h5"), std::string::npos);
    EXPECT_NE(out.why_no_scan.find("put it back"), std::string::npos);
}

TEST(Session, damaged_and_foreign_files_leave_a_message_and_the_rest_alone) {
    const TestFolder folder;
    {
        std::ofstream(folder / "text.h5") << "this is no HDF5 file";
        std::ifstream in(sample("star.h5"), std::ios::binary);
        std::string bytes((std::istreambuf_iterator<char>(in)), {});
        bytes.resize(bytes.size() / 2);
        for (std::size_t i = 600; i < bytes.size(); i += 97) bytes[i] = static_cast<char>(~bytes[i]);
        std::ofstream(folder / "damaged.h5", std::ios::binary) << bytes;
    }
    Session session({}, nobody_wakes);
    session.open(sample("star.h5"));
    settle(session);
    for (const char* name : {"text.h5", "damaged.h5", "missing.h5"}) {
        session.open(folder / name);
        settle(session);
        EXPECT_TRUE(has_message(session, MessageKind::error, name)) << name;
    }
    ASSERT_EQ(session.documents().size(), 1U);
    EXPECT_TRUE(session.current()->is_settled());
}

TEST(Session, a_file_that_grows_is_read_again_when_it_is_followed) {
    const TestFolder folder;
    std::filesystem::copy_file(sample("star.h5"), folder / "live.h5");
    Session session({}, nobody_wakes);
    session.open(folder / "live.h5");
    settle(session);
    Document& live = *session.current();
    const std::int64_t columns = live.scan->columns;
    std::filesystem::copy_file(sample("bars.h5"), folder / "live.h5",
                               std::filesystem::copy_options::overwrite_existing);
    EXPECT_TRUE(poll_until(session, [&] { return live.changed_on_disk; }));
    EXPECT_TRUE(has_message(session, MessageKind::warning, "has changed on the disk"));
    EXPECT_EQ(live.scan->columns, columns);  // nothing changes unasked
    live.follows = true;
    EXPECT_TRUE(poll_until(session, [&] { return !live.changed_on_disk && live.is_settled(); }));
    Session fresh({}, nobody_wakes);
    fresh.open(sample("bars.h5"));
    settle(fresh);
    expect_same_layers(live.result->images, fresh.current()->result->images);
}

TEST(Session, recent_files_are_kept_where_asked) {
    const TestFolder folder;
    SessionOptions options;
    options.state_folder = folder / "state";
    {
        Session session(options, nobody_wakes);
        session.open(sample("star.h5"));
        session.open(sample("fog.h5"));
        settle(session);
    }
    Session session(options, nobody_wakes);
    ASSERT_EQ(session.recent_files().size(), 2U);
    session.forget_recent_files();
    EXPECT_TRUE(Session(options, nobody_wakes).recent_files().empty());
}

TEST(Session, closing_moves_the_numbers_of_what_stays) {
    Session session({}, nobody_wakes);
    for (const char* name : {"star.h5", "fog.h5", "bars.h5"}) session.open(sample(name));
    settle(session);
    session.comparison().first = 0;
    session.comparison().second = 2;
    session.show(2);
    session.close(1);
    EXPECT_EQ(session.current()->title(), "bars.h5");
    EXPECT_EQ(session.comparison().first, 0);
    EXPECT_EQ(session.comparison().second, 1);
    session.close(1);
    EXPECT_EQ(session.comparison().second, -1);
    EXPECT_EQ(session.current()->title(), "star.h5");
    session.close(0);
    EXPECT_EQ(session.current(), nullptr);
}

TEST(Session, ends_at_once_while_something_runs) {
    const auto start = std::chrono::steady_clock::now();
    {
        Session session({}, nobody_wakes);
        session.open(sample("fog.h5"));
        poll_until(session, [&] { return session.current()->scan.has_value(); });
    }
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST(Commands, name_whole_paths_whatever_the_folder_they_are_run_in) {
    const std::filesystem::path here = std::filesystem::current_path();
    std::filesystem::current_path(sample("star.h5").parent_path());
    Session session({}, nobody_wakes);
    session.open("star.h5");
    settle(session);
    const std::string command = session.current() == nullptr ? "" : session.command_of(*session.current());
    std::filesystem::current_path(here);
    EXPECT_NE(command.find(" " + std::filesystem::canonical(sample("star.h5")).string() + " "), std::string::npos)
        << command;
}

}  // namespace
}  // namespace firstlight::viewer
