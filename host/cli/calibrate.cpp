// firstlight calibrate: what a detector and a medium do to light, from scans made for that.
#include "host/cli/calibrate.hpp"

#include <fmt/format.h>

#include "host/cli/interruption.hpp"

namespace firstlight::cli {
namespace {

CLI::App* add_job(CLI::App& calibrate, CommandLine& line, const std::string& name, const std::string& what,
                  const std::string& files, const std::shared_ptr<CalibrateOptions>& options) {
    CLI::App* command = calibrate.add_subcommand(name, what);
    add_calibrate_options(*command, *options, files);
    command->get_option("FILE")->expected(1);
    command->callback([=, &line] { line.run = [=, &line] { return calibrate_and_report(name, *options, line); }; });
    return command;
}

}  // namespace

void add_calibrate_options(CLI::App& command, CalibrateOptions& options, const std::string& files) {
    command.add_option("FILE", options.files, files)->type_name("FILE")->required();
    command.add_option("-o,--output", options.output, "Calibration file to write")->type_name("FILE")->required();
    command.add_flag("--update", options.update, "Add to an existing calibration file, and use what it holds");
    command.add_flag("--force", options.force, "Replace an existing calibration file");
    command
        .add_option("--memory", options.memory, "Limit of memory such as 512M or 4G; default: half of the machine's")
        ->type_name("SIZE");
    command.add_flag("--json", options.json, "Print one JSON object instead of text");
    command.add_flag("--quiet", options.quiet, "Print nothing but errors");
}

void add_capture_options(CLI::App& command, CalibrateOptions& options) {
    command.add_option("--bin-width-ps", options.bin_width_ps, "Width of a time bin of MATLAB captures, ps")
        ->type_name("PS")
        ->check(CLI::Range(1e-3, 1e9));
    command
        .add_option("--repetition-rate-hz", options.repetition_rate_hz,
                    "Laser pulses per second, for captures' pile-up")
        ->type_name("HZ")
        ->check(CLI::Range(1e-6, 1e15));
}

int calibrate_and_report(const std::string& job, const CalibrateOptions& options, const CommandLine& line) {
    CalibrationRequest request;
    request.job = job;
    request.files = options.files;
    request.options = options;
    request.output = options.output;
    request.update = options.update;
    request.force = options.force;
    if (!options.memory.empty()) request.memory_bytes = parse_memory(options.memory, "--memory");
    request.command = line.typed;
    request.cancelled = &interruption_requested();
    Calibration calibration;
    const CalibrationReport report = run_calibration(request, calibration);
    {
        const WritingFiles now;
        write_calibration(options.output, calibration, report.replaces);
    }
    if (!options.quiet)
        for (const std::string& remark : report.remarks) print_warning(remark);
    if (options.json) {
        Json json{{"job", job}, {"output", options.output}};
        json.update(report.json);
        json["remarks"] = report.remarks;
        print_json(json);
    } else if (!options.quiet) {
        Facts facts = report.facts;
        facts.emplace_back("calibration", options.output + (report.added ? ", added to" : ""));
        print_facts(facts);
    }
    return 0;
}

void add_calibrate(CLI::App& program, CommandLine& line) {
    CLI::App* command = program.add_subcommand("calibrate", "Measure a detector and a medium from scans made for that");
    command->footer(
        "Each job writes into one calibration file; --update adds to it. Use it with\n"
        "firstlight reconstruct SCAN --calibration FILE.");
    const auto irf = std::make_shared<CalibrateOptions>();
    CLI::App* job = add_job(*command, line, "irf", "Instrument response from a scan of unscattered light",
                            "Acquisition, or capture of the bare detector", irf);
    add_capture_options(*job, *irf);
    job->add_flag("--per-pixel", irf->per_pixel, "A response for each pixel with enough counts");
    job->add_option("--least-counts", irf->least_counts, "Counts that a response of a pixel's own needs")
        ->type_name("N")
        ->check(CLI::Range(1.0, 1e15))
        ->capture_default_str();
    job->add_flag("--arrival", irf->arrival, "Keep the peak as the arrival of unscattered light");
    const auto t0 = std::make_shared<CalibrateOptions>();
    job = add_job(*command, line, "t0", "Delay of each pixel from a scan of unscattered light", "Acquisition", t0);
    job->add_flag("--arrival", t0->arrival, "Keep the median arrival as that of unscattered light");
    job->add_option("--least-snr", t0->least_snr, "Standard deviations by which a pixel's light must stand out")
        ->type_name("N")
        ->check(CLI::Range(1.0, 1e6))
        ->capture_default_str();
    add_job(*command, line, "dark", "Dark counts of each pixel from a scan without light", "Acquisition",
            std::make_shared<CalibrateOptions>());
    add_job(*command, line, "flat", "Sensitivity of each pixel from a scan of even light", "Acquisition",
            std::make_shared<CalibrateOptions>());
    const auto mask = std::make_shared<CalibrateOptions>();
    job = add_job(*command, line, "mask", "Hot, noisy and dead pixels from a scan without light", "Acquisition", mask);
    job->add_option("--even-light", mask->even_light, "Acquisition of even light, in which dead pixels show")
        ->type_name("FILE");
    job->add_option("--threshold", mask->threshold, "Spreads above the median from which a pixel is noisy")
        ->type_name("N")
        ->check(CLI::Range(1.0, 1e6))
        ->capture_default_str();
    add_calibrate_medium(*command, line);
}

}  // namespace firstlight::cli
