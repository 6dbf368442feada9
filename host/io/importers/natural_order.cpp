#include "host/io/importers/natural_order.hpp"

#include <algorithm>
#include <cstdint>
#include <map>

namespace firstlight {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Runs of digits and of other characters, in turn.
std::vector<std::string> parts_of(const std::string& name) {
    std::vector<std::string> parts;
    for (const char c : name) {
        if (parts.empty() || is_digit(parts.back().back()) != is_digit(c)) parts.emplace_back();
        parts.back() += c;
    }
    return parts;
}

std::string without_zeros(const std::string& digits) {
    const std::size_t first = digits.find_first_not_of('0');
    return first == std::string::npos ? "" : digits.substr(first);
}

int compare(const std::string& a, const std::string& b) {
    if (!is_digit(a.front()) || !is_digit(b.front())) return a.compare(b);
    const std::string x = without_zeros(a), y = without_zeros(b);
    return x.size() != y.size() ? (x.size() < y.size() ? -1 : 1) : x.compare(y);
}

}  // namespace

bool natural_less(const std::string& a, const std::string& b) {
    const std::vector<std::string> x = parts_of(a), y = parts_of(b);
    for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i)
        if (const int order = compare(x[i], y[i]); order != 0) return order < 0;
    return x.size() != y.size() ? x.size() < y.size() : a < b;
}

std::string uneven_name(const std::vector<std::string>& sorted) {
    if (sorted.size() < 3) return {};
    std::vector<std::vector<std::string>> all;
    for (const std::string& name : sorted) all.push_back(parts_of(name));
    std::size_t varies = all[0].size();
    for (const auto& parts : all) {
        if (parts.size() != all[0].size()) return {};
        for (std::size_t i = 0; i < parts.size(); ++i) {
            if (parts[i] == all[0][i]) continue;
            if (!is_digit(parts[i].front()) || parts[i].size() > 18 || (varies < parts.size() && varies != i))
                return {};
            varies = i;
        }
    }
    if (varies == all[0].size() || all[0][varies].size() > 18) return {};
    const auto number = [&](std::size_t i) { return static_cast<std::int64_t>(std::stoll(all[i][varies])); };
    for (std::size_t i = 2; i < sorted.size(); ++i)
        if (number(i) - number(i - 1) != number(1) - number(0)) return sorted[i];
    return {};
}

std::string odd_name(const std::vector<std::string>& names) {
    const auto pattern_of = [](const std::string& name) {
        std::string pattern;
        for (const std::string& part : parts_of(name)) pattern += is_digit(part.front()) ? "#" : part;
        return pattern;
    };
    std::map<std::string, std::size_t> number;
    for (const std::string& name : names) ++number[pattern_of(name)];
    const auto most = std::max_element(number.begin(), number.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    if (most == number.end() || most->second < 2 || 2 * most->second <= names.size()) return {};
    for (const std::string& name : names)
        if (pattern_of(name) != most->first) return name;
    return {};
}

}  // namespace firstlight
