// firstlight: ballistic images from time-resolved photon data, on the command line.
#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <nlohmann/json.hpp>
#include <system_error>

#include "host/cli/command.hpp"
#include "host/cli/interruption.hpp"
#include "host/cli/program.hpp"
#include "host/pipeline/pipeline.hpp"

namespace {

using namespace firstlight;

int fail(ExitCode code, const std::string& text) {
    fmt::print(stderr, "firstlight: error: {}\n", text);
    return static_cast<int>(code);
}

}  // namespace

int main(int argc, char** argv) {
    try {
        cli::watch_for_interruption();
        std::signal(SIGXFSZ, SIG_IGN);  // a limit of file sizes is an error of writing, not the end of the program
        const int code = cli::run_program({argv + 1, argv + argc});
        // What was printed must have arrived: a full disk behind a redirection is an error too.
        if (std::fflush(stdout) != 0 && code == 0) return fail(ExitCode::output, "standard output cannot be written");
        return code;
    } catch (const Interrupted&) {
        fmt::print(stderr, "firstlight: interrupted: nothing was written\n");
        return static_cast<int>(cli::interruption_code());
    } catch (const Error& e) {
        if (e.code() != ExitCode::interrupted) return fail(e.code(), e.what());
        fmt::print(stderr, "firstlight: interrupted: nothing was written\n");
        return static_cast<int>(cli::interruption_code());
    } catch (const std::system_error& e) {  // fmt could not write to a stream
        if (e.code() == std::errc::no_space_on_device || e.code() == std::errc::broken_pipe)
            return fail(ExitCode::output, "standard output cannot be written");
        return fail(ExitCode::internal, fmt::format("internal error: {}", e.what()));
    } catch (const std::bad_alloc&) {
        return fail(ExitCode::internal, "out of memory: give --memory a smaller size");
    } catch (const std::exception& e) {
        return fail(ExitCode::internal, fmt::format("internal error: {}", e.what()));
    }
}
