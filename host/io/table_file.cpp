#include "host/io/table_file.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>

#include "host/io/atomic_file.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

std::string quoted(const std::string& cell) {
    if (!cell.empty() && cell.find_first_of(",\"\r\n") == std::string::npos && cell[0] != '#') return cell;
    std::string out = "\"";
    for (const char c : cell) out += c == '"' ? std::string("\"\"") : std::string(1, c);
    return out + '"';
}

std::string number(double value) { return std::isnan(value) ? "nan" : fmt::format("{}", value); }

std::string heading(const TableColumn& column) {
    const bool pure = column.unit.empty() || column.unit == "1";
    return pure ? column.name : fmt::format("{} ({})", column.name, column.unit);
}

std::size_t rows_of(const Table& table) {
    std::size_t rows = 0;
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
        const TableColumn& column = table.columns[c];
        const std::size_t own = std::max(column.values.size(), column.words.size());
        if (c == 0) rows = own;
        if (own != rows || (!column.values.empty() && !column.words.empty()))
            throw Error(ExitCode::internal, fmt::format("table: column \"{}\" does not fit the others", column.name));
    }
    return rows;
}

std::string text_of(const Table& table) {
    std::string text;
    for (const std::string& comment : table.comments) {
        std::string line = comment;
        for (char& c : line)
            if (c == '\n' || c == '\r') c = ' ';
        text += "# " + line + '\n';
    }
    const std::size_t rows = rows_of(table), columns = table.columns.size();
    for (std::size_t c = 0; c < columns; ++c)
        text += quoted(heading(table.columns[c])) + (c + 1 < columns ? ',' : '\n');
    for (std::size_t row = 0; row < rows; ++row)
        for (std::size_t c = 0; c < columns; ++c) {
            const TableColumn& column = table.columns[c];
            text += column.words.empty() ? number(column.values[row]) : quoted(column.words[row]);
            text += c + 1 < columns ? ',' : '\n';
        }
    return text;
}

// The cells of one record from `at` on, which then is at the next.
std::vector<std::string> next_record(const std::string& text, std::size_t& at) {
    std::vector<std::string> cells(1);
    bool inside = false;
    while (at < text.size()) {
        const char c = text[at++];
        if (inside && c == '"' && at < text.size() && text[at] == '"') {
            cells.back() += '"';
            ++at;
        } else if (c == '"') {
            inside = !inside;
        } else if (!inside && c == ',') {
            cells.emplace_back();
        } else if (!inside && c == '\n') {
            break;
        } else {
            cells.back() += c;
        }
    }
    return cells;
}

bool read_number(const std::string& cell, double& value) {
    const char *begin = cell.data(), *end = cell.data() + cell.size();
    const auto [stop, error] = std::from_chars(begin, end, value);
    return error == std::errc() && stop == end && begin != end;
}

}  // namespace

void write_table(const std::filesystem::path& path, const Table& table, bool force) {
    const std::string text = text_of(table);
    write_whole(path, text.data(), text.size(), force);
    std::ifstream file(path, std::ios::binary);
    const std::string found{std::istreambuf_iterator<char>(file), {}};
    if (found != text)
        throw Error(ExitCode::output, path.string() + ": holds other text than was written", "", "check the disk");
}

Table read_table(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!file.good() && !file.eof())
        throw Error(ExitCode::bad_input, path.string() + ": cannot be read", "", "check its name and permissions");
    Table table;
    std::size_t at = 0;
    while (at < text.size() && text[at] == '#') {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        table.comments.push_back(text.substr(std::min(at + 2, end), end - std::min(at + 2, end)));
        at = std::min(end + 1, text.size());
    }
    if (at >= text.size())
        throw Error(ExitCode::bad_input, path.string() + ": holds no table",
                    "the line with the columns' names is missing", "export it again");
    for (const std::string& name : next_record(text, at)) {
        const std::size_t bracket = name.rfind(" (");
        const bool has_unit = bracket != std::string::npos && name.back() == ')';
        table.columns.push_back({has_unit ? name.substr(0, bracket) : name,
                                 has_unit ? name.substr(bracket + 2, name.size() - bracket - 3) : "",
                                 {},
                                 {}});
    }
    for (std::size_t row = 1; at < text.size(); ++row) {
        const std::vector<std::string> cells = next_record(text, at);
        if (cells.size() != table.columns.size())
            throw Error(ExitCode::bad_input, fmt::format("{}: row {} has {} cells", path.string(), row, cells.size()),
                        fmt::format("expected {}", table.columns.size()), "export it again");
        for (std::size_t c = 0; c < cells.size(); ++c) table.columns[c].words.push_back(cells[c]);
    }
    for (TableColumn& column : table.columns) {
        std::vector<double> values(column.words.size());
        bool numbers = true;
        for (std::size_t i = 0; i < values.size() && numbers; ++i) numbers = read_number(column.words[i], values[i]);
        if (!numbers) continue;
        column.values = std::move(values);
        column.words.clear();
    }
    return table;
}

}  // namespace firstlight
