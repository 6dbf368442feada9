// firstlight import: files of other programs become acquisitions. Flags are made from the table of ImportOptions.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>

#include "host/cli/command.hpp"
#include "host/cli/console.hpp"
#include "host/cli/interruption.hpp"
#include "host/cli/progress_bar.hpp"
#include "host/cli/result_report.hpp"
#include "host/cli/stage_flags.hpp"
#include "host/io/importers/importer.hpp"

namespace firstlight::cli {
namespace {

struct ImportFlags {
    std::string input, output, format;
    std::map<std::string, std::vector<std::string>> given;  // by option
    bool list = false, force = false, json = false, quiet = false;
};

std::string flag_of(const std::string& option) {
    std::string flag = "--" + option;
    std::replace(flag.begin(), flag.end(), '_', '-');
    return flag;
}

int list_formats(bool json) {
    if (json) {
        Json all = Json::array();
        for (const Importer& importer : importers())
            all.push_back({{"name", importer.name},
                           {"what", importer.what},
                           {"endings", importer.endings},
                           {"options", importer.options}});
        print_json(all);
        return 0;
    }
    Facts facts;
    for (const Importer& importer : importers())
        facts.emplace_back(importer.name, fmt::format("{} ({})", importer.what, fmt::join(importer.endings, ", ")));
    print_facts(facts);
    return 0;
}

ImportOptions options_of(const ImportFlags& flags) {
    ImportOptions options;
    for (const Param& param : ImportOptions::table()) {
        const auto found = flags.given.find(param.name);
        if (found == flags.given.end() || found->second.empty()) continue;
        const std::string text = fmt::format("{}", fmt::join(found->second, ","));
        set_import_option(options, param.name, parse_param(param, text, flag_of(param.name)), flag_of(param.name));
    }
    return options;
}

int import_now(const ImportFlags& flags, const CommandLine& line) {
    if (flags.list) return list_formats(flags.json);
    if (flags.input.empty() || flags.output.empty())
        throw Error(ExitCode::usage, "import needs a file to read and one to write", "",
                    "firstlight import FILE -o SCAN.h5, or --list for the formats");
    ImportRequest request;
    request.source = flags.input;
    request.target = flags.output;
    request.format = flags.format;
    request.options = options_of(flags);
    request.force = flags.force;
    request.command = line.typed;
    request.cancelled = &interruption_requested();
    check_output(flags.output, flags.force, flags.input);
    ProgressBar bar(!flags.quiet && !flags.json);
    request.progress = [&bar](double done) { bar.show("import", static_cast<std::int64_t>(1000 * done), 1000); };
    const ImportReport report = import_file(request);
    bar.wipe();
    if (flags.json) {
        print_json({{"input", flags.input},
                    {"output", flags.output},
                    {"format", report.format},
                    {"shape", {report.scan.views, report.scan.rows, report.scan.columns, report.scan.bins}},
                    {"counts", report.counts},
                    {"left_out", report.left_out},
                    {"assumptions", report.assumptions}});
    } else if (!flags.quiet) {
        Facts facts{{"input", fmt::format("{}, {}", flags.input, report.format)}, {"scan", scan_shape(report.scan)}};
        if (report.left_out > 0)
            facts.emplace_back("left out", fmt::format("{} photons that belong to no pixel", report.left_out));
        for (const std::string& assumption : report.assumptions) facts.emplace_back("assumed", assumption);
        facts.emplace_back("acquisition", flags.output);
        print_facts(facts);
    }
    return 0;
}

std::string formats_in_words() {
    std::vector<std::string> all;
    for (const Importer& importer : importers()) all.push_back(fmt::format("{} ({})", importer.name, importer.what));
    return fmt::format("What FILE is, when its first bytes do not say: {}", fmt::join(all, ", "));
}

void add_flag_of(CLI::App& command, const Param& param, ImportFlags& flags) {
    std::vector<std::string> users;
    for (const Importer& importer : importers())
        if (std::find(importer.options.begin(), importer.options.end(), param.name) != importer.options.end())
            users.push_back(importer.name);
    if (users.empty()) return;
    std::string help = param.meaning;
    if (!param.unit.empty()) help += ", " + param.unit;
    if (param.kind == ParamKind::choice) help += fmt::format(": {}", fmt::join(param.choices, " | "));
    if (!param.automatic.empty()) help += "; auto: " + param.automatic;
    help += fmt::format(" ({})", fmt::join(users, ", "));
    help[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(help[0])));
    auto* option = command.add_option(flag_of(param.name), flags.given[param.name], help);
    option->type_name(param.unit.empty() ? (param.kind == ParamKind::text ? "TEXT" : "VALUE") : param.unit);
    option->expected(1, param.name == "scan_size_m" ? 2 : 1);
    if (param.kind == ParamKind::boolean) option->expected(0, 1)->default_str("true");
}

}  // namespace

void add_import(CLI::App& program, CommandLine& line) {
    auto flags = std::make_shared<ImportFlags>();
    CLI::App* command = program.add_subcommand("import", "Turn a file of another program into an acquisition");
    command->add_option("FILE", flags->input, "File to import")->type_name("FILE");
    command->add_option("-o,--output", flags->output, "Acquisition to write")->type_name("FILE");
    command->add_option("--format", flags->format, formats_in_words())->type_name("NAME");
    for (const Param& param : ImportOptions::table()) add_flag_of(*command, param, *flags);
    command->add_flag("--list", flags->list, "Print the formats that can be read");
    command->add_flag("--force", flags->force, "Replace an existing file");
    command->add_flag("--json", flags->json, "Print one JSON object instead of text");
    command->add_flag("--quiet", flags->quiet, "Print nothing but errors");
    command->callback([flags, &line] { line.run = [flags, &line] { return import_now(*flags, line); }; });
}

}  // namespace firstlight::cli
