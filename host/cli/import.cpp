// firstlight import: files of other programs become acquisitions.
#include <fmt/format.h>

#include <optional>

#include "host/cli/command.hpp"
#include "host/cli/console.hpp"
#include "host/cli/interruption.hpp"
#include "host/cli/result_report.hpp"
#include "host/io/acquisition_writer.hpp"
#include "host/io/importers/confocal_capture.hpp"
#include "host/pipeline/pipeline.hpp"

namespace firstlight::cli {
namespace {

struct ImportOptions {
    std::string input, output, format, response;
    std::optional<double> bin_width_ps, exposure_s, repetition_rate_hz;
    double response_bin_width_ps = 8;
    std::vector<double> scan_size_m;
    bool force = false, json = false, quiet = false;
};

const std::vector<std::string> formats{"confocal-capture"};

int import_file(const ImportOptions& options, const CommandLine& line) {
    if (std::find(formats.begin(), formats.end(), options.format) == formats.end()) {
        const std::string near = nearest_name(options.format, formats);
        throw Error(ExitCode::usage, fmt::format("--format: there is no format \"{}\"", options.format), "",
                    near.empty() ? fmt::format("choose from {}", fmt::join(formats, ", "))
                                 : fmt::format("did you mean {}?", near));
    }
    check_output(options.output, options.force, options.input);
    ConfocalOptions confocal;
    if (options.bin_width_ps) confocal.bin_width_s = *options.bin_width_ps * 1e-12;
    if (options.scan_size_m.size() == 1) confocal.scan_size_m = {options.scan_size_m[0], options.scan_size_m[0]};
    if (options.scan_size_m.size() == 2) confocal.scan_size_m = {options.scan_size_m[0], options.scan_size_m[1]};
    if (!options.response.empty()) confocal.response_file = options.response;
    confocal.response_bin_width_s = options.response_bin_width_ps * 1e-12;
    confocal.exposure_s = options.exposure_s;
    confocal.repetition_rate_hz = options.repetition_rate_hz;
    confocal.command = line.typed;
    const Imported imported = import_confocal_capture(options.input, confocal);
    if (interruption_requested()) throw Interrupted();
    {
        const WritingFiles now;
        WriteOptions write;
        write.force = options.force;
        AcquisitionWriter writer(options.output, imported.scan, imported.info, write);
        writer.write_all(imported.cube);
        writer.commit();
    }
    if (options.json) {
        print_json({{"input", options.input},
                    {"output", options.output},
                    {"shape", {imported.scan.views, imported.scan.rows, imported.scan.columns, imported.scan.bins}},
                    {"assumptions", imported.info.provenance.assumptions}});
    } else if (!options.quiet) {
        Facts facts{{"input", options.input}, {"scan", scan_shape(imported.scan)}};
        for (const std::string& assumption : imported.info.provenance.assumptions)
            facts.emplace_back("assumed", assumption);
        facts.emplace_back("acquisition", options.output);
        print_facts(facts);
    }
    return 0;
}

}  // namespace

void add_import(CLI::App& program, CommandLine& line) {
    auto options = std::make_shared<ImportOptions>();
    CLI::App* command = program.add_subcommand("import", "Turn a file of another program into an acquisition");
    command->add_option("FILE", options->input, "File to import")->type_name("FILE")->required();
    command->add_option("-o,--output", options->output, "Acquisition to write")->type_name("FILE")->required();
    command->add_option("--format", options->format, "What FILE is: confocal-capture (MATLAB v7.3)")
        ->type_name("NAME")
        ->required();
    command->add_option("--bin-width-ps", options->bin_width_ps, "Width of a time bin, ps")
        ->type_name("PS")
        ->check(CLI::Range(1e-3, 1e9));
    command->add_option("--scan-size-m", options->scan_size_m, "Size of the scanned square, m; or height and width")
        ->type_name("M")
        ->expected(1, 2)
        ->check(CLI::Range(1e-9, 1e6));
    command->add_option("--response", options->response, "Capture of the bare detector: its instrument response")
        ->type_name("FILE");
    command
        ->add_option("--response-bin-width-ps", options->response_bin_width_ps, "Width of a time bin of --response, ps")
        ->type_name("PS")
        ->check(CLI::Range(1e-3, 1e9))
        ->capture_default_str();
    command->add_option("--exposure-s", options->exposure_s, "Exposure of the whole scan, s")
        ->type_name("S")
        ->check(CLI::Range(1e-12, 1e12));
    command->add_option("--repetition-rate-hz", options->repetition_rate_hz, "Laser pulses per second")
        ->type_name("HZ")
        ->check(CLI::Range(1e-6, 1e15));
    command->add_flag("--force", options->force, "Replace an existing file");
    command->add_flag("--json", options->json, "Print one JSON object instead of text");
    command->add_flag("--quiet", options->quiet, "Print nothing but errors");
    command->callback([options, &line] { line.run = [options, &line] { return import_file(*options, line); }; });
}

}  // namespace firstlight::cli
