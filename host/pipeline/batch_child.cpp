#include "host/pipeline/batch_child.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "kernels/support/error.hpp"

extern char** environ;

namespace firstlight {
namespace {

constexpr int progress_descriptor = 3;  // in the child
constexpr const char *parent_variable = "FIRSTLIGHT_PARENT", *progress_variable = "FIRSTLIGHT_PROGRESS_FD";

struct Pipe {
    Pipe() {
        if (::pipe2(ends.data(), O_CLOEXEC) != 0)
            throw Error(ExitCode::internal, "a child process cannot be started", std::strerror(errno));
        ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    }
    ~Pipe() {
        for (const int end : ends)
            if (end >= 0) ::close(end);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    int take_reader() { return std::exchange(ends[0], -1); }
    std::array<int, 2> ends{-1, -1};
};

// Appends what there is; false at its end.
bool drain(int end, std::string& text) {
    std::array<char, 16384> block{};
    for (;;) {
        const ssize_t got = ::read(end, block.data(), block.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return got < 0;
        text.append(block.data(), static_cast<std::size_t>(got));
    }
}

std::vector<std::string> environment_with(const std::vector<std::pair<std::string, std::string>>& more) {
    std::vector<std::string> all;
    for (char** at = environ; *at != nullptr; ++at) {
        const std::string entry(*at);
        const std::string name = entry.substr(0, entry.find('='));
        if (std::none_of(more.begin(), more.end(), [&](const auto& m) { return m.first == name; }))
            all.push_back(entry);
    }
    for (const auto& [name, value] : more) all.push_back(fmt::format("{}={}", name, value));
    return all;
}

std::vector<char*> pointers_to(std::vector<std::string>& words) {
    std::vector<char*> pointers;
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    return pointers;
}

}  // namespace

BatchChild::BatchChild(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                       const std::filesystem::path& log,
                       const std::vector<std::pair<std::string, std::string>>& environment)
    : start_(std::chrono::steady_clock::now()) {
    Pipe out, progress;
    const int errors = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (errors < 0) throw Error(ExitCode::output, log.string() + ": cannot be written", std::strerror(errno));
    std::vector<std::string> words{program.string()};
    words.insert(words.end(), arguments.begin(), arguments.end());
    auto more = environment;
    more.emplace_back(parent_variable, fmt::format("{}", ::getpid()));
    more.emplace_back(progress_variable, fmt::format("{}", progress_descriptor));
    std::vector<std::string> variables = environment_with(more);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out.ends[1], 1);
    posix_spawn_file_actions_adddup2(&actions, errors, 2);
    posix_spawn_file_actions_adddup2(&actions, progress.ends[1], progress_descriptor);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setpgroup(&attributes, 0);
    const int failed = ::posix_spawn(&pid_, program.c_str(), &actions, &attributes, pointers_to(words).data(),
                                     pointers_to(variables).data());
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    ::close(errors);
    if (failed != 0) {
        pid_ = -1;
        throw Error(ExitCode::internal, program.string() + ": cannot be started", std::strerror(failed));
    }
    out_end_ = out.take_reader();
    progress_end_ = progress.take_reader();
}

BatchChild::~BatchChild() {
    if (pid_ > 0) {
        send(SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    if (out_end_ >= 0) ::close(out_end_);
    if (progress_end_ >= 0) ::close(progress_end_);
}

void BatchChild::wait_on(std::vector<pollfd>& list) const {
    if (out_end_ >= 0) list.push_back({out_end_, POLLIN, 0});
    if (progress_end_ >= 0) list.push_back({progress_end_, POLLIN, 0});
}

bool BatchChild::look() {
    if (pid_ < 0) return true;
    if (progress_end_ >= 0) {
        const bool open = drain(progress_end_, line_);
        const std::size_t end = line_.rfind('\n');
        if (end != std::string::npos) {
            const std::size_t begin = end == 0 ? std::string::npos : line_.rfind('\n', end - 1);
            const std::string last = line_.substr(begin == std::string::npos ? 0 : begin + 1, end);
            std::array<char, 64> what{};
            double done = 0, total = 0;
            if (std::sscanf(last.c_str(), "%63s %lf %lf", what.data(), &done, &total) == 3 && total > 0)
                progress_ = {what.data(), std::clamp(done / total, 0.0, 1.0)};
            line_.erase(0, end + 1);
        }
        if (!open) {
            ::close(progress_end_);
            progress_end_ = -1;
        }
    }
    if (drain(out_end_, out_)) return false;
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    pid_ = -1;
    end_ = std::chrono::steady_clock::now();
    return true;
}

void BatchChild::send(int signal) const {
    if (pid_ > 0 && ::kill(-pid_, signal) != 0) ::kill(pid_, signal);  // before it has a group of its own
}

double BatchChild::seconds() const {
    return std::chrono::duration<double>((pid_ < 0 ? end_ : std::chrono::steady_clock::now()) - start_).count();
}

void end_with_parent() {
    const char* named = std::getenv(parent_variable);
    if (named == nullptr) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != std::atoi(named)) ::raise(SIGKILL);  // it ended before the line above
}

void tell_parent(const char* what, std::int64_t done, std::int64_t total) {
    static const char* const named = std::getenv(progress_variable);
    static std::chrono::steady_clock::time_point last;
    if (named == nullptr) return;
    const auto now = std::chrono::steady_clock::now();
    if (now - last < std::chrono::milliseconds(100)) return;
    last = now;
    const std::string line = fmt::format("{} {} {}\n", what, done, total);
    (void)!::write(std::atoi(named), line.data(), line.size());
}

}  // namespace firstlight
