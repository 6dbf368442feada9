#include "host/io/neighbour_program.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>

extern char** environ;

namespace firstlight {

std::filesystem::path find_neighbour_program(const std::string& name, const char* variable) {
    if (const char* given = std::getenv(variable); given != nullptr && *given != '\0') return given;
    std::error_code ignored;
    std::array<std::filesystem::path, 2> beside{std::filesystem::read_symlink("/proc/self/exe", ignored), {}};
    Dl_info info{};
    if (dladdr(reinterpret_cast<const void*>(&find_neighbour_program), &info) != 0 && info.dli_fname != nullptr)
        beside[1] = std::filesystem::absolute(info.dli_fname, ignored);
    for (const std::filesystem::path& program : beside) {
        const std::filesystem::path folder = program.parent_path();
        if (folder.empty()) continue;
        for (const char* place : {"", "../libexec/firstlight", "../bin"})
            if (::access((folder / place / name).c_str(), X_OK) == 0) return folder / place / name;
    }
    return {};
}

ProgramOutput output_of(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                        double most_seconds) {
    ProgramOutput output;
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return output;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
    std::vector<std::string> words{program.string()};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> pointers;
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    pid_t child = 0;
    const int failed = ::posix_spawn(&child, words[0].c_str(), &actions, nullptr, pointers.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    if (failed == 0) {
        const auto last = std::chrono::steady_clock::now() + std::chrono::duration<double>(most_seconds);
        std::array<char, 4096> block{};
        for (;;) {
            const auto left =
                std::chrono::duration_cast<std::chrono::milliseconds>(last - std::chrono::steady_clock::now());
            pollfd wait{ends[0], POLLIN, 0};
            if (left.count() <= 0 || ::poll(&wait, 1, static_cast<int>(left.count())) <= 0) {
                ::kill(child, SIGKILL);
                break;
            }
            const ssize_t got = ::read(ends[0], block.data(), block.size());
            if (got <= 0) break;
            output.text.append(block.data(), static_cast<std::size_t>(got));
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        if (WIFEXITED(status)) output.code = WEXITSTATUS(status);
    }
    ::close(ends[0]);
    while (!output.text.empty() && output.text.back() == '\n') output.text.pop_back();
    return output;
}

}  // namespace firstlight
