#include "host/cli/stage_flags.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace firstlight::cli {
namespace {

// "--stage.parameter" or "--stage.parameter=value": letters before the dot, so that "--out=a.b" is none.
bool is_stage_flag(const std::string& word) {
    if (word.size() < 4 || word.compare(0, 2, "--") != 0) return false;
    const std::size_t dot = word.find_first_of(".=");
    return dot != std::string::npos && word[dot] == '.' && dot > 2;
}

bool looks_like_option(const std::string& word) {
    return word.size() > 1 && word[0] == '-' &&
           (word[1] == '-' || std::isalpha(static_cast<unsigned char>(word[1])) != 0);
}

}  // namespace

std::vector<StageFlag> take_stage_flags(std::vector<std::string>& words) {
    std::vector<StageFlag> flags;
    std::vector<std::string> left;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i] == "--") {
            left.insert(left.end(), words.begin() + static_cast<std::ptrdiff_t>(i), words.end());
            break;
        }
        if (!is_stage_flag(words[i])) {
            left.push_back(words[i]);
            continue;
        }
        const std::size_t equals = words[i].find('=');
        if (equals != std::string::npos) {
            flags.push_back({words[i].substr(2, equals - 2), words[i].substr(equals + 1)});
            continue;
        }
        if (i + 1 >= words.size() || looks_like_option(words[i + 1]))
            throw Error(ExitCode::usage, words[i] + ": its value is missing", "",
                        fmt::format("write {} VALUE", words[i]));
        flags.push_back({words[i].substr(2), words[i + 1]});
        ++i;
    }
    words = left;
    return flags;
}

void set_stage_flags(Recipe& recipe, const std::vector<StageFlag>& flags) {
    for (const StageFlag& flag : flags) set_parameter(recipe, flag.key, flag.value);
}

std::string allowed_values(const Param& param) {
    switch (param.kind) {
        case ParamKind::boolean: return "true or false";
        case ParamKind::choice: return fmt::format("{}", fmt::join(param.choices, " | "));
        case ParamKind::text: return "text";
        default: break;
    }
    return fmt::format("{:g} to {:g}{}{}", param.minimum, param.maximum, param.unit.empty() ? "" : " " + param.unit,
                       param.automatic.empty() ? "" : ", or auto");
}

std::string describe_parameters(const StageEntry& stage, const void* params) {
    std::string text = fmt::format("{} ({}): {}\n", stage.info.name, stage.info.family, stage.info.summary);
    if (stage.params->empty()) return text + "  no parameters\n";
    std::size_t width = 0;
    for (const Param& param : *stage.params) width = std::max(width, param.name.size());
    for (const Param& param : *stage.params) {
        const std::string gap(width + 4, ' ');
        text += fmt::format("  {:<{}}  {} [{}]\n", param.name, width, param.meaning, allowed_values(param));
        const bool effect = has_effect(param, *stage.params, params);
        text += fmt::format("{}= {}{}\n", gap, to_display(param, params), effect ? "" : "  (without effect here)");
        if (!param.condition_on.empty()) {
            std::string values = param.condition_is;
            for (std::size_t bar = values.find('|'); bar != std::string::npos; bar = values.find('|', bar + 4))
                values.replace(bar, 1, " or ");
            text += fmt::format("{}only with {} = {}\n", gap, param.condition_on, values);
        }
    }
    return text;
}

}  // namespace firstlight::cli
