#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include "host/io/figure.hpp"

namespace firstlight {
namespace {

std::vector<Tick> linear_ticks(double low, double high) {
    constexpr double most = 7;
    const double raw = (high - low) / most;
    const double decade = std::pow(10.0, std::floor(std::log10(raw)));
    double step = 10 * decade;
    for (const double nice : {1.0, 2.0, 2.5, 5.0})
        if (nice * decade >= raw * (1 - 1e-9) && (nice != 2.5 || decade >= 10)) {
            step = nice * decade;
            break;
        }
    const int decimals = std::clamp(static_cast<int>(-std::floor(std::log10(step) + 1e-9)), 0, 12);
    std::vector<Tick> result;
    const double slack = (high - low) * 1e-6;  // an end that is round but for rounding keeps its tick
    for (double k = std::ceil((low - slack) / step); k * step <= high + slack && result.size() < 16; ++k) {
        const double value = k * step;
        result.push_back({value, fmt::format("{:.{}f}", value == 0 ? 0.0 : value, decimals)});
    }
    return result;
}

std::vector<Tick> log_ticks(double low, double high) {
    const double decades = std::log10(high / low);
    if (decades < 0.7) return linear_ticks(low, high);
    const int every = std::max(1, static_cast<int>(std::ceil(decades / 7)));
    std::vector<Tick> result;
    const int first = static_cast<int>(std::floor(std::log10(low))),
              last = static_cast<int>(std::ceil(std::log10(high)));
    for (int e = first; e <= last; ++e) {
        if (e % every != 0) continue;
        for (const double factor : {1.0, 2.0, 5.0}) {
            if (factor != 1 && decades > 2.5) continue;
            const double value = factor * std::pow(10.0, e);
            if (value >= low * (1 - 1e-6) && value <= high * (1 + 1e-6))
                result.push_back({value, fmt::format("{:g}", value)});
        }
    }
    return result;
}

}  // namespace

std::vector<Tick> ticks(double low, double high, bool log) {
    if (!(low < high) || !std::isfinite(high - low)) return {};
    return log && low > 0 ? log_ticks(low, high) : linear_ticks(low, high);
}

std::pair<std::string, double> readable_unit(const std::string& unit, double largest) {
    if (!(largest > 0) || !std::isfinite(largest)) return {unit, 1.0};
    if (unit == "s" || unit == "m") {
        const std::array<std::pair<const char*, double>, 5> prefixes{
            {{"", 1.0}, {"m", 1e3}, {"µ", 1e6}, {"n", 1e9}, {"p", 1e12}}};
        for (const auto& prefix : prefixes)
            if (largest * prefix.second >= (unit == "s" ? 10 : 1) || prefix.second == 1e12)
                return {prefix.first + unit, prefix.second};
    }
    if (largest >= 1e-3 && largest < 1e6) return {unit, 1.0};
    const int exponent = 3 * static_cast<int>(std::floor(std::log10(largest) / 3));
    const std::array<const char*, 10> raised{"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
    std::string power = exponent < 0 ? "10⁻" : "10";
    for (const char digit : std::to_string(std::abs(exponent))) power += raised[static_cast<std::size_t>(digit - '0')];
    return {power + (unit.empty() ? "" : " ") + unit, std::pow(10.0, -exponent)};
}

}  // namespace firstlight
