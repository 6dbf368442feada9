#include "host/io/table_file.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <random>
#include <sstream>

#include "kernels/support/error.hpp"
#include "tests/host/io/python_fixture.hpp"

namespace firstlight {
namespace {

class TableFile : public testing::Test {
  protected:
    ScratchFolder folder_{"table_file"};
    std::filesystem::path path_ = folder_.path / "a table.csv";

    [[nodiscard]] std::string text() const {
        std::ifstream file(path_, std::ios::binary);
        std::ostringstream all;
        all << file.rdbuf();
        return all.str();
    }
};

TEST_F(TableFile, is_what_spreadsheets_read) {
    write_table(path_,
                {{"bars.h5: ballistic"},
                 {{"region", "", {}, {"open", "dark, left", "the \"edge\""}},
                  {"mean", "counts", {117.25, 0.1, std::nan("")}, {}},
                  {"snr", "1", {1e-300, -2, INFINITY}, {}}}},
                false);
    EXPECT_EQ(text(),
              "# bars.h5: ballistic\n"
              "region,mean (counts),snr\n"
              "open,117.25,1e-300\n"
              "\"dark, left\",0.1,-2\n"
              "\"the \"\"edge\"\"\",nan,inf\n");
}

TEST_F(TableFile, reads_back_to_the_bit) {
    std::mt19937_64 random(4);
    Table table{{"one", "two"}, {{"position", "mm", {}, {}}, {"name", "", {}, {}}, {"µσ", "ps", {}, {}}}};
    for (int i = 0; i < 500; ++i) {
        table.columns[0].values.push_back(
            std::ldexp(static_cast<double>(random()), static_cast<int>(random() % 99) - 99));
        table.columns[1].words.push_back(i % 7 == 0 ? "" : i % 5 == 0 ? "two\nlines, \"quoted\"" : "pixel (3, 4)");
        table.columns[2].values.push_back(i % 11 == 0 ? std::nan("") : 1.0 / i);
    }
    write_table(path_, table, false);
    const Table again = read_table(path_);
    EXPECT_EQ(again.comments, table.comments);
    ASSERT_EQ(again.columns.size(), 3U);
    for (std::size_t c = 0; c < 3; ++c) {
        EXPECT_EQ(again.columns[c].name, table.columns[c].name);
        EXPECT_EQ(again.columns[c].unit, table.columns[c].unit);
        EXPECT_EQ(again.columns[c].words, table.columns[c].words);
        ASSERT_EQ(again.columns[c].values.size(), table.columns[c].values.size());
        for (std::size_t i = 0; i < table.columns[c].values.size(); ++i) {
            const double a = table.columns[c].values[i], b = again.columns[c].values[i];
            EXPECT_TRUE(a == b || (std::isnan(a) && std::isnan(b))) << a << " " << b;
        }
    }
}

TEST_F(TableFile, is_written_whole_or_not_at_all) {
    write_table(path_, {{}, {{"x", "px", {1, 2}, {}}}}, false);
    EXPECT_THROW(write_table(path_, {{}, {{"x", "px", {3}, {}}}}, false), Error);
    EXPECT_EQ(text(), "x (px)\n1\n2\n");
    write_table(path_, {{}, {{"x", "px", {3}, {}}}}, true);
    EXPECT_EQ(text(), "x (px)\n3\n");
    EXPECT_THROW(write_table(path_, {{}, {{"x", "", {3}, {}}, {"y", "", {1, 2}, {}}}}, true), Error);
    EXPECT_THROW(write_table(path_, {{}, {{"x", "", {3}, {"word"}}}}, true), Error);
    EXPECT_EQ(text(), "x (px)\n3\n");
    std::size_t files = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder_.path)) ++files;
    EXPECT_EQ(files, 1U);
}

TEST_F(TableFile, what_is_no_table_is_refused) {
    const auto refuses = [&](const char* content) {
        std::ofstream(path_, std::ios::binary) << content;
        EXPECT_THROW((void)read_table(path_), Error) << content;
    };
    refuses("");
    refuses("# only words");
    refuses("a,b\n1\n");
    EXPECT_THROW((void)read_table(folder_.path / "not there.csv"), Error);
}

}  // namespace
}  // namespace firstlight
