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

// Flags that turn the recipe called `base` into `wanted`; none where flags cannot.
std::optional<std::vector<std::string>> flags_from(const std::string& base, const Recipe& wanted) {
    Recipe made;
    try {
        made = load_recipe(base);
        if (!same_stages(made, wanted)) return std::nullopt;
        std::vector<std::string> flags;
        for (std::size_t s = 0; s < wanted.stages.size(); ++s) {
            const RecipeStage& stage = wanted.stages[s];
            for (const Param& param : *stage.stage->params) {
                if (!has_effect(param, *stage.stage->params, stage.params.get())) continue;
                const std::string value = flag_value(param, stage.params.get());
                if (value == flag_value(param, made.stages[s].params.get())) continue;
                const std::string key = fmt::format("{}.{}", stage.stage->info.name, param.name);
                set_parameter(made, key, value);
                if (param.kind == ParamKind::text) {  // may be empty or begin with a dash
                    flags.push_back(fmt::format("--{}={}", key, value));
                } else {
                    flags.push_back("--" + key);
                    flags.push_back(value);
                }
            }
        }
        check_recipe(made);
        if (meaning_of(made) != meaning_of(wanted)) return std::nullopt;
        return flags;
    } catch (const Error&) {
        return std::nullopt;  // no file, or values of it that would now have no effect
    }
}

// The recipe's words, and where it must be saved first.
void add_recipe(const ReconstructText& text, CommandText& command) {
    const auto add = [&](const std::string& name, const std::vector<std::string>& flags) {
        command.words.emplace_back("--recipe");
        command.words.push_back(name);
        command.words.insert(command.words.end(), flags.begin(), flags.end());
    };
    const auto try_built_in = [&](bool by_name) {
        for (const BuiltInRecipe& recipe : built_in_recipes())
            if ((text.recipe.name == recipe.name) == by_name)
                if (const auto flags = flags_from(recipe.name, text.recipe)) {
                    add(recipe.name, *flags);
                    return true;
                }
        return false;
    };
    if (try_built_in(true)) return;
    if (!text.recipe_file.empty()) {
        if (const auto flags = flags_from(text.recipe_file.string(), text.recipe))
            return add(path_word(text.recipe_file), *flags);
    } else if (try_built_in(false)) {
        return;
    }
    if (text.recipe_file.empty())
        throw Error(ExitCode::usage, fmt::format("recipe \"{}\" is no built-in one", text.recipe.name),
                    "a command line can name only built-in recipes and files", "save it to a file first");
    command.must_save = text.recipe_file;
    add(path_word(text.recipe_file), {});
}

// The lines of a Python list: program, command and file, then an option with its value in each.
std::string python_list(const std::vector<std::string>& words) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const bool starts_line = i == 0 || words[i].compare(0, 2, "--") == 0;
        if (starts_line) text += i == 0 ? "        " : "\n        ";
        text += (starts_line ? "" : " ") + python_quoted(words[i]) + ",";
    }
    return text + "\n";
}

constexpr std::string_view opening = R"(layers, units, axes, volume = {{}}, {{}}, {{}}, None
with h5py.File({}, "r") as file:
    entry = file["entry"]
    for name, dataset in entry["image"].items():
        values = dataset[...]
        (axes if dataset.is_scale else layers)[name] = values  # axes: x and y in m, view in rad, or pixel numbers
        if "units" in dataset.attrs:
            unit = dataset.attrs["units"]
            units[name] = unit.decode() if isinstance(unit, bytes) else str(unit)
    if "volume" in entry:
        signal = entry["volume"].attrs["signal"]
        volume = entry["volume"][signal.decode() if isinstance(signal, bytes) else signal][...]

for name, values in layers.items():
    print(name, values.shape, values.dtype, units.get(name, ""))
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
    add_recipe(text, command);
    const auto add = [&](const char* option, const std::string& value) {
        command.words.emplace_back(option);
        command.words.push_back(value);
    };
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
    return "import h5py\n\n" + fmt::format(opening, python_quoted(path_word(result)));
}

std::string reconstruct_python(const ReconstructText& text) {
    if (text.output.empty())
        throw Error(ExitCode::usage, "the Python text has no result to open", "no output is named", "name one");
    const CommandText command = reconstruct_command(text);
    std::string out = "import subprocess\n\nimport h5py\n\n";
    if (!command.must_save.empty())
        out += fmt::format("# Save the recipe to {} first.\n", python_quoted(command.must_save.string()));
    out += "subprocess.run(\n    [\n" + python_list(command.words) + "    ],\n    check=True,\n)\n\n";
    return out + fmt::format(opening, python_quoted(path_word(text.output)));
}

}  // namespace firstlight
