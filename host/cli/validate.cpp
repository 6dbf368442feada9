// firstlight validate: all that is wrong or doubtful with an acquisition.
#include <fmt/format.h>

#include <algorithm>

#include "host/cli/command.hpp"
#include "host/cli/console.hpp"
#include "host/io/acquisition_file.hpp"

namespace firstlight::cli {
namespace {

struct ValidateOptions {
    std::string path;
    bool json = false, strict = false;
};

int validate(const ValidateOptions& options) {
    std::vector<Finding> findings = AcquisitionFile::validate(options.path, {});
    if (options.strict)
        for (Finding& finding : findings) finding.is_error = true;
    const auto errors = std::count_if(findings.begin(), findings.end(), [](const Finding& f) { return f.is_error; });
    const bool good = errors == 0;
    if (options.json) {
        Json json{{"path", options.path}, {"valid", good}};
        Json& list = json["findings"] = Json::array();
        for (const Finding& f : findings)
            list.push_back({{"severity", f.is_error ? "error" : "warning"}, {"message", f.message}});
        print_json(json);
    } else {
        for (const Finding& f : findings) fmt::print("{}: {}\n", f.is_error ? "error" : "warning", f.message);
        fmt::print("{}: {}, {} errors, {} warnings\n", options.path, good ? "valid" : "not valid", errors,
                   static_cast<std::ptrdiff_t>(findings.size()) - errors);
    }
    return static_cast<int>(good ? ExitCode::ok : ExitCode::bad_input);
}

}  // namespace

void add_validate(CLI::App& program, CommandLine& line) {
    auto options = std::make_shared<ValidateOptions>();
    CLI::App* command =
        program.add_subcommand("validate", "Check an acquisition, every count of it too, and list all findings");
    command->add_option("FILE", options->path, "Acquisition file")->type_name("FILE")->required();
    command->add_flag("--strict", options->strict,
                      "Count every warning as an error: a file with any finding is then not valid");
    command->add_flag("--json", options->json, "Print one JSON object instead of text");
    command->callback([options, &line] { line.run = [options] { return validate(*options); }; });
}

}  // namespace firstlight::cli
