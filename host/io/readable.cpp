#include "host/io/readable.hpp"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

namespace firstlight {

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

}  // namespace firstlight
