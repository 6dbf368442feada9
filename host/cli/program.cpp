#include "host/cli/program.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "host/pipeline/build_facts.hpp"

namespace firstlight::cli {
namespace {

std::vector<std::string> option_names(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::Option* option : app.get_options()) {
        for (const std::string& name : option->get_snames()) names.push_back("-" + name);
        for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
    return names;
}

// Options as people read them: "--threads N (0)" rather than "--threads N:INT in [0 - 4096]=0".
class HelpFormatter : public CLI::Formatter {
  public:
    std::string make_option_opts(const CLI::Option* option) const override {
        std::string text;
        if (!option->get_positional() && option->get_type_size() != 0) text += " " + value_name(*option);
        if (!option->get_default_str().empty()) text += " (" + option->get_default_str() + ")";
        if (option->get_required()) text += " (required)";
        return text;
    }
};

std::vector<std::string> command_names(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::App* command : visible_commands(app)) names.push_back(command->get_name());
    return names;
}

std::string path_of(const CLI::App& app) {
    const CLI::App* parent = app.get_parent();
    return parent == nullptr ? app.get_name() : path_of(*parent) + " " + app.get_name();
}

// The command that was chosen, as deep as the words went.
const CLI::App& chosen(const CLI::App& app) {
    const auto commands = app.get_subcommands();
    return commands.empty() ? app : chosen(*commands.front());
}

[[noreturn]] void refuse_word(const CLI::App& command, const std::string& word) {
    const std::string bare = word.substr(0, word.find('='));
    const bool option = bare.size() > 1 && bare.front() == '-';
    const auto commands = command_names(command);
    const std::string see = fmt::format("see {} --help", path_of(command));
    if (!option && commands.empty())
        throw Error(ExitCode::usage, fmt::format("{}: one argument too many: \"{}\"", path_of(command), word), "", see);
    const std::string near = nearest_name(bare, option ? option_names(command) : commands);
    throw Error(ExitCode::usage,
                option ? fmt::format("{} has no option {}", path_of(command), bare)
                       : fmt::format("{} has no command \"{}\"", path_of(command), bare),
                "", near.empty() ? see : fmt::format("did you mean {}?", near));
}

[[noreturn]] void explain(const CLI::App& program, const CLI::ParseError& e) {
    const CLI::App& command = chosen(program);
    const auto unknown = program.remaining(true);
    if (!unknown.empty()) {
        // The first option that is not known explains the rest: its value was taken for something else.
        const auto option = std::find_if(unknown.begin(), unknown.end(), [](const std::string& word) {
            return word.size() > 1 && word.front() == '-';
        });
        refuse_word(command, option != unknown.end() ? *option : unknown.front());
    }
    throw Error(ExitCode::usage, fmt::format("{}: {}", path_of(command), e.what()), "",
                fmt::format("see {} --help", path_of(command)));
}

}  // namespace

std::string value_name(const CLI::Option& option) {
    const std::string name = option.get_type_name();
    return name.substr(0, name.find(':'));  // what follows are checks
}

std::vector<const CLI::App*> visible_commands(const CLI::App& app) {
    std::vector<const CLI::App*> visible;
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
        if (!command->get_group().empty()) visible.push_back(command);
    return visible;
}

std::vector<const CLI::Option*> visible_options(const CLI::App& app, bool positional) {
    std::vector<const CLI::Option*> visible;
    for (const CLI::Option* option : app.get_options())
        if (!option->get_group().empty() && option->get_positional() == positional) visible.push_back(option);
    return visible;
}

bool takes_stage_flags(const CLI::App& command) {
    const std::string name = command.get_name();
    return name == "reconstruct" || name == "plan" || name == "view" || name == "batch";
}

std::unique_ptr<CLI::App> make_program(CommandLine& line) {
    auto program = std::make_unique<CLI::App>("Ballistic images from time-resolved photon data", "firstlight");
    program->set_version_flag("--version", "firstlight " + build_facts().version, "Print the version and exit");
    program->set_help_flag("-h,--help", "Print help and exit");
    program->formatter(std::make_shared<HelpFormatter>());
    program->get_formatter()->column_width(34);
    program->footer(
        "Every command explains itself: firstlight COMMAND --help\n"
        "Exit codes: 0 ok, 1 internal error, 2 usage, 3 bad input, 4 output failed, 5 device,\n"
        "6 some items of a batch failed, 130 interrupted, 143 terminated");
    add_info(*program, line);
    add_validate(*program, line);
    add_plan(*program, line);
    add_reconstruct(*program, line);
    add_batch(*program, line);
    add_simulate(*program, line);
    add_calibrate(*program, line);
    add_import(*program, line);
    add_export(*program, line);
    add_compare(*program, line);
    add_diff(*program, line);
    add_rerun(*program, line);
    add_view(*program, line);
    add_recipe(*program, line);
    add_schema(*program, line);
    add_doctor(*program, line);
    add_completion(*program, line);
    add_man(*program, line);
    return program;
}

int run_program(std::vector<std::string> words) {
    CommandLine line;
    line.typed = fmt::format("firstlight {}", fmt::join(words, " "));
    line.stage_flags = take_stage_flags(words);
    const std::unique_ptr<CLI::App> program = make_program(line);
    try {
        std::reverse(words.begin(), words.end());  // CLI11 takes words from the back
        program->parse(words);
    } catch (const CLI::Success& e) {  // --help, --version
        return program->exit(e);
    } catch (const CLI::ParseError& e) {
        explain(*program, e);
    }
    const CLI::App& command = chosen(*program);
    if (!line.stage_flags.empty() && !takes_stage_flags(command))
        throw Error(ExitCode::usage,
                    fmt::format("{} has no option --{}", path_of(command), line.stage_flags.front().key),
                    "parameters of stages are for reconstruct, batch, plan and view");
    if (!line.run) {
        const std::string words_now = fmt::format("{}", fmt::join(command_names(command), ", "));
        throw Error(ExitCode::usage, fmt::format("{}: a command is missing", path_of(command)), "",
                    fmt::format("choose from {}", words_now));
    }
    return line.run();
}

}  // namespace firstlight::cli
