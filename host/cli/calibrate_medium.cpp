// firstlight calibrate medium: refractive index, absorption and scattering from slabs of several thicknesses.
#include "host/cli/calibrate.hpp"

namespace firstlight::cli {

void add_calibrate_medium(CLI::App& calibrate, CommandLine& line) {
    const auto options = std::make_shared<CalibrateOptions>();
    CLI::App* command = calibrate.add_subcommand(
        "medium", "Refractive index, absorption and scattering from slabs of several thicknesses");
    add_calibrate_options(*command, *options, "Captures or acquisitions of light behind slabs, one a thickness");
    add_capture_options(*command, *options);
    command
        ->add_option("--thickness-mm", options->thickness_mm,
                     "Thickness of each slab in the order of the files: 25.4,50.8")
        ->type_name("MM")
        ->delimiter(',')
        ->check(CLI::Range(1e-6, 1e6));
    command->add_option("--direct", options->direct, "The same without a slab: the response of the bare detector")
        ->type_name("FILE");
    command
        ->add_option("--refractive-index", options->refractive_index, "Known refractive index; it is not fitted then")
        ->type_name("N")
        ->check(CLI::Range(1.0, 2.5));
    command->add_option("--estimator", options->estimator, "How bins are weighed: poisson, quasi or peak")
        ->type_name("NAME")
        ->capture_default_str();
    command
        ->add_option("--model-error", options->model_error,
                     "Relative error of the model that quasi allows for, percent")
        ->type_name("PERCENT")
        ->check(CLI::Range(0.0, 100.0))
        ->capture_default_str();
    command->add_flag("--whole-plane", options->whole_plane,
                      "Light was gathered from the whole exit plane, not from a point");
    command->add_flag("--all-seconds", options->all_seconds,
                      "Also keep seconds of a capture that differ from its others");
    command->add_option("--seconds", options->seconds, "Only so many seconds of each capture, drawn at random; 0: all")
        ->type_name("N")
        ->check(CLI::Range(std::int64_t{0}, std::int64_t{100000}))
        ->capture_default_str();
    command->add_option("--seed", options->seed, "Seed of that draw")
        ->type_name("N")
        ->check([](const std::string& text) { return text.rfind('-', 0) == 0 ? "it is 0 or more" : ""; })
        ->capture_default_str();
    command->add_flag("--no-jackknife", options->no_jackknife,
                      "Leave out the interval over slabs, which takes a fit for each");
    command->add_option("--curves", options->curves, "Also write counts and model of every bin into this CSV file")
        ->type_name("FILE");
    command->callback(
        [options, &line] { line.run = [options, &line] { return calibrate_and_report("medium", *options, line); }; });
}

}  // namespace firstlight::cli
