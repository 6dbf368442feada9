// firstlight batch as a person runs it: damaged scans, kills, signals, full disks, resuming.
#include <fmt/format.h>

#include <random>

#include "host/io/result_file.hpp"
#include "host/pipeline/batch_journal.hpp"
#include "tests/end_to_end/batch_scans.hpp"
#include "tests/end_to_end/run_program.hpp"

namespace firstlight {
namespace {

class CliBatch : public ProgramTest {
  protected:
    void write_scans(int number, const std::string& folder = "scans") const {
        std::filesystem::create_directories(at(folder));
        for (int i = 0; i < number; ++i) write_numbered_scan(at(folder) / fmt::format("scan_{:03}.h5", i), i);
    }
    [[nodiscard]] std::vector<std::string> names_in(const std::string& folder, const std::string& end) const {
        std::vector<std::string> names;
        if (!std::filesystem::exists(at(folder))) return names;  // killed before it was made
        for (const auto& entry : std::filesystem::directory_iterator(at(folder))) {
            const std::string name = entry.path().filename().string();
            if (name.size() >= end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0)
                names.push_back(name);
        }
        std::sort(names.begin(), names.end());
        return names;
    }
    [[nodiscard]] std::map<std::string, int> statuses(const std::string& journal) const {
        std::map<std::string, int> number;
        for (const auto& [name, record] : read_journal(at(journal))) ++number[record["status"]];
        return number;
    }
    // Processes that were started for this test's folder and still run.
    [[nodiscard]] int left_running() const {
        int number = 0;
        for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
            const std::string line = text_of(entry.path() / "cmdline");
            number += line.find(at("scans").string()) != std::string::npos ? 1 : 0;
        }
        return number;
    }
    void expect_nobody_left() const {
        for (int i = 0; i < 100 && left_running() > 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
        EXPECT_EQ(left_running(), 0);
    }
    void damage(int number, int how) const {
        const auto path = at("scans") / fmt::format("scan_{:03}.h5", number);
        if (how == 0) std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
        else if (how == 1) std::ofstream(path) << "no acquisition\n";
        else std::ofstream(path, std::ios::trunc).close();
    }
};

TEST_F(CliBatch, two_hundred_scans_ten_of_them_damaged_and_three_kills) {
    write_scans(200);
    for (int i = 0; i < 10; ++i) damage(7 + 19 * i, i % 3);

    const Outcome clean = run({"batch", "scans", "-o", "clean", "--backend", "cpu"});
    EXPECT_EQ(clean.code, 6) << clean.error;
    EXPECT_EQ(clean.out.substr(0, 13), "200 scans in ") << clean.out;
    EXPECT_NE(clean.out.find(": 190 reconstructed, 0 done before, 10 failed; clean/batch.jsonl\n"), std::string::npos)
        << clean.out;
    EXPECT_NE(clean.error.find("[200/200] "), std::string::npos);
    const std::vector<std::string> results = names_in("clean", ".result.h5");
    EXPECT_EQ(results.size(), 190U);
    EXPECT_EQ(names_in("clean", ".log").size(), 200U);
    EXPECT_EQ(names_in("clean", ".part").size(), 0U);
    const auto records = read_journal(at("clean/batch.jsonl"));
    EXPECT_EQ(records.size(), 200U);
    for (int i = 0; i < 200; ++i) {
        const BatchJson record = records.at(fmt::format("scan_{:03}", i));
        const bool damaged = (i - 7) % 19 == 0 && i >= 7 && i <= 7 + 19 * 9;
        EXPECT_EQ(record["status"], damaged ? "failed" : "ok") << record;
        if (damaged)
            EXPECT_NE(record["reason"].get<std::string>().find(fmt::format("scan_{:03}.h5", i)), std::string::npos)
                << record;
        else EXPECT_GT(record["quality"]["counts_total"].get<double>(), 0) << record;
    }

    const unsigned seed = std::random_device{}();
    std::mt19937 random(seed);
    std::uniform_real_distribution<double> moment(0.08 * clean.seconds, 0.25 * clean.seconds);
    for (int kill = 0; kill < 3; ++kill) {
        const Outcome killed =
            run({"batch", "scans", "-o", "killed", "--backend", "cpu", "--resume"}, moment(random), SIGKILL);
        EXPECT_EQ(killed.code, -SIGKILL) << "seed " << seed;
        expect_nobody_left();
    }
    EXPECT_LT(names_in("killed", ".result.h5").size(), 190U);
    const Outcome resumed = run({"batch", "scans", "-o", "killed", "--backend", "cpu", "--resume"});
    EXPECT_EQ(resumed.code, 6) << resumed.error;
    EXPECT_EQ(names_in("killed", ".result.h5"), results) << "seed " << seed;
    EXPECT_EQ(names_in("killed", ".part").size(), 0U) << "seed " << seed;
    for (const std::string& name : results)
        EXPECT_EQ(different_layers(at("clean") / name, at("killed") / name), std::vector<std::string>{})
            << name << ", seed " << seed;
    std::map<std::string, int> number = statuses("killed/batch.jsonl");
    EXPECT_EQ(number["ok"] + number["kept"], 190);
    EXPECT_EQ(number["failed"], 10);
}

TEST_F(CliBatch, resume_takes_results_of_any_backend_unless_one_is_named) {
    write_scans(2);
    EXPECT_EQ(run({"batch", "scans", "-o", "out", "--backend", "cpu"}).code, 0);
    Result result = read_result(at("out/scan_000.result.h5"), {});
    ASSERT_EQ(result.process.facts.at("backend"), "cpu");
    result.process.facts["backend"] = "cuda";
    write_result(at("out/scan_000.result.h5"), result, true);
    const auto resumed = [&](const char* backend) {
        return run({"batch", "scans", "-o", "out", "--resume", "--backend", backend}).out;
    };
    EXPECT_NE(resumed("auto").find(": 0 reconstructed, 2 done before, 0 failed"), std::string::npos);
    EXPECT_NE(resumed("cpu").find(": 1 reconstructed, 1 done before, 0 failed"), std::string::npos);
}

TEST_F(CliBatch, resume_keeps_what_was_made_of_the_same_and_makes_the_rest) {
    write_scans(4);
    std::filesystem::create_directories(at("out"));
    const std::vector<std::string> words{"batch", "scans", "-o", "out", "--backend", "cpu", "--resume"};
    EXPECT_EQ(run(words).code, 0);
    const std::string first = sha256_of_file(at("out/scan_000.result.h5"));
    write_numbered_scan(at("scans/scan_001.h5"), 900);  // another input
    {                                                   // no longer whole
        const auto path = at("out/scan_002.result.h5");
        std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
    }
    std::ofstream(at("out/.scan_003.result.h5.999999999-0.part")) << "left by a killed run";
    const Outcome again = run(words);
    EXPECT_EQ(again.code, 0) << again.error;
    EXPECT_NE(again.out.find(": 2 reconstructed, 2 done before, 0 failed"), std::string::npos) << again.out;
    EXPECT_EQ(names_in("out", ".part").size(), 0U);
    EXPECT_EQ(sha256_of_file(at("out/scan_000.result.h5")), first);
    EXPECT_EQ(run({"reconstruct", "scans/scan_001.h5", "-o", "one.h5", "--backend", "cpu"}).code, 0);
    EXPECT_EQ(different_layers(at("one.h5"), at("out/scan_001.result.h5")), std::vector<std::string>{});

    std::vector<std::string> narrow = words;
    narrow.insert(narrow.end(), {"--time_gate.open_ps", "-20"});
    const Outcome other = run(narrow);
    EXPECT_NE(other.out.find(": 4 reconstructed, 0 done before, 0 failed"), std::string::npos) << other.out;
    const Outcome refused = run({"batch", "scans", "-o", "out"});
    EXPECT_EQ(refused.code, 4);
    EXPECT_NE(refused.error.find("out/scan_000.result.h5 and 3 more: exists already"), std::string::npos)
        << refused.error;
    const Outcome forced = run({"batch", "scans", "-o", "out", "--backend", "cpu", "--force"});
    EXPECT_NE(forced.out.find(": 4 reconstructed, 0 done before, 0 failed"), std::string::npos) << forced.out;
}

TEST_F(CliBatch, signals_stop_it_with_nothing_half_written) {
    write_scans(30);
    for (const auto& [signal, code] : std::vector<std::pair<int, int>>{{SIGINT, 130}, {SIGTERM, 143}}) {
        const Outcome outcome = run({"batch", "scans", "-o", "out", "--backend", "cpu", "--resume"}, 0.25, signal);
        EXPECT_EQ(outcome.code, code) << outcome.error;
        EXPECT_LT(outcome.seconds, 3);
        EXPECT_NE(outcome.error.find("firstlight: interrupted: what is done is kept, --resume does the rest\n"),
                  std::string::npos)
            << outcome.error;
        EXPECT_EQ(left_running(), 0);
        EXPECT_EQ(names_in("out", ".part").size(), 0U);
    }
    EXPECT_EQ(run({"batch", "scans", "-o", "out", "--backend", "cpu", "--resume"}).code, 0);
    EXPECT_EQ(names_in("out", ".result.h5").size(), 30U);
}

TEST_F(CliBatch, shards_share_the_items_without_overlap) {
    write_scans(7);
    for (const char* shard : {"1/3", "2/3", "3/3"}) {
        EXPECT_EQ(run({"batch", "scans", "-o", "out", "--report", "r.html", "--report-only"}).code, 6);
        EXPECT_EQ(run({"batch", "scans", "-o", "out", "--shard", shard, "--backend", "cpu"}).code, 0);
    }
    const Outcome joined = run({"batch", "scans", "-o", "out", "--report", "r.html", "--report-only"});
    EXPECT_EQ(joined.code, 0) << joined.error;
    EXPECT_EQ(joined.out, "7 of 7 scans are done; r.html\n");
    EXPECT_NE(text_of(at("r.html")).find("<h1>7 of 7 scans reconstructed</h1>"), std::string::npos);
    EXPECT_EQ(BatchJson::parse(text_of(at("r.json")))["scans"].size(), 7U);
    EXPECT_EQ(names_in("out", ".result.h5").size(), 7U);
    EXPECT_EQ(statuses("out/batch.1of3.jsonl")["ok"], 3);
    EXPECT_EQ(statuses("out/batch.2of3.jsonl")["ok"], 2);
    EXPECT_EQ(statuses("out/batch.3of3.jsonl")["ok"], 2);
    expect_refusal({"batch", "scans", "-o", "out", "--shard", "4/3"}, 2,
                   "--shard: cannot take \"4/3\" (expected i/n, i from 1 to n, such as 2/8)");
}

TEST_F(CliBatch, a_full_disk_fails_items_and_resume_finishes_them) {
    write_scans(3);
    const std::string batch = "\"" FIRSTLIGHT_BINARY_DIR "/bin/firstlight\" batch scans -o out --backend cpu --resume";
    const Outcome full = run({"-c", "ulimit -f 12; exec " + batch}, -1, SIGINT, "/bin/bash");  // KiB
    EXPECT_EQ(full.code, 6) << full.error;
    const auto records = read_journal(at("out/batch.jsonl"));
    ASSERT_EQ(records.size(), 3U);
    for (const auto& [name, record] : records)
        EXPECT_NE(record["reason"].get<std::string>().find("writing failed (File too large)"), std::string::npos)
            << record;
    EXPECT_EQ(names_in("out", ".part").size(), 0U);
    EXPECT_EQ(names_in("out", ".result.h5").size(), 0U);
    // Where not even the journal can be written there is no use in going on.
    const Outcome stuck = run({"-c", "ulimit -f 1; exec " + batch}, -1, SIGINT, "/bin/bash");
    EXPECT_EQ(stuck.code, 4) << stuck.error;
    EXPECT_NE(stuck.error.find("out/batch.jsonl: writing failed (File too large)"), std::string::npos) << stuck.error;
    EXPECT_EQ(left_running(), 0);
    EXPECT_EQ(run({"batch", "scans", "-o", "out", "--backend", "cpu", "--resume"}).code, 0);
    EXPECT_EQ(statuses("out/batch.jsonl")["ok"], 3);
}

TEST_F(CliBatch, refuses_all_that_is_wrong_at_once_before_anything_runs) {
    write_scans(2);
    std::filesystem::create_directories(at("more"));
    write_numbered_scan(at("more/scan_001.h5"), 5);
    std::ofstream(at("list.toml")) << "recipe = \"transmision\"\n[[scan]]\npath = \"scans/scan_000.h5\"\n"
                                      "[[scan]]\npath = \"gone.h5\"\nrecipe = \"arrival\"\n";
    const Outcome outcome = run({"batch", "list.toml", "scans", "more", "-o", "out", "--time_gate.open_ps", "x"});
    EXPECT_EQ(outcome.code, 3) << outcome.error;
    for (const char* part :
         {"problems, nothing was run:\n", "gone.h5: is not there\n", "scan_000.h5: is listed twice\n",
          "both would be written to scan_001.result.h5", "transmision", "--time_gate.open_ps"})
        EXPECT_NE(outcome.error.find(part), std::string::npos) << part << " in " << outcome.error;
    EXPECT_FALSE(std::filesystem::exists(at("out")));

    std::ofstream(at("file")) << "no folder";
    const Outcome no_folder = run({"batch", "scans", "-o", "file/out"});
    EXPECT_EQ(no_folder.code, 4) << no_folder.error;
    EXPECT_NE(no_folder.error.find("file/out: the folder cannot be made"), std::string::npos) << no_folder.error;
    expect_refusal(
        {"batch", "scans", "-o", "out", "--report", "r.txt"}, 2,
        "--report: cannot take \"r.txt\" (a report is a page, with .json and .csv of the same name beside it): "
        "name a file such as report.html");
    const Outcome no_report = run({"batch", "scans", "-o", "out", "--report", "gone/r.html"});
    EXPECT_EQ(no_report.code, 4) << no_report.error;
    EXPECT_NE(no_report.error.find("gone/r.html: cannot be written"), std::string::npos) << no_report.error;
    EXPECT_EQ(names_in("out", ".log").size(), 0U) << "before anything runs";
    const Outcome nothing = run({"batch", "list.toml", "-o", "out", "--jsn"});
    EXPECT_EQ(nothing.code, 2);
    EXPECT_NE(nothing.error.find("did you mean --json?"), std::string::npos) << nothing.error;
}

TEST_F(CliBatch, a_folder_with_other_files_names_what_it_leaves_out) {
    write_scans(2);
    EXPECT_EQ(run({"reconstruct", "scans/scan_000.h5", "-o", "scans/made.h5"}).code, 0);
    std::ofstream(at("scans/notes.txt")) << "foam, 3 cm\n";
    const Outcome outcome = run({"batch", "scans", "-o", "out", "--backend", "cpu", "--json"});
    EXPECT_EQ(outcome.code, 0) << outcome.error;
    const BatchJson said = BatchJson::parse(outcome.out);
    EXPECT_EQ(said["items"], 2);
    EXPECT_EQ(said["ok"], 2);
    ASSERT_EQ(said["skipped"].size(), 2U);
    EXPECT_EQ(said["skipped"][0]["why"], "a result");
    EXPECT_EQ(said["skipped"][1]["why"], "not HDF5");
}

}  // namespace
}  // namespace firstlight
