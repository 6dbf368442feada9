// firstlight view: starts the viewer, which is a program of its own (firstlight-viewer).
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "host/cli/command.hpp"
#include "host/cli/console.hpp"
#include "host/cli/job_options.hpp"
#include "host/io/neighbour_program.hpp"
#include "host/pipeline/view_request.hpp"

namespace firstlight::cli {
namespace {

struct ViewOptions {
    JobOptions job;
    ViewRequest request;
    std::vector<std::string> files;
    std::string session, screenshot, size = "1280x800", theme = "dark";
};

void read_size(const std::string& text, ViewRequest& request) {
    char rest = 0;
    if (std::sscanf(text.c_str(), "%dx%d%c", &request.width, &request.height, &rest) != 2 || request.width < 320 ||
        request.height < 240 || request.width > 16384 || request.height > 16384)
        throw Error(ExitCode::usage, fmt::format("--size {}: no size of a window", text),
                    "it is WIDTHxHEIGHT in pixels, at least 320x240 and at most 16384x16384", "such as 1280x800");
}

// Replaces this program; returns only where that fails.
int start_viewer(ViewOptions& options, const std::vector<StageFlag>& flags) {
    ViewRequest& request = options.request;
    read_size(options.size, request);
    for (const std::string& file : options.files) request.files.emplace_back(file);
    request.session = options.session;
    request.recipe = options.job.recipe;
    request.calibration = options.job.calibration;
    request.backend = options.job.backend;
    request.threads = options.job.threads;
    request.memory_bytes = memory_of(options.job);
    request.screenshot = options.screenshot;
    request.light = options.theme == "light";
    for (const StageFlag& flag : flags) request.parameters.emplace_back(flag.key, flag.value);
    if (!request.screenshot.empty()) {
        if (request.files.empty() && request.session.empty())
            throw Error(ExitCode::usage, "--screenshot: there is nothing to draw", "no file was named",
                        "name one: firstlight view FILE --screenshot OUT.png");
        check_output(request.screenshot, request.force,
                     request.files.empty() ? request.session : request.files.front());
    }
    const std::filesystem::path viewer = find_neighbour_program("firstlight-viewer", "FIRSTLIGHT_VIEWER");
    if (viewer.empty())
        throw Error(ExitCode::internal, "the program firstlight-viewer is missing",
                    "this firstlight was built or installed without its viewer",
                    "build with -DFIRSTLIGHT_VIEWER=ON, or set FIRSTLIGHT_VIEWER to where it is");
    std::string name = viewer.string(), json = to_json(request);
    std::array<char*, 3> arguments{name.data(), json.data(), nullptr};
    ::execv(name.c_str(), arguments.data());
    throw Error(ExitCode::internal, name + ": cannot be started", std::strerror(errno),
                "set FIRSTLIGHT_VIEWER to where firstlight-viewer is, or unset it");
}

}  // namespace

void add_view(CLI::App& program, CommandLine& line) {
    auto options = std::make_shared<ViewOptions>();
    CLI::App* command =
        program.add_subcommand("view", "Look at acquisitions and results: drag the gate, change parameters");
    command->add_option("FILE", options->files, "Acquisitions and results, one tab each")->type_name("FILE");
    command->add_option("--session", options->session, "Open what a session file of the viewer says")
        ->type_name("FILE");
    add_recipe_option(*command, options->job);
    add_calibration_option(*command, options->job);
    add_backend_options(*command, options->job);
    command->add_flag("--follow", options->request.follow, "Read a file again whenever it grows");
    command
        ->add_option("--screenshot", options->screenshot, "Draw the window into this PNG, without any display, and end")
        ->type_name("FILE");
    command->add_flag("--force", options->request.force, "Replace an existing screenshot");
    command
        ->add_option("--panel", options->request.panel,
                     "Panel in front: parameters, layers, display, regions, volume, "
                     "points, compare, provenance or log")
        ->type_name("NAME");
    command->add_option("--layer", options->request.layer, "Layer to show")->type_name("NAME");
    command->add_option("--size", options->size, "Size of the window")->type_name("WxH")->capture_default_str();
    command->add_option("--scale", options->request.scale, "Size of letters and spacing; 0: from the display")
        ->type_name("FACTOR")
        ->check(CLI::Range(0.0, 8.0))
        ->capture_default_str();
    command->add_option("--theme", options->theme, "dark or light")
        ->check(CLI::IsMember({"dark", "light"}))
        ->type_name("NAME")
        ->capture_default_str();
    command->footer("Parameters of stages: --stage.parameter VALUE, as for firstlight reconstruct.");
    command->callback(
        [options, &line] { line.run = [options, &line] { return start_viewer(*options, line.stage_flags); }; });
}

}  // namespace firstlight::cli
