// firstlight man: the manual page, generated from the command tree and the parameter tables.
#include <fmt/format.h>

#include <algorithm>

#include "host/cli/program.hpp"
#include "host/pipeline/build_facts.hpp"

namespace firstlight::cli {
namespace {

// Text that troff takes as it is: no escapes, no control line, hyphens that can be copied.
std::string plain(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '\\') out += "\\e";
        else if (c == '-') out += "\\-";
        else if (c == '\n') out += ' ';
        else out += c;
    }
    if (!out.empty() && (out[0] == '.' || out[0] == '\'')) out = "\\&" + out;
    return out;
}

std::string value_of(const CLI::Option& option) {
    return option.get_expected_min() > 0 ? " \\fI" + plain(value_name(option)) + "\\fR" : std::string();
}

void describe(const CLI::App& app, const std::string& path, std::string& out) {
    std::string synopsis;
    for (const CLI::Option* option : visible_options(app, true))
        synopsis += option->get_required() ? " " + option->get_name() : " [" + option->get_name() + "]";
    out += fmt::format(".SS {}{}\n{}.\n", plain(path), plain(synopsis), plain(app.get_description()));
    const auto entry = [&](const std::string& head, const std::string& text) {
        out += fmt::format(".TP\n{}\n{}\n", head, plain(text));
    };
    for (const CLI::Option* option : visible_options(app, true))
        entry("\\fI" + plain(option->get_name()) + "\\fR", option->get_description());
    for (const CLI::Option* option : visible_options(app, false)) {
        std::string head;
        for (const std::string& name : option->get_snames())
            head += (head.empty() ? "" : ", ") + ("\\fB" + plain("-" + name) + "\\fR");
        for (const std::string& name : option->get_lnames())
            head += (head.empty() ? "" : ", ") + ("\\fB" + plain("--" + name) + "\\fR");
        const std::string standard = option->get_default_str();
        entry(head + value_of(*option),
              option->get_description() + (standard.empty() ? "" : fmt::format(" (default: {})", standard)));
    }
    for (const CLI::App* command : visible_commands(app)) describe(*command, path + " " + command->get_name(), out);
}

std::string stage_section() {
    std::string out =
        ".SH STAGE PARAMETERS\nThe commands reconstruct, plan and view take \\fB\\-\\-stage.parameter\\fR "
        "\\fIVALUE\\fR for "
        "every stage of the recipe.\n";
    for (const StageEntry& stage : stage_list()) {
        out += fmt::format(".SS {} ({})\n{}.\n", plain(stage.info.name), plain(stage.info.family),
                           plain(stage.info.summary));
        const auto defaults = stage.make_params();
        for (const Param& param : *stage.params)
            out += fmt::format(".TP\n\\fB{}\\fR\n{} [{}] (default: {})\n",
                               plain(fmt::format("--{}.{}", stage.info.name, param.name)), plain(param.meaning),
                               plain(allowed_values(param)), plain(to_display(param, defaults.get())));
    }
    return out;
}

int print_page() {
    CommandLine unused;
    const auto program = make_program(unused);
    std::string out = fmt::format(
        ".TH FIRSTLIGHT 1 \"2026-11-23\" \"firstlight {}\" \"User Commands\"\n.SH NAME\nfirstlight \\- {}\n",
        plain(build_facts().version), "ballistic images from time\\-resolved photon data");
    out +=
        ".SH SYNOPSIS\n.B firstlight\n.I command\n[\\fIoptions\\fR]\n.SH DESCRIPTION\n"
        "Light that crosses a scattering medium without scattering arrives first and carries a sharp image. "
        "firstlight\n"
        "reconstructs that image from histograms of photon arrival times, with its uncertainty.\n.SH COMMANDS\n";
    for (const CLI::App* command : visible_commands(*program))
        describe(*command, "firstlight " + command->get_name(), out);
    out += stage_section();
    out += ".SH EXIT STATUS\n";
    for (const auto& [code, meaning] :
         std::vector<std::pair<const char*, const char*>>{{"0", "ok"},
                                                          {"1", "internal error"},
                                                          {"2", "usage"},
                                                          {"3", "bad input"},
                                                          {"4", "output failed"},
                                                          {"5", "device"},
                                                          {"6", "some of a batch failed"},
                                                          {"130, 143", "interrupted, terminated; nothing was written"}})
        out += fmt::format(".TP\n{}\n{}\n", code, meaning);
    out +=
        ".SH ENVIRONMENT\n.TP\nFIRSTLIGHT_CUDA_LIBRARY\nThe CUDA library to load instead of the one beside the "
        "program\n"
        ".TP\nFIRSTLIGHT_PROBE\nThe helper that opens files first instead of the one beside the program\n";
    fmt::print("{}", out);
    return 0;
}

}  // namespace

void add_man(CLI::App& program, CommandLine& line) {
    CLI::App* command = program.add_subcommand("man", "Print the manual page");
    command->footer("For example: firstlight man | man -l -");
    command->callback([&line] { line.run = print_page; });
}

}  // namespace firstlight::cli
