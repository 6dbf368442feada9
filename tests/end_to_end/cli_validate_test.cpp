// What validate finds by looking at counts, response, arrival and reference; and that runs leave nothing half-done.
#include <cmath>
#include <cstdlib>
#include <limits>
#include <nlohmann/json.hpp>

#include "host/io/result_file.hpp"
#include "tests/end_to_end/run_program.hpp"
#include "tests/end_to_end/small_scan.hpp"

namespace firstlight {
namespace {

using Json = nlohmann::json;

class CliValidate : public ProgramTest {
  protected:
    // The findings are exactly these, each given by how its line begins.
    void expect_findings(const std::vector<std::string>& wanted, int code,
                         const std::vector<std::string>& more = {}) const {
        std::vector<std::string> words{"validate", "scan.h5"};
        words.insert(words.end(), more.begin(), more.end());
        const Outcome outcome = run(words);
        EXPECT_EQ(outcome.code, code) << outcome.out << outcome.error;
        std::istringstream lines(outcome.out);
        std::vector<std::string> found;
        for (std::string line; std::getline(lines, line);) found.push_back(line);
        ASSERT_EQ(found.size(), wanted.size() + 1) << outcome.out;
        for (std::size_t i = 0; i < wanted.size(); ++i) EXPECT_EQ(found[i].substr(0, wanted[i].size()), wanted[i]);
    }
};

// Counts as floats, so that they can be wrong.
void with_floats(SyntheticScan& s) {
    PhotonCube floats(CountType::f4, 1, s.scan.rows, s.scan.columns, s.scan.bins);
    const auto n = s.scan.pixels() * s.scan.bins;
    const auto* from = reinterpret_cast<const std::uint16_t*>(s.cube.trace(0, 0, 0));
    auto* to = reinterpret_cast<float*>(floats.trace(0, 0, 0));
    for (std::int64_t i = 0; i < n; ++i) to[i] = from[i];
    s.cube = std::move(floats);
    s.scan.type = CountType::f4;
    s.scan.has_reference = false;
    s.scan.reference_pulses.clear();
}

TEST_F(CliValidate, a_good_scan_has_no_findings) {
    write_small_scan(at("scan.h5"));
    expect_findings({}, 0);
    expect_findings({}, 0, {"--strict"});
}

TEST_F(CliValidate, counts_that_are_none_are_counted_once) {
    write_small_scan(at("scan.h5"), [](SyntheticScan& s) {
        with_floats(s);
        reinterpret_cast<float*>(s.cube.trace(0, 3, 5))[100] = std::nanf("");
        reinterpret_cast<float*>(s.cube.trace(0, 3, 6))[7] = -2;
        reinterpret_cast<float*>(s.cube.trace(0, 15, 23))[255] = std::numeric_limits<float>::infinity();
    });
    expect_findings(
        {"error: scan.h5: /entry/data/counts: 3 counts are NaN, infinite or negative, the first at view 0, y "
         "3, x 5, bin 100 (they are taken as 0): correct them where the file is made"},
        3);
    // A recipe with surveys reads the scan twice.
    const Outcome run_once = run({"reconstruct", "scan.h5", "--recipe", "arrival", "-o", "again.h5"});
    EXPECT_NE(run_once.error.find("scan.h5: 3 counts are NaN, infinite or negative"), std::string::npos)
        << run_once.error;
    EXPECT_EQ(run({"reconstruct", "scan.h5", "--recipe", "arrival", "--strict", "-o", "strict.h5"}).code, 3);
}

TEST_F(CliValidate, saturated_counts_and_darkness_are_doubtful) {
    write_small_scan(at("scan.h5"), [](SyntheticScan& s) {
        for (const int bin : {3, 4}) reinterpret_cast<std::uint16_t*>(s.cube.trace(0, 1, 1))[bin] = 65535;
    });
    const std::string line = "scan.h5: /entry/data/counts: 2 counts are saturated, 65535 or more";
    expect_findings({"warning: " + line}, 0);
    expect_findings({"error: " + line}, 3, {"--strict"});
    write_small_scan(at("scan.h5"),
                     [](SyntheticScan& s) { std::fill(s.cube.counts.begin(), s.cube.counts.end(), std::byte{0}); });
    expect_findings({"warning: scan.h5: /entry/data/counts: every count is 0"}, 0);
}

TEST_F(CliValidate, response_arrival_and_reference_are_looked_at) {
    write_small_scan(at("scan.h5"), [](SyntheticScan& s) {
        std::fill(s.scan.irf.values.begin(), s.scan.irf.values.end(), 0.0);
        s.scan.arrival_s = 1e-6;
        std::fill(s.reference.counts.begin(), s.reference.counts.end(), std::byte{0});
    });
    expect_findings({"error: scan.h5: /entry/calibration/irf is all 0 (the response must hold light)",
                     "error: scan.h5: /entry/calibration/arrival is 1e+06 ps (the time axis goes from 0 to 2048 ps)",
                     "error: scan.h5: /entry/reference/counts: every count is 0 (a reference is the light"},
                    3);
    write_small_scan(at("scan.h5"), [](SyntheticScan& s) { s.scan.irf.values[3] = -0.5; });
    expect_findings({"error: scan.h5: /entry/calibration/irf holds -0.5 at element 3 (a response is a share of light"},
                    3);
}

TEST_F(CliValidate, damaged_chunks_are_found) {
    write_small_scan(at("scan.h5"));
    const std::vector<h5::Chunk> chunks = AcquisitionFile::open(at("scan.h5"), {}).counts().stored().layout().chunks;
    ASSERT_EQ(chunks.size(), 2U);
    const auto damage = [&](const h5::Chunk& chunk) {
        std::fstream file(at("scan.h5"), std::ios::binary | std::ios::in | std::ios::out);
        file.seekp(static_cast<std::streamoff>(chunk.address + chunk.bytes / 2));
        file.write("damage", 6);
    };
    damage(chunks[1]);
    expect_findings({"error: scan.h5: /entry/data/counts"}, 3);
    damage(chunks[0]);
    expect_findings({"error: scan.h5: /entry/data/counts: a chunk is damaged",  // said once
                     "error: scan.h5: /entry/data/counts: 2 of 2 parts cannot be read: copy or record the file again"},
                    3);
}

TEST_F(CliValidate, no_result_without_its_figures) {
    write_small_scan(at("scan.h5"));
    // A folder where a figure should be: it cannot be replaced, not even by force.
    std::filesystem::create_directories(at("figures/scan_snr.png"));
    const Outcome outcome = run({"reconstruct", "scan.h5", "--png", "figures", "--force"});
    EXPECT_EQ(outcome.code, 4) << outcome.error;
    EXPECT_EQ(files(), (std::vector<std::string>{"scan.h5"}));
    // A folder that cannot be made is found out before the work.
    std::ofstream(at("file")) << "x";
    expect_refusal({"reconstruct", "scan.h5", "--png", "file/figures"}, 4,
                   "file/figures: the folder cannot be made (file is not a folder): give another --png");
    ASSERT_EQ(run({"reconstruct", "scan.h5", "--png", "a/b/"}).code, 0);
    EXPECT_TRUE(std::filesystem::exists(at("a/b/scan_snr.png")));
}

}  // namespace
}  // namespace firstlight
