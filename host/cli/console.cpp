#include "host/cli/console.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>

#include "host/io/atomic_file.hpp"
#include "kernels/support/error.hpp"

namespace firstlight::cli {

std::string readable_bytes(std::size_t bytes) {
    constexpr const char* units[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB"};
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    for (; value >= 1024 && unit + 1 < std::size(units); ++unit) value /= 1024;
    if (unit == 0) return fmt::format("{} bytes", bytes);
    return fmt::format("{:.{}f} {}", value, value < 10 ? 2 : value < 100 ? 1 : 0, units[unit]);
}

std::string readable_seconds(double seconds) {
    if (!std::isfinite(seconds)) return "?";
    if (seconds < 1) return fmt::format("{:.3g} ms", seconds * 1e3);
    if (seconds < 9.95) return fmt::format("{:.2f} s", seconds);
    const auto whole = static_cast<long long>(std::llround(seconds));
    if (whole < 60) return fmt::format("{} s", whole);
    if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
    return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

std::string readable_count(double count) {
    if (!std::isfinite(count)) return "?";
    if (std::abs(count) >= 1e9) return fmt::format("{:.4g}", count);
    const bool whole = count == std::floor(count);
    if (!whole && std::abs(count) < 1000) return fmt::format("{:.4g}", count);
    const std::string digits = fmt::format("{:.0f}", std::abs(count));
    std::string text = count < 0 ? "-" : "";
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
        text += digits[i];
    }
    return text;
}

std::string readable_ps(double seconds) {
    const double ps = seconds * 1e12;
    return std::abs(ps) < 1e4 ? fmt::format("{:.1f} ps", ps) : fmt::format("{:.3f} ns", ps * 1e-3);
}

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
    std::error_code ignored;
    if (!input.empty() && std::filesystem::equivalent(target, input, ignored))
        throw Error(ExitCode::output, target.string() + ": is the input", "inputs are never overwritten",
                    "give another name with -o");
    const AtomicFile attempt(target, force);  // leaves nothing behind
}

}  // namespace firstlight::cli
