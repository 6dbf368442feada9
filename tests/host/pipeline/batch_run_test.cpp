// How a batch deals with processes: how many at once, and what it says of one that dies. In place of the program a
// script runs.
#include "host/pipeline/batch_run.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "tests/end_to_end/batch_scans.hpp"

namespace firstlight {
namespace {

class BatchRunTest : public testing::Test {
  protected:
    void SetUp() override {
        folder_ =
            std::filesystem::temp_directory_path() / ("firstlight_run_" + std::to_string(getpid()) + "_" +
                                                      testing::UnitTest::GetInstance()->current_test_info()->name());
        std::filesystem::create_directories(folder_ / "out");
        options_.output = folder_ / "out";
        options_.backend = "cpu";
        options_.program = folder_ / "program";
        for (int i = 0; i < 4; ++i) {
            const auto path = folder_ / ("scan_" + std::to_string(i) + ".h5");
            write_numbered_scan(path, i);
            items_.push_back({path, path.stem().string(), "", "", {}});
        }
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }
    void script(const std::string& text) const {
        std::ofstream(options_.program) << "#!/bin/sh\n" << text;
        std::filesystem::permissions(options_.program, std::filesystem::perms::owner_all);
    }
    // The most that ran at one time.
    int most_at_once() {
        script("echo start >> " + (folder_ / "times").string() + "\nsleep 0.15\necho end >> " +
               (folder_ / "times").string() + "\necho '{}'\n");
        std::filesystem::remove(folder_ / "times");
        EXPECT_EQ(run_batch(items_, options_, {}).records.size(), 4U);
        std::ifstream times(folder_ / "times");
        int now = 0, most = 0;
        for (std::string line; std::getline(times, line);) {
            now += line == "start" ? 1 : -1;
            most = std::max(most, now);
        }
        return most;
    }
    std::filesystem::path folder_;
    BatchOptions options_;
    std::vector<BatchItem> items_;
};

TEST_F(BatchRunTest, as_many_at_once_as_jobs_and_memory_allow) {
    options_.jobs = 3;
    EXPECT_EQ(most_at_once(), 3);
    options_.jobs = 1;
    EXPECT_EQ(most_at_once(), 1);
    options_.jobs = 4;
    options_.memory_bytes = std::size_t{250} << 20;  // each takes some 97 MiB
    EXPECT_EQ(most_at_once(), 2);
    options_.memory_bytes = std::size_t{150} << 20;
    EXPECT_EQ(most_at_once(), 1);
}

TEST_F(BatchRunTest, what_became_of_an_item_is_said) {
    script(
        "case $2 in\n*scan_0*) kill -SEGV $$ ;;\n*scan_1*) kill -KILL $$ ;;\n"
        "*scan_2*) echo 'firstlight: error: scan_2: no light' >&2; exit 3 ;;\nesac\necho '{}'\n");
    std::map<std::string, BatchJson> said;
    BatchCallbacks callbacks;
    callbacks.finished = [&](const BatchProgress& p, const BatchJson& record) {
        EXPECT_EQ(p.total, 4U);
        said[record["name"]] = record;
    };
    const BatchOutcome outcome = run_batch(items_, options_, callbacks);
    EXPECT_EQ(outcome.failed, 3U);
    EXPECT_EQ(said["scan_0"]["reason"], "it crashed: Segmentation fault (signal 11)");
    EXPECT_EQ(said["scan_1"]["reason"], "it was killed (signal 9), perhaps because memory ran out");
    EXPECT_EQ(said["scan_2"]["reason"], "scan_2: no light");
    EXPECT_EQ(said["scan_2"]["code"], 3);
    EXPECT_EQ(said["scan_3"]["status"], "ok");
    EXPECT_EQ(read_journal(folder_ / "out/batch.jsonl"), said);
}

TEST_F(BatchRunTest, progress_of_a_long_item_is_told) {
    script("echo gate 1 4 >&3\nsleep 0.6\necho '{}'\n");
    items_.resize(1);
    ChildProgress last;
    BatchCallbacks callbacks;
    callbacks.running = [&](const BatchProgress&, const BatchItem& item, const ChildProgress& p, double) {
        EXPECT_EQ(item.name, "scan_0");
        if (!p.what.empty()) last = p;
    };
    EXPECT_EQ(run_batch(items_, options_, callbacks).failed, 0U);
    EXPECT_EQ(last.what, "gate");
    EXPECT_EQ(last.share, 0.25);
}

TEST_F(BatchRunTest, needs_follow_the_plan) {
    const ItemNeeds small = needs_of(items_[0], std::size_t{1} << 30, 0, 8);
    EXPECT_EQ(small.threads, 1);
    EXPECT_GE(small.memory_bytes, std::size_t{96} << 20);
    const AcquisitionFile file = AcquisitionFile::open(items_[0].scan, {});
    const Plan plan =
        make_plan(file.scan(), load_recipe("transmission"), plan_options_of(file, std::size_t{1} << 30, 1));
    EXPECT_EQ(small.memory_bytes, plan.total_bytes);
    EXPECT_EQ(needs_of(items_[0], 0, 3, 8).threads, 3);
}

}  // namespace
}  // namespace firstlight
