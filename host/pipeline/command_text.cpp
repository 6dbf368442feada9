#include "host/pipeline/command_text.hpp"

#include <fmt/format.h>

#include <cmath>
#include <optional>
#include <string_view>

#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

// A path that no program takes for an option.
std::string path_word(const std::filesystem::path& path) {
    const std::string text = path.string();
    return !text.empty() && text[0] == '-' ? "./" + text : text;
}

// A value as the command line takes it.
std::string flag_value(const Param& param, const void* params) {
    const ParamValue value = param.get(params);
    if (const auto* b = std::get_if<bool>(&value)) return *b ? "true" : "false";
    if (const auto* i = std::get_if<std::int64_t>(&value)) return fmt::format("{}", *i);
    if (const auto* d = std::get_if<double>(&value)) return std::isnan(*d) ? "auto" : fmt::format("{}", *d);
    return std::get<std::string>(value);
}

bool same_stages(const Recipe& a, const Recipe& b) {
    if (a.stages.size() != b.stages.size()) return false;
    for (std::size_t i = 0; i < a.stages.size(); ++i)
        if (a.stages[i].stage != b.stages[i].stage) return false;
    return true;
}

// All that has an effect, without name and summary.
std::string meaning_of(Recipe recipe) {
    recipe.name.clear();
    recipe.summary.clear();
    return to_toml(recipe);
}

// A parameter that differs from the recipe's own.
struct Difference {
    std::string stage, name, value;  // as the command line takes it
    ParamKind kind;
};

// What turns the recipe called `base` into `wanted`; nothing where single parameters cannot.
std::optional<std::vector<Difference>> differences_from(const std::string& base, const Recipe& wanted) {
    Recipe made;
    try {
        made = load_recipe(base);
        if (!same_stages(made, wanted)) return std::nullopt;
        std::vector<Difference> differences;
        for (std::size_t s = 0; s < wanted.stages.size(); ++s) {
            const RecipeStage& stage = wanted.stages[s];
            for (const Param& param : *stage.stage->params) {
                if (!has_effect(param, *stage.stage->params, stage.params.get())) continue;
                const std::string value = flag_value(param, stage.params.get());
                if (value == flag_value(param, made.stages[s].params.get())) continue;
                const std::string stage_name(stage.stage->info.name);
                set_parameter(made, fmt::format("{}.{}", stage_name, param.name), value);
                differences.push_back({stage_name, param.name, value, param.kind});
            }
        }
        check_recipe(made);
        if (meaning_of(made) != meaning_of(wanted)) return std::nullopt;
        return differences;
    } catch (const Error&) {
        return std::nullopt;  // no file, or values of it that would now have no effect
    }
}

struct NamedRecipe {
    std::string name;            // of a built-in one
    std::filesystem::path file;  // in place of a name
    bool must_save = false;      // the recipe to the file
    std::vector<Difference> differences;
};

NamedRecipe named_recipe(const ReconstructText& text) {
    const auto built_in = [&](bool by_name) -> std::optional<NamedRecipe> {
        for (const BuiltInRecipe& recipe : built_in_recipes())
            if ((text.recipe.name == recipe.name) == by_name)
                if (auto differences = differences_from(recipe.name, text.recipe))
                    return NamedRecipe{recipe.name, {}, false, std::move(*differences)};
        return std::nullopt;
    };
    if (auto found = built_in(true)) return *found;
    if (!text.recipe_file.empty()) {
        if (auto differences = differences_from(text.recipe_file.string(), text.recipe))
            return {"", text.recipe_file, false, std::move(*differences)};
        return {"", text.recipe_file, true, {}};
    }
    if (auto found = built_in(false)) return *found;
    throw Error(ExitCode::usage, fmt::format("recipe \"{}\" is no built-in one", text.recipe.name),
                "a command line can name only built-in recipes and files", "save it to a file first");
}

// A value as Python takes it.
std::string python_value(const Difference& difference) {
    const std::string& value = difference.value;
    if (difference.kind == ParamKind::boolean) return value == "true" ? "True" : "False";
    const bool is_number = difference.kind == ParamKind::integer || difference.kind == ParamKind::real;
    if (!is_number || value == "auto") return python_quoted(value);
    return value.find("inf") == std::string::npos ? value : fmt::format("float(\"{}\")", value);
}

