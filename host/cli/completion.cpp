// firstlight completion: completion scripts for shells, generated from the command tree and the parameter tables.
#include <fmt/format.h>

#include <set>

#include "host/cli/console.hpp"
#include "host/cli/program.hpp"

namespace firstlight::cli {
namespace {

struct Completed {     // one command of the tree
    std::string path;  // "firstlight recipe show"
    std::vector<std::string> commands, options;
    const CLI::App* app = nullptr;
};

void walk(const CLI::App& app, const std::string& path, std::vector<Completed>& out) {
    Completed here{path, {}, {}, &app};
    for (const CLI::App* command : visible_commands(app)) here.commands.push_back(command->get_name());
    for (const CLI::Option* option : visible_options(app, false)) {
        for (const std::string& name : option->get_snames()) here.options.push_back("-" + name);
        for (const std::string& name : option->get_lnames()) here.options.push_back("--" + name);
    }
    if (takes_stage_flags(app))
        for (const StageEntry& stage : stage_list())
            for (const Param& param : *stage.params)
                here.options.push_back(fmt::format("--{}.{}", stage.info.name, param.name));
    out.push_back(here);
    for (const CLI::App* command : visible_commands(app)) walk(*command, path + " " + command->get_name(), out);
}

std::vector<std::string> values_of(const Param& param) {
    if (param.kind == ParamKind::boolean) return {"true", "false"};
    return param.choices;
}

std::vector<std::string> recipe_names() {
    std::vector<std::string> names;
    for (const BuiltInRecipe& recipe : built_in_recipes()) names.emplace_back(recipe.name);
    return names;
}

std::string quoted(std::string text) {  // within single quotes of a shell
    for (std::size_t at = text.find('\''); at != std::string::npos; at = text.find('\'', at + 4))
        text.replace(at, 1, "'\\''");
    return text;
}

std::string bash_script(const std::vector<Completed>& tree) {
    std::string text =
        "# bash completion for firstlight; made by: firstlight completion bash\n"
        "_firstlight() {\n"
        "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} path=firstlight i\n"
        "    COMPREPLY=()\n"
        "    for ((i = 1; i < COMP_CWORD; ++i)); do\n"
        "        case \"$path ${COMP_WORDS[i]}\" in\n";
    for (const Completed& c : tree)
        if (c.path != "firstlight") text += fmt::format("            '{}') path='{}' ;;\n", c.path, c.path);
    text += "        esac\n    done\n    case \"$before\" in\n";
    text += fmt::format(
        "        -r|--recipe) COMPREPLY=($(compgen -W '{}' -- \"$word\") $(compgen -f -- \"$word\")); return ;;\n",
        fmt::join(recipe_names(), " "));
    text += "        --backend) COMPREPLY=($(compgen -W 'auto cpu cuda' -- \"$word\")); return ;;\n";
    for (const StageEntry& stage : stage_list())
        for (const Param& param : *stage.params)
            if (const auto values = values_of(param); !values.empty())
                text += fmt::format("        --{}.{}) COMPREPLY=($(compgen -W '{}' -- \"$word\")); return ;;\n",
                                    stage.info.name, param.name, fmt::join(values, " "));
    text += "    esac\n    local words=\n    case \"$path\" in\n";
    for (const Completed& c : tree) {
        text +=
            fmt::format("        '{}')\n            if [[ $word == -* ]]; then words='{}'; else words='{}'; fi ;;\n",
                        c.path, fmt::join(c.options, " "), fmt::join(c.commands, " "));
    }
    text +=
        "    esac\n"
        "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
        "    if [[ $word != -* ]]; then COMPREPLY+=($(compgen -f -- \"$word\")); fi\n"
        "}\n"
        "complete -o filenames -F _firstlight firstlight\n";
    return text;
}

std::string zsh_script(const std::vector<Completed>& tree) {
    std::string text =
        "#compdef firstlight\n"
        "# zsh completion for firstlight; made by: firstlight completion zsh\n"
        "_firstlight() {\n"
        "    local path_now=firstlight i\n"
        "    local -a candidates\n"
        "    for ((i = 2; i < CURRENT; ++i)); do\n"
        "        case \"$path_now ${words[i]}\" in\n";
    for (const Completed& c : tree)
        if (c.path != "firstlight") text += fmt::format("            '{}') path_now='{}' ;;\n", c.path, c.path);
    text += "        esac\n    done\n    case \"${words[CURRENT-1]}\" in\n";
    text += fmt::format("        -r|--recipe) compadd -- {}; _files; return ;;\n", fmt::join(recipe_names(), " "));
    text += "        --backend) compadd -- auto cpu cuda; return ;;\n";
    for (const StageEntry& stage : stage_list())
        for (const Param& param : *stage.params)
            if (const auto values = values_of(param); !values.empty())
                text += fmt::format("        --{}.{}) compadd -- {}; return ;;\n", stage.info.name, param.name,
                                    fmt::join(values, " "));
    text += "    esac\n    case \"$path_now\" in\n";
    for (const Completed& c : tree)
        text += fmt::format(
            "        '{}')\n            if [[ $PREFIX == -* ]]; then candidates=({}); else candidates=({}); fi ;;\n",
            c.path, fmt::join(c.options, " "), fmt::join(c.commands, " "));
    text +=
        "    esac\n"
        "    compadd -a candidates\n"
        "    if [[ $PREFIX != -* ]]; then _files; fi\n"
        "}\n"
        "compdef _firstlight firstlight\n";
    return text;
}

std::string fish_script(const std::vector<Completed>& tree) {
    std::string text =
        "# fish completion for firstlight; made by: firstlight completion fish\n"
        "function __firstlight_at\n"
        "    set -l path firstlight\n"
        "    for word in (commandline -opc)[2..-1]\n"
        "        if contains -- \"$path $word\" $__firstlight_paths\n"
        "            set path \"$path $word\"\n"
        "        end\n"
        "    end\n"
        "    test \"$path\" = \"$argv\"\n"
        "end\n"
        "set -g __firstlight_paths";
    for (const Completed& c : tree)
        if (c.path != "firstlight") text += fmt::format(" '{}'", c.path);
    text += "\n";
    for (const Completed& c : tree) {
        const std::string at = fmt::format("complete -c firstlight -n '__firstlight_at {}'", c.path);
        for (const CLI::App* command : visible_commands(*c.app))
            text += fmt::format("{} -a '{}' -d '{}'\n", at, command->get_name(), quoted(command->get_description()));
        for (const CLI::Option* option : visible_options(*c.app, false)) {
            std::string names;
            for (const std::string& name : option->get_snames()) names += " -s " + name;
            for (const std::string& name : option->get_lnames()) names += " -l " + name;
            const char* value = option->get_expected_min() > 0 ? " -r" : "";
            text += fmt::format("{}{}{} -d '{}'\n", at, names, value, quoted(option->get_description()));
        }
        if (!takes_stage_flags(*c.app)) continue;
        for (const StageEntry& stage : stage_list())
            for (const Param& param : *stage.params) {
                const auto values = values_of(param);
                text += fmt::format("{} -l '{}.{}' -x{} -d '{}'\n", at, stage.info.name, param.name,
                                    values.empty() ? std::string() : fmt::format(" -a '{}'", fmt::join(values, " ")),
                                    quoted(param.meaning));
            }
    }
    return text;
}

int print_script(const std::string& shell) {
    CommandLine unused;
    const auto program = make_program(unused);
    std::vector<Completed> tree;
    walk(*program, "firstlight", tree);
    if (shell == "bash") fmt::print("{}", bash_script(tree));
    else if (shell == "zsh") fmt::print("{}", zsh_script(tree));
    else if (shell == "fish") fmt::print("{}", fish_script(tree));
    else
        throw Error(ExitCode::usage, fmt::format("there is no completion for \"{}\"", shell), "",
                    "choose bash, zsh or fish");
    return 0;
}

}  // namespace

void add_completion(CLI::App& program, CommandLine& line) {
    auto shell = std::make_shared<std::string>();
    CLI::App* command = program.add_subcommand("completion", "Print a completion script for a shell");
    command->add_option("SHELL", *shell, "bash, zsh or fish")->type_name("NAME")->required();
    command->footer("For example: firstlight completion bash > ~/.local/share/bash-completion/completions/firstlight");
    command->callback([shell, &line] { line.run = [shell] { return print_script(*shell); }; });
}

}  // namespace firstlight::cli
