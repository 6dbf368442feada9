#include "host/io/probe.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <string>

#include "host/io/acquisition_file.hpp"
#include "host/io/calibration_file.hpp"
#include "host/io/h5.hpp"
#include "host/io/importers/confocal_capture.hpp"
#include "host/io/importers/hdf5_source.hpp"
#include "host/io/neighbour_program.hpp"
#include "host/io/read_only_file.hpp"
#include "host/io/result_file.hpp"
#include "kernels/support/error.hpp"

extern char** environ;

namespace firstlight {
namespace {

constexpr int longest_s = 60;

std::filesystem::path find_probe() {
    std::filesystem::path program = find_neighbour_program("firstlight-probe", "FIRSTLIGHT_PROBE");
    if (!program.empty()) return program;
    throw Error(ExitCode::internal, "the program firstlight-probe is missing",
                "files from outside are opened by it first", "install it beside firstlight, or set FIRSTLIGHT_PROBE");
}

struct Pipe {
    std::array<int, 2> ends{-1, -1};
    Pipe() {
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw Error(ExitCode::internal, "no pipe", std::strerror(errno));
    }
    ~Pipe() {
        close_write();
        ::close(ends[0]);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    void close_write() {
        if (ends[1] >= 0) ::close(std::exchange(ends[1], -1));
    }
};

pid_t start(const std::filesystem::path& program, std::array<std::string, 4> words, int message_end) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, message_end, 1);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    std::array<char*, 5> arguments{};
    for (std::size_t i = 0; i < words.size(); ++i) arguments[i] = words[i].data();
    pid_t child = -1;
    const int error = posix_spawn(&child, program.c_str(), &actions, &attributes, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (error != 0)
        throw Error(ExitCode::internal, fmt::format("{} cannot be started", program.string()), std::strerror(error));
    return child;
}

// What the child says until it ends; false when it takes too long.
bool listen(int end, std::string& message) {
    using Clock = std::chrono::steady_clock;
    const auto until = Clock::now() + std::chrono::seconds(longest_s);
    while (true) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
        if (left <= 0) return false;
        pollfd wait{end, POLLIN, 0};
        const int ready = ::poll(&wait, 1, static_cast<int>(left));
        if (ready <= 0) continue;
        std::array<char, 4096> buffer{};
        const ssize_t got = ::read(end, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return true;
        if (message.size() < 65536) message.append(buffer.data(), static_cast<std::size_t>(got));
    }
}

std::string read_any(const std::filesystem::path& path, const OpenOptions& options) {
    const std::string format = h5::ReadFile(path).text("/", "firstlight_format").value_or("");
    if (format == "result") (void)read_result(path, options);
    else if (format != "calibration") (void)AcquisitionFile::open(path, options);  // or why it is none
    return format;
}

}  // namespace

std::string probe(const std::filesystem::path& path, ProbeKind kind, std::size_t memory_limit) {
    (void)ReadOnlyFile(path);  // the plain errors need no child
    Pipe pipe;
    const pid_t child =
        start(find_probe(),
              {"firstlight-probe", std::to_string(static_cast<int>(kind)), std::to_string(memory_limit), path.string()},
              pipe.ends[1]);
    pipe.close_write();
    std::string message;
    const bool in_time = listen(pipe.ends[0], message);
    if (!in_time) ::kill(child, SIGKILL);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            throw Error(ExitCode::internal, "waiting for firstlight-probe failed", std::strerror(errno));
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return message;
    if (WIFEXITED(status) && WEXITSTATUS(status) == static_cast<int>(ExitCode::bad_input) && !message.empty())
        throw Error(ExitCode::bad_input, message);
    if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGINT || WTERMSIG(status) == SIGTERM))  // Ctrl-C reaches both
        throw Error(WTERMSIG(status) == SIGINT ? ExitCode::interrupted : ExitCode::terminated, "interrupted",
                    "nothing was written");
    const bool slow = !in_time || (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU);
    throw Error(ExitCode::bad_input, path.string() + ": is damaged",
                slow ? "reading it took too long in a trial process"
                : WIFSIGNALED(status)
                    ? fmt::format("reading it crashed a trial process: {}", strsignal(WTERMSIG(status)))
                    : fmt::format("reading it failed in a trial process: exit code {}", WEXITSTATUS(status)),
                "copy or record it again");
}

std::string read_as_probe(const std::filesystem::path& path, ProbeKind kind, std::size_t memory_limit) {
    OpenOptions options;
    options.probe = false;
    options.memory_limit = memory_limit;
    options.read_data = false;  // never by HDF5, so not here
    switch (kind) {
        case ProbeKind::acquisition: (void)AcquisitionFile::open(path, options); break;
        case ProbeKind::validation: (void)AcquisitionFile::validate(path, options); break;
        case ProbeKind::result: (void)read_result(path, options); break;
        case ProbeKind::capture: read_capture_tables(path, options); break;
        case ProbeKind::calibration: (void)read_calibration(path, options); break;
        case ProbeKind::any: return read_any(path, options);
        case ProbeKind::source: return read_hdf5_source_tables(path, options);
    }
    return "";
}

}  // namespace firstlight