// Parameters by stages, a keyword each: time_gate={"open_ps": -40, "close_ps": 10}.
std::vector<std::string> python_stages(const std::vector<Difference>& differences) {
    std::vector<std::string> keywords;
    for (std::size_t i = 0; i < differences.size(); ++i) {
        const bool first = i == 0 || differences[i].stage != differences[i - 1].stage;
        if (first) keywords.push_back(differences[i].stage + "={");
        keywords.back() +=
            fmt::format("{}\"{}\": {}", first ? "" : ", ", differences[i].name, python_value(differences[i]));
        if (i + 1 == differences.size() || differences[i + 1].stage != differences[i].stage) keywords.back() += "}";
    }
    return keywords;
}

constexpr std::string_view python_listing = R"(
for name, layer in result.layers.items():
    print(name, result[name].shape, result[name].dtype, layer.unit)
)";

}  // namespace

std::string shell_quoted(const std::string& word) {
    constexpr std::string_view safe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=,+@%-";
    if (!word.empty() && word[0] != '=' && word.find_first_not_of(safe) == std::string::npos) return word;
    std::string out = "'";
    for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
}

std::string python_quoted(const std::string& word) {
    std::string out = "\"";
    for (const char c : word) {
        if (c == '"' || c == '\\') out += std::string("\\") + c;
        else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) out += fmt::format("\\x{:02x}", c);
        else out += c;
    }
    return out + '"';
}

std::string CommandText::line() const {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : " ") + shell_quoted(word);
    return text;
}

CommandText reconstruct_command(const ReconstructText& text) {
    CommandText command;
    command.words = {text.program, "reconstruct", path_word(text.scan)};
    const auto add = [&](const std::string& option, const std::string& value) {
        command.words.push_back(option);
        command.words.push_back(value);
    };
    const NamedRecipe recipe = named_recipe(text);
    add("--recipe", recipe.file.empty() ? recipe.name : path_word(recipe.file));
    if (recipe.must_save) command.must_save = recipe.file;
    for (const Difference& d : recipe.differences) {
        const std::string option = fmt::format("--{}.{}", d.stage, d.name);
        if (d.kind == ParamKind::text) command.words.push_back(option + "=" + d.value);  // may begin with a dash
        else add(option, d.value);
    }
    if (!text.calibration.empty()) add("--calibration", path_word(text.calibration));
    if (text.backend != "auto") add("--backend", text.backend);
    if (!text.output.empty()) add("--output", path_word(text.output));
    if (text.force) command.words.emplace_back("--force");
    return command;
}

CommandText export_command(const ExportText& text) {
    CommandText command;
    command.words = {text.program, "export", path_word(text.result), "--format", text.format};
    const auto add = [&](const char* option, const std::string& value) {
        command.words.emplace_back(option);
        command.words.push_back(value);
    };
    if (!text.layer.empty()) add("--layer", text.layer);
    for (const std::string& slice : text.slices) add("--slice", slice);
    for (const std::string& projection : text.projections) add("--projection", projection);
    add("--output", path_word(text.output));
    if (text.force) command.words.emplace_back("--force");
    return command;
}

CommandText compare_command(const CompareText& text) {
    CommandText command;
    command.words = {text.program, "compare", path_word(text.result), path_word(text.against)};
    for (const std::string& edge : text.edges) command.words.push_back("--edge=" + edge);
    for (const std::string& bars : text.bars) command.words.push_back("--bars=" + bars);
    return command;
}

std::string open_python(const std::filesystem::path& result) {
    return fmt::format("import firstlight\n\nresult = firstlight.open({})\n{}", python_quoted(result.string()),
                       python_listing);
}

std::string reconstruct_python(const ReconstructText& text) {
    const NamedRecipe recipe = named_recipe(text);
    std::vector<std::string> arguments{
        python_quoted(text.scan.string()),
        "recipe=" + python_quoted(recipe.file.empty() ? recipe.name : recipe.file.string())};
    for (std::string& stage : python_stages(recipe.differences)) arguments.push_back(std::move(stage));
    if (!text.calibration.empty()) arguments.push_back("calibration=" + python_quoted(text.calibration.string()));
    if (text.backend != "auto") arguments.push_back("backend=" + python_quoted(text.backend));
    std::string out = "import firstlight\n\n";
    if (recipe.must_save) out += fmt::format("# Save the recipe to {} first.\n", python_quoted(recipe.file.string()));
    out += "result = firstlight.reconstruct(\n";
    for (const std::string& argument : arguments) out += "    " + argument + ",\n";
    out += ")\n";
    if (!text.output.empty())
        out +=
            fmt::format("result.save({}{})\n", python_quoted(text.output.string()), text.force ? ", force=True" : "");
    return out.append(python_listing);
}

}  // namespace firstlight
