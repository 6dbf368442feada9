#include "host/pipeline/batch_list.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "host/pipeline/batch_journal.hpp"
#include "host/pipeline/batch_manifest.hpp"
#include "tests/end_to_end/batch_scans.hpp"

namespace firstlight {
namespace {

class BatchListTest : public testing::Test {
  protected:
    void SetUp() override {
        folder_ =
            std::filesystem::temp_directory_path() / ("firstlight_list_" + std::to_string(getpid()) + "_" +
                                                      testing::UnitTest::GetInstance()->current_test_info()->name());
        std::filesystem::create_directories(folder_ / "night");
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }
    [[nodiscard]] std::filesystem::path manifest(const std::string& text) const {
        std::ofstream(folder_ / "list.toml") << text;
        return folder_ / "list.toml";
    }
    std::filesystem::path folder_;
};

TEST_F(BatchListTest, what_is_nearer_goes_first) {
    write_numbered_scan(folder_ / "night/b.h5", 1);
    write_numbered_scan(folder_ / "a.h5", 2);
    std::ofstream(folder_ / "detector.h5") << "x";
    BatchRequest request;
    request.sources = {manifest(R"(recipe = "transmission"
calibration = "detector.h5"
[time_gate]
open_ps = -40
close_ps = 20.5
[[scan]]
path = "night/b.h5"
output = "foam"
[scan.time_gate]
open_ps = -10
[[scan]]
path = "a.h5"
recipe = "arrival"
)")};
    request.output = folder_ / "out";
    BatchList list = list_batch(request);
    // time_gate is none of arrival's stages: said before it runs.
    ASSERT_EQ(list.problems.size(), 1U);
    EXPECT_NE(list.problems[0].text.find("recipe \"arrival\" has no stage \"time_gate\""), std::string::npos);
    ASSERT_EQ(list.items.size(), 2U);
    EXPECT_EQ(list.items[0].name, "a");
    EXPECT_EQ(list.items[0].recipe, "arrival");
    EXPECT_EQ(list.items[0].parameters,
              (BatchParameters{{"time_gate.close_ps", "20.5"}, {"time_gate.open_ps", "-40"}}));
    EXPECT_EQ(list.items[1].name, "foam");
    EXPECT_EQ(list.items[1].scan, folder_ / "night/b.h5");
    EXPECT_EQ(list.items[1].recipe, "transmission");
    EXPECT_EQ(list.items[1].calibration, folder_ / "detector.h5");
    EXPECT_EQ(list.items[1].parameters,
              (BatchParameters{{"time_gate.close_ps", "20.5"}, {"time_gate.open_ps", "-10"}}));

    request.recipe = "transmission";
    request.parameters = {{"time_gate.open_ps", "-5"}};
    list = list_batch(request);
    EXPECT_TRUE(list.problems.empty());
    for (const BatchItem& item : list.items) {
        EXPECT_EQ(item.recipe, "transmission");
        EXPECT_EQ(item.parameters[1], (std::pair<std::string, std::string>{"time_gate.open_ps", "-5"}));
    }
}

TEST_F(BatchListTest, a_manifest_with_mistakes_says_all_of_them) {
    const auto path = manifest("recipee = \"arrival\"\n[[scan]]\noutput = 3\n[[scan]]\npath = \"a.h5\"\nx = 1\n");
    try {
        (void)read_manifest(path);
        FAIL() << "taken";
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), ExitCode::usage);
        const std::string said = e.what();
        for (const char* part : {"did you mean \"recipe\"?", "scan 1: there is no path",
                                 "scan 1: output: expected text", "scan 2: unknown key \"x\""})
            EXPECT_NE(said.find(part), std::string::npos) << said;
    }
    EXPECT_THROW((void)read_manifest(manifest("[[scan]\n")), Error);
    EXPECT_THROW((void)read_manifest(manifest("recipe = \"arrival\"\n")), Error);
}

TEST_F(BatchListTest, folders_in_folders_name_their_scans) {
    write_numbered_scan(folder_ / "a.h5", 1);
    write_numbered_scan(folder_ / "night/a.h5", 2);
    std::filesystem::create_directories(folder_ / "out");
    write_numbered_scan(folder_ / "out/b.h5", 3);
    BatchRequest request;
    request.sources = {folder_};
    request.output = folder_ / "out";
    EXPECT_EQ(list_batch(request).items.size(), 1U);
    request.recursive = true;
    const BatchList list = list_batch(request);
    ASSERT_EQ(list.items.size(), 2U);
    EXPECT_EQ(list.items[0].name, "a");
    EXPECT_EQ(list.items[1].name, "night_a");
}

TEST_F(BatchListTest, shards_are_a_partition) {
    std::vector<BatchItem> items;
    for (int i = 0; i < 23; ++i) items.push_back({{}, "scan_" + std::to_string(i), {}, {}, {}});
    for (const int shards : {1, 2, 7, 23, 40}) {
        std::multiset<std::string> names;
        for (int shard = 1; shard <= shards; ++shard)
            for (const BatchItem& item : items_of_shard(items, shard, shards)) names.insert(item.name);
        EXPECT_EQ(names.size(), 23U);
        EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), 23U) << shards;
    }
}

TEST_F(BatchListTest, the_journal_survives_a_line_cut_short) {
    const auto path = folder_ / "batch.jsonl";
    std::ofstream(path) << "{\"name\":\"a\",\"status\":\"failed\"}\n{\"name\":\"b\",\"sta";
    {
        BatchJournal journal(path);
        EXPECT_THROW(BatchJournal second(path), Error);  // one at a time
        journal.append({{"name", "c"}, {"status", "ok"}});
        journal.append({{"name", "a"}, {"status", "ok"}});
    }
    const auto records = read_journal(path);
    EXPECT_EQ(records.size(), 2U);
    EXPECT_EQ(records.at("a")["status"], "ok");
    EXPECT_EQ(records.at("c")["status"], "ok");
}

}  // namespace
}  // namespace firstlight
