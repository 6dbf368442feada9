#include "host/cli/job_options.hpp"

#include "host/cli/console.hpp"
#include "host/pipeline/scan_kind.hpp"

namespace firstlight::cli {

void add_recipe_option(CLI::App& command, JobOptions& options) {
    command.add_option("-r,--recipe", options.recipe, "Built-in recipe or TOML file; default: what suits the scan")
        ->type_name("NAME|FILE");
}

void add_calibration_option(CLI::App& command, JobOptions& options) {
    command
        .add_option("--calibration", options.calibration,
                    "Calibration file, made by firstlight calibrate: in place of what the scan says of itself")
        ->type_name("FILE")
        ->check([](const std::string& name) { return name.empty() ? "a file must be named" : ""; });
}

void add_backend_options(CLI::App& command, JobOptions& options) {
    command.add_option("--backend", options.backend, "Where to compute: auto, cpu or cuda")
        ->type_name("NAME")
        ->capture_default_str();
    command.add_option("--threads", options.threads, "Threads of the CPU; 0: all")
        ->type_name("N")
        ->check(CLI::Range(0, 4096))
        ->capture_default_str();
    command
        .add_option("--memory", options.memory, "Limit of memory such as 512M or 4G; default: half of the machine's")
        ->type_name("SIZE");
}

Recipe recipe_of(const JobOptions& options, const std::vector<StageFlag>& flags, const Scan& scan) {
    Recipe recipe = load_recipe(options.recipe.empty() ? default_recipe(scan) : options.recipe);
    set_stage_flags(recipe, flags);
    check_recipe(recipe);
    return recipe;
}

std::size_t memory_of(const JobOptions& options) {
    return options.memory.empty() ? 0 : parse_memory(options.memory, "--memory");
}

}  // namespace firstlight::cli
