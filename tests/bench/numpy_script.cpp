#include "tests/bench/numpy_script.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <vector>

#include "tests/bench/scratch_folder.hpp"

namespace firstlight::bench {
namespace {

void write_raw(const std::filesystem::path& path, const PhotonCube& cube) {
    std::ofstream file(path, std::ios::binary);
    file.write(reinterpret_cast<const char*>(cube.counts.data()), static_cast<std::streamsize>(cube.counts.size()));
    if (!file.flush()) throw std::runtime_error(path.string() + " cannot be written");
}

}  // namespace

std::string output_of(const std::vector<std::string>& command) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe could be made");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    std::vector<char*> arguments;
    for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    pid_t child = 0;
    const int failed = posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    std::string text;
    std::array<char, 4096> buffer{};
    for (ssize_t n = 0; failed == 0 && (n = read(ends[0], buffer.data(), buffer.size())) > 0;)
        text.append(buffer.data(), static_cast<std::size_t>(n));
    close(ends[0]);
    int status = 0;
    if (failed != 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        throw std::runtime_error(fmt::format("{} failed", fmt::join(command, " ")));
    return text;
}

double numpy_seconds(const std::string& python, const std::string& what, const PhotonCube& cube,
                     const PhotonCube& reference, double arrival_bins) {
    const ScratchFolder folder;
    write_raw(folder.path() / "scan.u2", cube);
    write_raw(folder.path() / "reference.u2", reference);
    return std::stod(output_of({python, FIRSTLIGHT_BENCH_SOURCES "/numpy_gate.py", what, folder.path().string(),
                                std::to_string(cube.rows), std::to_string(cube.columns), std::to_string(cube.bins),
                                fmt::format("{}", arrival_bins)}));
}

}  // namespace firstlight::bench
