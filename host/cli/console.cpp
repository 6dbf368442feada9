#include "host/cli/console.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>

#include "host/io/output_check.hpp"
#include "kernels/support/error.hpp"

namespace firstlight::cli {

Json finite_or_null(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

std::size_t parse_memory(const std::string& text, const std::string& flag) {
    const auto refuse = [&]() -> std::size_t {
        throw Error(ExitCode::usage, fmt::format("{}: cannot take \"{}\"", flag, text),
                    "expected a size such as 512M, 4G or 1.5G, at least 1M");
    };
    double number = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || !(number > 0) || !std::isfinite(number)) return refuse();
    std::string unit;
    for (const char* c = stop; c != text.data() + text.size(); ++c)
        if (*c != ' ') unit += static_cast<char>(std::toupper(static_cast<unsigned char>(*c)));
    double factor = 0;
    if (unit.empty() || unit == "B") factor = 1;
    for (int power = 1; power <= 4; ++power) {
        const std::string letter(1, "KMGT"[power - 1]);
        if (unit == letter || unit == letter + "B" || unit == letter + "IB") factor = std::pow(1024.0, power);
    }
    const double bytes = number * factor;
    if (bytes < 1024.0 * 1024 || bytes > 9e18) return refuse();
    return static_cast<std::size_t>(bytes);
}

void print_facts(const Facts& facts) {
    std::size_t width = 0;
    for (const auto& [name, value] : facts) width = std::max(width, name.size());
    for (const auto& [name, value] : facts) fmt::print("{:<{}}  {}\n", name, width, value);
}

void print_json(const Json& json) { fmt::print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace)); }

void print_warning(const std::string& text) { fmt::print(stderr, "firstlight: warning: {}\n", text); }

void check_output(const std::filesystem::path& target, bool force, const std::filesystem::path& input) {
    firstlight::check_output(target, force, input);
}

}  // namespace firstlight::cli
