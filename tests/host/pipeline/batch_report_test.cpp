#include "host/pipeline/batch_report.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "host/io/images.hpp"
#include "host/io/result_file.hpp"
#include "host/pipeline/batch_picture.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

class BatchReportTest : public testing::Test {
  protected:
    void SetUp() override {
        folder_ = std::filesystem::temp_directory_path() / ("firstlight_report_" + std::to_string(getpid()));
        std::filesystem::create_directories(folder_);
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }
    [[nodiscard]] std::string text_in(const std::string& name) const {
        std::ostringstream text;
        text << std::ifstream(folder_ / name).rdbuf();
        return text.str();
    }
    void write_ramp(const std::string& name, std::int64_t rows, std::int64_t columns) const {
        Result result;
        result.images.rows = rows;
        result.images.columns = columns;
        result.images.y = uniform_axis("y", "m", "y", rows, 0, 1e-3);
        result.images.x = uniform_axis("x", "m", "x", columns, 0, 1e-3);
        result.images.signal = "ballistic";
        ImageLayer layer;
        layer.name = "ballistic";
        layer.unit = "counts";
        for (std::int64_t i = 0; i < rows * columns; ++i) layer.values.push_back(static_cast<float>(i % columns));
        result.images.layers.push_back(layer);
        result.images.mask.assign(static_cast<std::size_t>(rows * columns), 0);
        write_result(folder_ / name, result, true);
    }
    std::filesystem::path folder_;
};

TEST_F(BatchReportTest, base64_as_rfc_4648_has_it) {
    for (const auto& [plain, coded] : std::vector<std::pair<std::string, std::string>>{
             {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"foobar", "Zm9vYmFy"}})
        EXPECT_EQ(base64(reinterpret_cast<const unsigned char*>(plain.data()), plain.size()), coded);
}

TEST_F(BatchReportTest, the_latest_word_of_all_journals_counts) {
    std::ofstream(folder_ / "batch.1of2.jsonl")
        << R"({"name":"a","status":"failed","reason":"x","finished":"2025-01-01T00:00:00Z"})" << '\n'
        << R"({"name":"a","status":"ok","finished":"2025-01-01T00:00:05Z"})" << '\n';
    std::ofstream(folder_ / "batch.2of2.jsonl")
        << R"({"name":"a","status":"failed","reason":"y","finished":"2025-01-01T00:00:03Z"})" << '\n'
        << R"({"name":"b","status":"failed","reason":"z","finished":"2025-01-01T00:00:03Z"})" << '\n';
    const std::vector<BatchJson> records =
        gather_records({{"/a.h5", "a", {}, {}, {}}, {"/b.h5", "b", {}, {}, {}}, {"/c.h5", "c", {}, {}, {}}}, folder_);
    ASSERT_EQ(records.size(), 3U);
    EXPECT_EQ(records[0]["status"], "ok");
    EXPECT_EQ(records[1]["reason"], "z");
    EXPECT_EQ(records[2]["status"], "not done");
}

TEST_F(BatchReportTest, page_table_and_figures_say_the_same) {
    write_ramp("a.result.h5", 8, 500);
    const std::vector<BatchJson> records{{{"name", "a"},
                                          {"scan", "/night/a.h5"},
                                          {"status", "ok"},
                                          {"code", 0},
                                          {"seconds", 1.5},
                                          {"recipe_name", "transmission"},
                                          {"result", (folder_ / "a.result.h5").string()},
                                          {"warnings", {"2 < 3 & more"}},
                                          {"quality", {{"counts_kept", 25}, {"counts_total", 100}}}},
                                         {{"name", "b"},
                                          {"scan", "/night/b.h5"},
                                          {"status", "failed"},
                                          {"code", 3},
                                          {"seconds", 0.25},
                                          {"reason", "no \"light\", none"}}};
    write_batch_report(folder_ / "report.html", records, {{"/night/notes.h5", "is a <result>"}},
                       "firstlight batch <night>");
    EXPECT_EQ(text_in("report.csv"),
              "name,scan,status,code,seconds,recipe,warnings,reason,counts_kept,counts_total\n"
              "a,/night/a.h5,ok,0,1.5,transmission,1,,25,100\n"
              "b,/night/b.h5,failed,3,0.25,,0,\"no \"\"light\"\", none\",,\n");
    EXPECT_EQ(BatchJson::parse(text_in("report.json"))["scans"][1]["reason"], "no \"light\", none");
    EXPECT_EQ(BatchJson::parse(text_in("report.json"))["left_out"][0]["why"], "is a <result>");
    const std::string page = text_in("report.html");
    for (const char* part : {"<h1>1 of 2 scans reconstructed</h1>", "2 &lt; 3 &amp; more", "25 (25 %)",
                             "no &quot;light&quot;, none", "firstlight batch &lt;night&gt;", "<h2>Left out</h2>",
                             "/night/notes.h5", "is a &lt;result&gt;", "src=\"data:image/png;base64,"})
        EXPECT_NE(page.find(part), std::string::npos) << part;
    EXPECT_EQ(page.find("http"), std::string::npos) << "the page must stand alone";
    EXPECT_THROW(check_report_name("report.txt"), Error);
}

TEST_F(BatchReportTest, pictures_are_small_and_grow_brighter_along_a_ramp) {
    write_ramp("ramp.result.h5", 8, 500);
    const std::string text = picture_of(folder_ / "ramp.result.h5");
    ASSERT_FALSE(text.empty());
    const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string bytes;
    unsigned bits = 0, number = 0;
    for (const char c : text) {
        if (c == '=') break;
        bits = bits << 6 | static_cast<unsigned>(digits.find(c));
        number += 6;
        if (number >= 8) bytes += static_cast<char>(bits >> (number -= 8) & 255U);
    }
    std::ofstream(folder_ / "ramp.png", std::ios::binary) << bytes;
    const GrayImage image = read_png_gray(folder_ / "ramp.png");
    EXPECT_EQ(image.columns, 167);  // 500 in blocks of 3
    EXPECT_EQ(image.rows, 3);
    EXPECT_GT(image.values[160], image.values[80]);
    EXPECT_GT(image.values[80], image.values[10]);
    EXPECT_EQ(picture_of(folder_ / "absent.h5"), "");
}

}  // namespace
}  // namespace firstlight
