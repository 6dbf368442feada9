#include "kernels/support/param.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

[[noreturn]] void refuse(const std::string& where, const std::string& found, const std::string& expected,
                         const std::string& suggestion = {}) {
    throw Error(ExitCode::usage, fmt::format("{}: cannot take {}", where, found), "expected " + expected, suggestion);
}

std::string with_unit(const std::string& text, const std::string& unit) {
    return unit.empty() ? text : text + " " + unit;
}

std::string expected_of(const Param& p) {
    switch (p.kind) {
        case ParamKind::boolean: return "true or false";
        case ParamKind::choice: return fmt::format("one of {}", fmt::join(p.choices, ", "));
        case ParamKind::text: return "text";
        default: break;
    }
    std::string text = p.kind == ParamKind::integer ? "a whole number" : "a number";
    if (!p.automatic.empty()) text += " or \"auto\"";
    return with_unit(fmt::format("{} from {:g} to {:g}", text, p.minimum, p.maximum), p.unit);
}

std::string found_of(const ParamValue& value) {
    if (const auto* b = std::get_if<bool>(&value)) return *b ? "true" : "false";
    if (const auto* i = std::get_if<std::int64_t>(&value)) return fmt::format("{}", *i);
    if (const auto* d = std::get_if<double>(&value)) return fmt::format("{:g}", *d);
    return "\"" + std::get<std::string>(value) + "\"";
}

}  // namespace

void assign(const Param& param, void* params, const ParamValue& value, const std::string& where) {
    const auto refuse_it = [&](const std::string& suggestion = {}) {
        refuse(where, found_of(value), expected_of(param), suggestion);
    };
    const auto in_range = [&](double v) { return v >= param.minimum && v <= param.maximum; };
    switch (param.kind) {
        case ParamKind::boolean:
            if (!std::holds_alternative<bool>(value)) refuse_it();
            break;
        case ParamKind::integer: {
            const auto* i = std::get_if<std::int64_t>(&value);
            if (i == nullptr || !in_range(static_cast<double>(*i))) refuse_it();
            break;
        }
        case ParamKind::real: {
            if (const auto* s = std::get_if<std::string>(&value)) {
                if (*s != "auto" || param.automatic.empty()) refuse_it();
                param.set(params, std::numeric_limits<double>::quiet_NaN());
                return;
            }
            double v = 0;
            if (const auto* i = std::get_if<std::int64_t>(&value)) v = static_cast<double>(*i);
            else if (const auto* d = std::get_if<double>(&value)) v = *d;
            else refuse_it();
            if (!in_range(v)) refuse_it();
            param.set(params, v);
            return;
        }
        case ParamKind::choice: {
            const auto* s = std::get_if<std::string>(&value);
            if (s == nullptr) refuse_it();
            if (std::find(param.choices.begin(), param.choices.end(), *s) == param.choices.end()) {
                const std::string near = nearest_name(*s, param.choices);
                refuse_it(near.empty() ? "" : "did you mean \"" + near + "\"?");
            }
            break;
        }
        case ParamKind::text:
            if (!std::holds_alternative<std::string>(value)) refuse_it();
            break;
    }
    param.set(params, value);
}

ParamValue parse_param(const Param& param, const std::string& text, const std::string& where) {
    const char* end = text.data() + text.size();
    switch (param.kind) {
        case ParamKind::boolean:
            if (text == "true" || text == "on" || text == "1" || text == "yes") return true;
            if (text == "false" || text == "off" || text == "0" || text == "no") return false;
            break;
        case ParamKind::integer: {
            std::int64_t i = 0;
            const auto [stop, error] = std::from_chars(text.data(), end, i);
            if (error == std::errc() && stop == end) return i;
            break;
        }
        case ParamKind::real: {
            if (text == "auto") return text;
            double d = 0;
            const auto [stop, error] = std::from_chars(text.data(), end, d);
            if (error == std::errc() && stop == end && std::isfinite(d)) return d;
            break;
        }
        default: return text;
    }
    refuse(where, "\"" + text + "\"", expected_of(param));
}

std::string to_toml(const Param& param, const void* params) {
    const ParamValue value = param.get(params);
    if (const auto* b = std::get_if<bool>(&value)) return *b ? "true" : "false";
    if (const auto* i = std::get_if<std::int64_t>(&value)) return fmt::format("{}", *i);
    if (const auto* d = std::get_if<double>(&value)) {
        if (std::isnan(*d)) return "\"auto\"";
        const std::string text = fmt::format("{}", *d);  // shortest text that reads back as the same number
        return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
    }
    std::string quoted = "\"";
    for (const char c : std::get<std::string>(value)) {
        if (c == '"' || c == '\\') quoted += '\\';
        quoted += c;
    }
    return quoted + "\"";
}

std::string to_display(const Param& param, const void* params) {
    const ParamValue value = param.get(params);
    if (const auto* d = std::get_if<double>(&value))
        return std::isnan(*d) ? "auto (" + param.automatic + ")" : with_unit(fmt::format("{:g}", *d), param.unit);
    if (const auto* i = std::get_if<std::int64_t>(&value)) return with_unit(fmt::format("{}", *i), param.unit);
    if (const auto* b = std::get_if<bool>(&value)) return *b ? "true" : "false";
    return std::get<std::string>(value);
}

bool has_effect(const Param& param, const ParamTable& table, const void* params) {
    if (param.condition_on.empty()) return true;
    for (const Param& other : table) {
        if (other.name != param.condition_on) continue;
        const ParamValue value = other.get(params);
        const std::string is = std::holds_alternative<bool>(value) ? (std::get<bool>(value) ? "true" : "false")
                                                                   : std::get<std::string>(value);
        const std::string wanted = "|" + param.condition_is + "|";
        return wanted.find("|" + is + "|") != std::string::npos && has_effect(other, table, params);
    }
    return true;
}

std::string nearest_name(std::string_view word, const std::vector<std::string>& names) {
    std::string best;
    std::size_t best_distance = std::max<std::size_t>(2, word.size() / 2);  // farther is no likeness
    for (const std::string& name : names) {
        std::vector<std::size_t> row(name.size() + 1);
        for (std::size_t j = 0; j <= name.size(); ++j) row[j] = j;
        for (std::size_t i = 1; i <= word.size(); ++i) {
            std::size_t diagonal = row[0];
            row[0] = i;
            for (std::size_t j = 1; j <= name.size(); ++j) {
                const std::size_t replaced = diagonal + (word[i - 1] == name[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
            }
        }
        if (row[name.size()] < best_distance || (row[name.size()] == best_distance && best.empty())) {
            best_distance = row[name.size()];
            best = name;
        }
    }
    return best;
}

}  // namespace firstlight
