// Tables as CSV that spreadsheets and pandas read: line profiles, traces, statistics of regions. Written whole or not
// at all.
//
//     # bars_od8.h5: ballistic                             comments first, each line with "# "
//     position (mm),ballistic (counts)                     name and unit; no brackets for pure numbers
//     0,117.25                                             shortest digits that read back as the same number; "nan"
//
//   write_table("profile.csv", {{"bars_od8.h5: ballistic"}, {{"position", "mm", mm, {}}, …}}, force);
//
// Words with commas, quotes or line breaks are quoted (RFC 4180). Lines end in "\n".
// Errors: ExitCode::output as AtomicFile says, and when the file reads back as something else; ExitCode::internal when
// columns differ in length or hold both numbers and words.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace firstlight {

struct TableColumn {
    std::string name, unit;          // unit "" or "1": a pure number
    std::vector<double> values;      // numbers, or
    std::vector<std::string> words;  // words
};

struct Table {
    std::vector<std::string> comments;
    std::vector<TableColumn> columns;
};

void write_table(const std::filesystem::path& path, const Table& table, bool force);

// A file written by the above; a column whose every cell is a number is one of numbers. Errors: ExitCode::bad_input.
[[nodiscard]] Table read_table(const std::filesystem::path& path);

}  // namespace firstlight
