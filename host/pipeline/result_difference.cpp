#include "host/pipeline/result_difference.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <sstream>

#include "host/pipeline/stage_list.hpp"

namespace firstlight {
namespace {

// Bit for bit, so that NaN equals NaN and 0 differs from -0. `sigma`: of `before`, or null.
void compare_values(LayerDifference d, const std::vector<float>& before, const std::vector<float>& after,
                    const std::vector<float>* sigma, std::vector<LayerDifference>& found) {
    d.largest_in_sigma = std::numeric_limits<double>::quiet_NaN();
    d.values = static_cast<std::int64_t>(before.size());
    if (after.size() != before.size()) {
        d.note = fmt::format("of another size: {} and {} values", before.size(), after.size());
        found.push_back(d);
        return;
    }
    double squares = 0;
    std::int64_t both = 0;
    for (std::size_t i = 0; i < before.size(); ++i) {
        const double gap = std::abs(static_cast<double>(before[i]) - static_cast<double>(after[i]));
        if (std::isfinite(gap)) {
            squares += gap * gap;
            ++both;
        }
        if (std::bit_cast<std::uint32_t>(before[i]) == std::bit_cast<std::uint32_t>(after[i])) continue;
        ++d.differing;
        if (std::isfinite(before[i]) != std::isfinite(after[i])) ++d.in_one_only;
        if (std::isfinite(gap)) d.largest = std::max(d.largest, gap);
        if (sigma != nullptr && (*sigma)[i] > 0 && std::isfinite(gap))
            d.largest_in_sigma = std::fmax(d.largest_in_sigma, gap / static_cast<double>((*sigma)[i]));
    }
    d.rms = both > 0 ? std::sqrt(squares / static_cast<double>(both)) : 0;
    if (d.differing > 0) found.push_back(d);
}

LayerDifference only_one(const std::string& name, const std::string& unit, const std::string& note) {
    LayerDifference d;
    d.layer = name;
    d.unit = unit;
    d.largest_in_sigma = std::numeric_limits<double>::quiet_NaN();
    d.note = note;
    return d;
}

void compare_masks(const GatedImages& before, const GatedImages& after, std::vector<LayerDifference>& found) {
    if (before.mask == after.mask) return;
    LayerDifference d = only_one("mask", "", "");
    d.values = static_cast<std::int64_t>(before.mask.size());
    if (before.mask.size() != after.mask.size())
        d.note = fmt::format("of another size: {} and {} values", before.mask.size(), after.mask.size());
    for (std::size_t i = 0; i < std::min(before.mask.size(), after.mask.size()); ++i) {
        d.differing += before.mask[i] != after.mask[i] ? 1 : 0;
        d.largest = std::max(d.largest, std::abs(double{0} + before.mask[i] - after.mask[i]));
    }
    found.push_back(d);
}

// What a recipe says: its stages in order, and each parameter as text. Read without the table of stages, so that
// results of other versions can be told apart too.
struct Spelled {
    std::vector<std::string> stages;
    std::map<std::pair<std::string, std::string>, std::string> parameters;  // of {stage, name}
    bool readable = true;
};

Spelled spelled(const std::string& recipe) {
    Spelled s;
    try {
        const toml::table table = toml::parse(recipe);
        if (const toml::array* stages = table["stages"].as_array())
            for (const toml::node& stage : *stages) s.stages.push_back(stage.value_or(std::string("?")));
        for (const auto& [stage, node] : table) {
            const toml::table* parameters = node.as_table();
            if (parameters == nullptr) continue;
            for (const auto& [name, value] : *parameters) {
                std::ostringstream text;
                value.visit([&](const auto& v) {
                    if constexpr (toml::is_value<decltype(v)>) text << std::boolalpha << v.get();
                });
                s.parameters[{std::string(stage.str()), std::string(name.str())}] = text.str();
            }
        }
    } catch (const toml::parse_error&) {
        s.readable = false;
    }
    return s;
}

// 40 and 40.0 are one value.
bool same_value(const std::string& a, const std::string& b) {
    if (a == b) return true;
    char *end_a = nullptr, *end_b = nullptr;
    const double x = std::strtod(a.c_str(), &end_a), y = std::strtod(b.c_str(), &end_b);
    return !a.empty() && !b.empty() && *end_a == 0 && *end_b == 0 && x == y;
}

void compare_recipes(const std::string& before, const std::string& after, std::vector<Cause>& causes) {
    if (before == after) return;
    const Spelled a = spelled(before), b = spelled(after);
    if (!a.readable || !b.readable) {
        causes.push_back({Cause::Kind::stage, "recipe", "", a.readable ? "readable" : "damaged",
                          b.readable ? "readable" : "damaged"});
        return;
    }
    if (a.stages != b.stages)
        causes.push_back({Cause::Kind::stage, "stages", "", fmt::format("{}", fmt::join(a.stages, ", ")),
                          fmt::format("{}", fmt::join(b.stages, ", "))});
    std::set<std::pair<std::string, std::string>> keys;
    for (const auto& [key, value] : a.parameters) keys.insert(key);
    for (const auto& [key, value] : b.parameters) keys.insert(key);
    const auto has = [](const Spelled& s, const std::string& stage) {
        return std::find(s.stages.begin(), s.stages.end(), stage) != s.stages.end();
    };
    for (const auto& key : keys) {
        if (!has(a, key.first) || !has(b, key.first)) continue;  // the stage itself is the difference
        const auto in_a = a.parameters.find(key), in_b = b.parameters.find(key);
        const std::string x = in_a == a.parameters.end() ? "" : in_a->second;
        const std::string y = in_b == b.parameters.end() ? "" : in_b->second;
        if (same_value(x, y)) continue;
        const StageEntry* stage = find_stage(key.first);
        const Param* param = stage == nullptr ? nullptr : find_param(*stage, key.second);
        causes.push_back(
            {Cause::Kind::parameter, key.first + "." + key.second, param == nullptr ? "" : param->unit, x, y});
    }
}

void compare_inputs(const std::vector<InputRecord>& before, const std::vector<InputRecord>& after, bool values_differ,
                    std::vector<Cause>& causes) {
    const char* const names[] = {"scan", "calibration"};
    const auto text = [](const std::vector<InputRecord>& inputs, std::size_t i) {
        if (i >= inputs.size()) return std::string();
        if (inputs[i].sha256.empty()) return inputs[i].path + " (not recorded)";
        return fmt::format("{} (SHA-256 {})", inputs[i].path, inputs[i].sha256.substr(0, 12));
    };
    for (std::size_t i = 0; i < std::max(before.size(), after.size()); ++i) {
        const bool both = i < before.size() && i < after.size();
        // What was in an array is not known, so it may be behind any change, and is behind none.
        const bool unknown = both && before[i].sha256.empty() && after[i].sha256.empty();
        if (unknown ? values_differ : !both || before[i].sha256 != after[i].sha256)
            causes.push_back({Cause::Kind::input, i < 2 ? names[i] : fmt::format("input {}", i + 1), "",
                              text(before, i), text(after, i)});
    }
}

void compare_facts(const Process& before, const Process& after, std::vector<Cause>& causes) {
    const std::pair<Cause::Kind, const char*> facts[] = {
        {Cause::Kind::version, "program"},  {Cause::Kind::version, "version"},    {Cause::Kind::version, "git_commit"},
        {Cause::Kind::version, "compiler"}, {Cause::Kind::device, "backend"},     {Cause::Kind::device, "device"},
        {Cause::Kind::device, "driver"},    {Cause::Kind::device, "cuda_version"}};
    for (const auto& [kind, name] : facts) {
        const auto text = [name = name](const Process& process) {
            const auto at = process.facts.find(name);
            return at == process.facts.end() ? std::string() : at->second;
        };
        if (text(before) != text(after)) causes.push_back({kind, name, "", text(before), text(after)});
    }
}

}  // namespace

const char* name_of(Cause::Kind kind) {
    switch (kind) {
        case Cause::Kind::parameter: return "parameter";
        case Cause::Kind::stage: return "stage";
        case Cause::Kind::input: return "input";
        case Cause::Kind::version: return "version";
        case Cause::Kind::device: return "device";
    }
    return "";
}

std::string in_words(const LayerDifference& d) {
    if (!d.note.empty()) return d.note;
    const double percent = 100 * static_cast<double>(d.differing) / static_cast<double>(d.values);
    std::string text = fmt::format("{} of {} ({:.3g} %) differ", d.differing, d.values, percent);
    if (d.layer == "mask") return text;
    if (d.in_one_only > 0) text += fmt::format(", {} have a value in one only", d.in_one_only);
    const std::string unit = d.unit.empty() || d.unit == "1" ? "" : " " + d.unit;
    if (d.largest > 0) text += fmt::format(", by up to {:.3g}{}, rms {:.3g}{}", d.largest, unit, d.rms, unit);
    if (std::isfinite(d.largest_in_sigma))
        text += fmt::format(", up to {:.2g} standard deviations", d.largest_in_sigma);
    return text;
}

std::vector<LayerDifference> layer_differences(const Result& before, const Result& after, const std::string& gone,
                                               const std::string& fresh) {
    std::vector<LayerDifference> found;
    const auto only_in = [&](const GatedImages& one, const GatedImages& other, const std::string& note) {
        for (const ImageLayer& layer : one.layers)
            if (other.layer(layer.name) == nullptr) found.push_back(only_one(layer.name, layer.unit, note));
    };
    only_in(before.images, after.images, gone);
    only_in(after.images, before.images, fresh);
    for (const ImageLayer& layer : before.images.layers) {
        const ImageLayer* other = after.images.layer(layer.name);
        if (other == nullptr) continue;
        const ImageLayer* sigma = before.images.layer(layer.name + "_sigma");
        compare_values(only_one(layer.name, layer.unit, ""), layer.values, other->values,
                       sigma == nullptr ? nullptr : &sigma->values, found);
    }
    compare_masks(before.images, after.images, found);
    const std::optional<Volume>&a = before.volume, &b = after.volume;
    const bool same_name = a && b && a->name == b->name;
    if (a && !same_name) found.push_back(only_one(a->name, a->unit, gone));
    if (b && !same_name) found.push_back(only_one(b->name, b->unit, fresh));
    if (same_name) compare_values(only_one(a->name, a->unit, ""), a->values, b->values, nullptr, found);
    return found;
}

ResultDifference difference_of(const Result& before, const Result& after) {
    ResultDifference d;
    d.layers = layer_differences(before, after, "only in the first", "only in the second");
    compare_recipes(before.process.recipe, after.process.recipe, d.causes);
    compare_inputs(before.process.inputs, after.process.inputs, !d.identical(), d.causes);
    compare_facts(before.process, after.process, d.causes);
    return d;
}

}  // namespace firstlight
