#include "host/io/toml_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

#include "kernels/support/error.hpp"

namespace firstlight {

const toml::node* TomlTable::find(const std::string& key) {
    if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.push_back(key);
    return table_ == nullptr ? nullptr : table_->get(key);
}

void TomlTable::refuse(const std::string& key, const std::string& expected) const {
    const toml::node* found = table_ == nullptr ? nullptr : table_->get(key);
    if (found == nullptr) throw Error(ExitCode::bad_input, where_ + " " + key + " is missing", "expected " + expected);
    std::ostringstream text;
    found->visit([&](const auto& node) { text << node; });
    throw Error(ExitCode::bad_input, where_ + " " + key + " is " + text.str(), "expected " + expected);
}

bool TomlTable::has(const std::string& key) { return find(key) != nullptr; }

double TomlTable::number(const std::string& key) {
    const toml::node* node = find(key);
    const auto value = node == nullptr ? std::nullopt : node->value<double>();
    if (!value || !std::isfinite(*value)) refuse(key, "a number");
    return *value;
}

double TomlTable::number(const std::string& key, double otherwise) { return has(key) ? number(key) : otherwise; }

double TomlTable::number(const std::string& key, double otherwise, double least, double most) {
    const double value = number(key, otherwise);
    if (!(value >= least && value <= most)) refuse(key, fmt::format("a number from {:g} to {:g}", least, most));
    return value;
}

std::int64_t TomlTable::whole(const std::string& key) {
    const toml::node* node = find(key);
    const auto value = node == nullptr ? std::nullopt : node->value_exact<std::int64_t>();
    if (!value || *value < 1 || *value > 1'000'000) refuse(key, "a whole number from 1 to 1e6");
    return *value;
}

std::string TomlTable::text(const std::string& key) {
    const toml::node* node = find(key);
    const auto value = node == nullptr ? std::nullopt : node->value_exact<std::string>();
    if (!value) refuse(key, "text in quotes");
    return *value;
}

std::string TomlTable::text(const std::string& key, const std::string& otherwise) {
    return has(key) ? text(key) : otherwise;
}

std::string TomlTable::one_of(const std::string& key, const std::vector<std::string>& names,
                              const std::string& otherwise) {
    const std::string value = otherwise.empty() ? text(key) : text(key, otherwise);
    if (std::find(names.begin(), names.end(), value) == names.end()) {
        const std::string near = nearest_name(value, names);
        refuse(key, fmt::format("one of {}{}", fmt::join(names, ", "),
                                near.empty() ? "" : "; did you mean \"" + near + "\"?"));
    }
    return value;
}

std::vector<double> TomlTable::numbers(const std::string& key) {
    const toml::node* node = find(key);
    const toml::array* array = node == nullptr ? nullptr : node->as_array();
    std::vector<double> values;
    if (array == nullptr) refuse(key, "a list of numbers");
    for (const toml::node& item : *array) {
        const auto value = item.value<double>();
        if (!value) refuse(key, "a list of numbers");
        values.push_back(*value);
    }
    return values;
}

std::vector<std::string> TomlTable::texts(const std::string& key) {
    const toml::node* node = find(key);
    const toml::array* array = node == nullptr ? nullptr : node->as_array();
    std::vector<std::string> values;
    if (array == nullptr) refuse(key, "a list of texts in quotes");
    for (const toml::node& item : *array) {
        const auto value = item.value_exact<std::string>();
        if (!value) refuse(key, "a list of texts in quotes");
        values.push_back(*value);
    }
    return values;
}

bool TomlTable::is_list(const std::string& key) {
    const toml::node* node = find(key);
    return node != nullptr && node->is_array();
}

std::vector<double> TomlTable::one_or_two(const std::string& key) {
    const toml::node* node = find(key);
    std::vector<double> values;
    if (node != nullptr && node->is_array()) values = numbers(key);
    else if (const auto value = node == nullptr ? std::nullopt : node->value<double>()) values = {*value, *value};
    const bool good = values.size() == 2 &&
                      std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v) && v > 0; });
    if (!good) refuse(key, "a number above 0, or two of them");
    return values;
}

std::array<double, 3> TomlTable::three(const std::string& key) {
    const std::vector<double> values = numbers(key);
    const bool good = values.size() == 3 &&
                      std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); }) &&
                      std::any_of(values.begin(), values.end(), [](double v) { return v != 0; });
    if (!good) refuse(key, "a direction, three numbers, e.g. [0, 0, 1]");
    return {values[0], values[1], values[2]};
}

TomlTable TomlTable::table(const std::string& key) {
    const toml::node* node = find(key);
    if (node != nullptr && !node->is_table()) refuse(key, "a table, [" + key + "]");
    return {node == nullptr ? nullptr : node->as_table(), where_ + " [" + key + "]"};
}

std::vector<TomlTable> TomlTable::tables(const std::string& key) {
    const toml::node* node = find(key);
    std::vector<TomlTable> tables;
    if (node == nullptr) return tables;
    const toml::array* array = node->as_array();
    if (array == nullptr) refuse(key, "tables, [[" + key + "]]");
    for (std::size_t i = 0; i < array->size(); ++i) {
        const toml::table* table = array->get(i)->as_table();
        if (table == nullptr) refuse(key, "tables, [[" + key + "]]");
        tables.emplace_back(table, fmt::format("{} [[{}]] {}", where_, key, i + 1));
    }
    return tables;
}

void TomlTable::parameters(const ParamTable& params, void* values) {
    for (const Param& param : params) {
        const toml::node* node = find(param.name);
        if (node == nullptr) continue;
        ParamValue value;
        if (const auto* b = node->as_boolean()) value = b->get();
        else if (const auto* i = node->as_integer()) value = i->get();
        else if (const auto* f = node->as_floating_point()) value = f->get();
        else if (const auto* s = node->as_string()) value = s->get();
        else refuse(param.name, "one value");
        try {
            assign(param, values, value, where_ + " " + param.name);
        } catch (const Error& e) {
            throw Error(ExitCode::bad_input, e.what());
        }
    }
    for (const Param& param : params)
        if (table_ != nullptr && table_->contains(param.name) && !has_effect(param, params, values))
            throw Error(ExitCode::bad_input, where_ + " " + param.name + " has no effect",
                        "it matters only for " + param.condition_on + " = " + param.condition_is,
                        "leave it out or change " + param.condition_on);
}

void TomlTable::refuse_unknown() const {
    if (table_ == nullptr) return;
    for (const auto& [key, node] : *table_) {
        const std::string name(key.str());
        if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
        const std::string near = nearest_name(name, known_);
        throw Error(ExitCode::bad_input, where_ + " has an unknown key \"" + name + "\"",
                    near.empty() ? fmt::format("known keys: {}", fmt::join(known_, ", ")) : "",
                    near.empty() ? "" : "did you mean \"" + near + "\"?");
    }
}

}  // namespace firstlight
