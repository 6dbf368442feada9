#include "viewer/session/parameter_rows.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <sstream>

#include "viewer/session/edits.hpp"

namespace firstlight::viewer {
namespace {

std::string lower(std::string text) {
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
}

bool has_all_words(const std::string& text, const std::string& words) {
    std::istringstream stream(lower(words));
    const std::string in = lower(text);
    for (std::string word; stream >> word;)
        if (in.find(word) == std::string::npos) return false;
    return true;
}

bool same_value(const Param& param, const void* a, const void* b) { return to_toml(param, a) == to_toml(param, b); }

const StageRecord* record_of(const Result* result, const std::string& stage) {
    if (result == nullptr) return nullptr;
    for (const StageRecord& record : result->process.stages)
        if (record.name == stage) return &record;
    return nullptr;
}

std::optional<double> found_in(const StageRecord* record, const std::string& name, std::int64_t view) {
    if (record == nullptr) return std::nullopt;
    for (const std::string& key : {name, fmt::format("{}[{}]", name, view)})
        if (const auto at = record->survey.find(key); at != record->survey.end() && std::isfinite(at->second))
            return at->second;
    return std::nullopt;
}

std::string condition_of(const Param& param) {
    std::string values = param.condition_is;
    for (std::size_t at = values.find('|'); at != std::string::npos; at = values.find('|'))
        values.replace(at, 1, " or ");
    return fmt::format("only with {} = {}", in_words(param.condition_on), values);
}

// Built-in recipes are read once: they never change.
const Recipe* built_in(const std::string& name) {
    static std::map<std::string, Recipe> read;
    if (const auto found = read.find(name); found != read.end()) return &found->second;
    for (const BuiltInRecipe& recipe : built_in_recipes())
        if (name == recipe.name) return &read.emplace(name, load_recipe(name)).first->second;
    return nullptr;
}

}  // namespace

std::string in_words(std::string name) {
    std::replace(name.begin(), name.end(), '_', ' ');
    return name;
}

std::string label_of(const Param& param) {
    std::string name = param.name;
    std::string suffix = "_" + param.unit;
    if (param.unit == "1/m") suffix = "_per_m";
    const bool ends = name.size() > suffix.size() && suffix.size() > 1 &&
                      name.compare(name.size() - suffix.size(), suffix.size(), suffix) == 0;
    if (ends) name.erase(name.size() - suffix.size());
    return in_words(std::move(name));
}

Recipe base_recipe(const Recipe& recipe) {
    Recipe base = recipe;
    const Recipe* origin = built_in(recipe.name);
    for (RecipeStage& stage : base.stages) {
        const RecipeStage* found = origin == nullptr ? nullptr : origin->find(stage.stage->info.name);
        stage.params = found == nullptr ? stage.stage->make_params() : stage.stage->copy_params(found->params.get());
        stage.given = found == nullptr ? std::set<std::string>{} : found->given;
    }
    return base;
}

std::vector<StageRows> parameter_rows(const Recipe& recipe, const RowFilter& filter, const Result* last,
                                      std::int64_t view) {
    const Recipe base = base_recipe(recipe);
    std::vector<StageRows> all;
    for (std::size_t i = 0; i < recipe.stages.size(); ++i) {
        const RecipeStage& stage = recipe.stages[i];
        const void* params = stage.params.get();
        StageRows rows;
        rows.stage = &stage;
        rows.label = in_words(stage.stage->info.name);
        rows.family = in_words(stage.stage->info.family);
        const StageRecord* record = record_of(last, stage.stage->info.name);
        if (record != nullptr) rows.seconds = record->seconds;
        const std::string names = rows.label + " " + stage.stage->info.name;
        for (const Param& param : *stage.stage->params) {
            ParameterRow row;
            row.param = &param;
            row.key = fmt::format("{}.{}", stage.stage->info.name, param.name);
            row.label = label_of(param);
            row.changed = !same_value(param, params, base.stages[i].params.get());
            rows.changed = rows.changed || row.changed;
            const ParamValue value = param.get(params);
            row.is_auto = std::holds_alternative<double>(value) && std::isnan(std::get<double>(value));
            const bool has = has_effect(param, *stage.stage->params, params);
            if (!has) row.idle = condition_of(param);
            if (row.is_auto || !has) row.found = found_in(record, param.name, view);
            if (filter.changed_only && !row.changed) continue;
            if (!has_all_words(fmt::format("{} {} {} {}", names, row.key, row.label, param.meaning), filter.text))
                continue;
            rows.rows.push_back(std::move(row));
        }
        if (!rows.rows.empty() || !filter.any() || (!filter.changed_only && has_all_words(names, filter.text)))
            all.push_back(std::move(rows));
    }
    return all;
}

std::string typed_text(const Param& param, const void* params) {
    const ParamValue value = param.get(params);
    if (const auto* number = std::get_if<double>(&value))
        return std::isnan(*number) ? "auto" : fmt::format("{}", *number);
    if (const auto* number = std::get_if<std::int64_t>(&value)) return fmt::format("{}", *number);
    if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
    return std::get<std::string>(value);
}

std::string as_flag_text(const Param& param, const std::string& typed) {
    const auto trim = [](std::string text) {
        const std::size_t first = text.find_first_not_of(" \t");
        if (first == std::string::npos) return std::string();
        return text.substr(first, text.find_last_not_of(" \t") - first + 1);
    };
    std::string text = trim(typed);
    if (param.kind != ParamKind::real && param.kind != ParamKind::integer) return text;
    for (const char* minus : {"−", "–"})  // as texts print it
        if (text.rfind(minus, 0) == 0) text.replace(0, std::string_view(minus).size(), "-");
    if (text.size() > 1 && text.front() == '+') text.erase(0, 1);
    const std::string& unit = param.unit;
    if (!unit.empty() && text.size() > unit.size() && text.compare(text.size() - unit.size(), unit.size(), unit) == 0) {
        std::string number = trim(text.substr(0, text.size() - unit.size()));
        if (!number.empty() && (std::isdigit(static_cast<unsigned char>(number.back())) != 0 || number.back() == '.'))
            text = std::move(number);
    }
    return text;
}

std::string shown_number(const Param& param, double value) {
    const std::string number =
        param.kind == ParamKind::integer ? fmt::format("{:.0f}", value) : fmt::format("{:.6g}", value);
    return param.unit.empty() ? number : number + " " + param.unit;
}

double drag_step(const Param& param, double value, double base) {
    if (param.kind == ParamKind::integer) return std::max(0.1, 0.01 * std::abs(value));
    const double size = std::max(std::isfinite(value) ? std::abs(value) : 0, std::isfinite(base) ? std::abs(base) : 0);
    const double range = param.maximum - param.minimum;
    if (std::isfinite(range) && range <= 100) return std::max(range / 400, 1e-9);
    return size > 0 ? 0.01 * size : 0.5;
}

double start_value(const ParameterRow& row) {
    return std::clamp(row.found.value_or(0.0), row.param->minimum, row.param->maximum);
}

std::string about(const ParameterRow& row, const StageEntry& stage) {
    const Param& param = *row.param;
    std::string text = param.meaning + "\n\n";
    if (param.kind == ParamKind::integer || param.kind == ParamKind::real) {
        text += fmt::format("{:g} to {:g}{}{}{}\n", param.minimum, param.maximum, param.unit.empty() ? "" : " ",
                            param.unit, param.automatic.empty() ? "" : ", or auto");
    }
    if (param.kind == ParamKind::choice) text += fmt::format("one of {}\n", fmt::join(param.choices, ", "));
    if (!param.automatic.empty()) text += fmt::format("auto: {}\n", param.automatic);
    const std::shared_ptr<void> defaults = stage.make_params();
    const std::string typed_default =
        typed_text(param, defaults.get()) == "auto" ? "auto" : to_display(param, defaults.get());
    text += fmt::format("default: {}\n", typed_default);
    if (!row.idle.empty()) text += row.idle + "\n";
    return text + "--" + row.key;
}

}  // namespace firstlight::viewer
