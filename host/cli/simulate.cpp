// firstlight simulate: a scene in, an acquisition with its truth out.
#include <fmt/format.h>

#include <optional>

#include "host/cli/command.hpp"
#include "host/cli/console.hpp"
#include "host/cli/interruption.hpp"
#include "host/cli/progress_bar.hpp"
#include "host/cli/result_report.hpp"
#include "host/io/acquisition_writer.hpp"
#include "host/io/event_writer.hpp"
#include "host/pipeline/build_facts.hpp"
#include "host/pipeline/pipeline.hpp"
#include "host/simulation/lost_light.hpp"
#include "host/simulation/photon_tags.hpp"
#include "host/simulation/simulate.hpp"
#include "kernels/support/parallel_for.hpp"

namespace firstlight::cli {
namespace {

struct SimulateOptions {
    std::string scene, output, backend = "cpu", as = "histogram", order = "raster";
    std::optional<std::int64_t> seed;
    int threads = 0;
    bool force = false, quiet = false;
};

AcquisitionInfo info_of(const SimulatedScan& made, const SimulateOptions& options, const CommandLine& line) {
    AcquisitionInfo info;
    info.title = made.title;
    info.detector_model = "simulated";
    info.scan_size_m = made.scan_size_m;
    info.provenance.source_file = std::filesystem::path(options.scene).filename().string();
    info.provenance.source_format = "scene";
    info.provenance.converter = "firstlight simulate";
    info.provenance.version = build_facts().version;
    info.provenance.command = line.typed;
    return info;
}

Truth truth_of(const SimulatedScan& made) {
    Truth truth;
    truth.transmission = made.transmission;
    truth.ballistic = made.ballistic;
    truth.optical_depth = made.optical_depth;
    truth.depth_m = made.depth_m;
    truth.mu_per_m = made.mu;
    truth.seed = made.seed;
    truth.scene = made.scene_text;
    return truth;
}

void write_histograms(const std::filesystem::path& output, const SimulatedScan& made, const AcquisitionInfo& info,
                      const WriteOptions& how) {
    AcquisitionWriter writer(output, made.scan, info, how);
    writer.write_all(as_cube(made.scan, made.counts));
    if (made.scan.has_reference) writer.write_all_reference(as_cube(made.scan, made.reference_counts));
    writer.set_truth(truth_of(made));
    writer.commit();
}

void write_events(const std::filesystem::path& output, const SimulatedScan& made, const AcquisitionInfo& info,
                  const WriteOptions& how, TagOrder order) {
    const Scan& scan = made.scan;
    // A time stamp is the number of a laser pulse; without a repetition rate it is taken as 10 MHz.
    const double unit_s = 1 / scan.repetition_rate_hz.value_or(1e7);
    EventWriter writer(output, scan, info, how, number_of_tags(made.counts), number_of_tags(made.reference_counts),
                       unit_s);
    PhotonTagOptions options;
    options.order = order;
    options.seed = made.seed;
    for (const bool reference : {false, true}) {
        if (reference && !scan.has_reference) break;
        options.recording = reference ? 1 : 0;
        options.pulses = reference ? scan.reference_pulses.front() : scan.pulses.front();
        make_photon_tags(reference ? made.reference_counts : made.counts, scan.bins, options,
                         [&](const EventTags& tags) { writer.append(tags, reference); });
    }
    writer.set_truth(truth_of(made));
    writer.commit();
}

void warn_of(const SimulatedScan& made, bool as_events) {
    for (const std::string& warning : made.warnings) print_warning(warning);
    if (as_events) return;  // of which a bin may hold any number
    for (const auto* counts : {&made.counts, &made.reference_counts})
        if (const std::string text = counts_cut(made.scan, *counts); !text.empty())
            print_warning((counts == &made.counts ? "" : "reference: ") + text);
}

int simulate_scene(const SimulateOptions& options, const CommandLine& line) {
    SimulationScene scene = read_scene(options.scene);
    if (options.as == "events" && !scene.gates.empty())
        throw Error(ExitCode::usage, options.scene + ": has [gates]",
                    "a gated camera does not tell when each photon came", "leave --as events out");
    if (options.as == "events" && !scene.view_angles_rad.empty())
        throw Error(ExitCode::usage, options.scene + ": has [views]", "a file of photon events has one view",
                    "leave --as events out, or [views]");
    if (options.seed) scene.photons.seed = scene.response.seed = *options.seed;
    const std::filesystem::path output =
        options.output.empty() ? std::filesystem::path(options.scene).stem().string() + ".h5" : options.output;
    check_output(output, options.force, options.scene);
    const auto say = [&](const std::string& text) {
        if (!options.quiet) fmt::print(stderr, "firstlight: {}\n", text);
    };
    const std::unique_ptr<Queue> queue = open_queue(options.backend, 1, say);
    SimulatedScan made;
    {
        ProgressBar bar(!options.quiet);
        with_threads(options.threads, [&] {
            made = simulate(scene, *queue, [&](double done) {
                bar.show("photons", static_cast<std::int64_t>(done * 1000), 1000);
                return !interruption_requested();
            });
        });
    }
    if (interruption_requested()) throw Interrupted();
    if (!options.quiet) warn_of(made, options.as == "events");
    {
        const WritingFiles now;
        const AcquisitionInfo info = info_of(made, options, line);
        WriteOptions how;
        how.force = options.force;
        if (options.as == "events")
            write_events(output, made, info, how, options.order == "random" ? TagOrder::random : TagOrder::raster);
        else write_histograms(output, made, info, how);
    }
    if (!options.quiet)
        print_facts({{"scene", options.scene},
                     {"scan", scan_shape(made.scan)},
                     {"seed", fmt::format("{}", made.seed)},
                     {"photons followed", scene.confocal ? std::string("none: diffusion in closed form")
                                                         : readable_count(static_cast<double>(scene.photons.photons)) +
                                                               (made.scan.has_views_axis ? " in each view" : "")},
                     {"acquisition", output.string()}});
    return 0;
}

}  // namespace

void add_simulate(CLI::App& program, CommandLine& line) {
    auto options = std::make_shared<SimulateOptions>();
    CLI::App* command = program.add_subcommand("simulate", "Make an acquisition of a scene, with its truth");
    command->add_option("SCENE", options->scene, "Scene (TOML; sample_data has examples)")
        ->type_name("FILE")
        ->required();
    command->add_option("-o,--output", options->output, "Acquisition to write; default: SCENE's name with .h5, here")
        ->type_name("FILE")
        ->check([](const std::string& name) { return name.empty() ? "a file must be named" : ""; });
    command->add_option("--as", options->as, "What the acquisition holds: histogram, or events (time tags)")
        ->type_name("KIND")
        ->check(CLI::IsMember({"histogram", "events"}))
        ->capture_default_str();
    command
        ->add_option("--order", options->order,
                     "Order of events: raster (pixel after pixel, as scanned) or random (an array's)")
        ->type_name("ORDER")
        ->check(CLI::IsMember({"raster", "random"}))
        ->capture_default_str();
    command->add_option("--seed", options->seed, "Another seed than the scene's")
        ->type_name("N")
        ->check(CLI::Range(std::int64_t{0}, std::int64_t{1} << 62));
    command->add_option("--backend", options->backend, "Where to compute: cpu, cuda or auto; changes no count")
        ->type_name("NAME")
        ->capture_default_str();
    command->add_option("--threads", options->threads, "Threads; default: all of the machine's; changes no count")
        ->type_name("N")
        ->check(CLI::Range(0, 4096));
    command->add_flag("--force", options->force, "Replace an existing file");
    command->add_flag("--quiet", options->quiet, "Print nothing but errors");
    command->callback([options, &line] { line.run = [options, &line] { return simulate_scene(*options, line); }; });
}

}  // namespace firstlight::cli
