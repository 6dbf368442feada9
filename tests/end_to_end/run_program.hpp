// Runs the real program in a folder of its own, as a person would from a shell without a terminal.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "host/io/sha256.hpp"

extern char** environ;

namespace firstlight {

inline std::string text_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

struct Outcome {
    int code = -1;  // exit code; -signal when a signal ended it
    std::string out, error;
    double seconds = 0;   // from the signal on, where one was sent
    double peak_mib = 0;  // largest resident memory, of the program alone
};

class ProgramTest : public testing::Test {
  protected:
    void SetUp() override {
        folder_ =
            std::filesystem::temp_directory_path() / ("firstlight_" + std::to_string(getpid()) + "_" +
                                                      testing::UnitTest::GetInstance()->current_test_info()->name());
        std::filesystem::create_directories(folder_);
        output_ = folder_;
        output_ += ".streams";
        std::filesystem::create_directories(output_);
    }
    void TearDown() override {
        std::error_code ignored;
        std::filesystem::permissions(folder_, std::filesystem::perms::owner_all, ignored);
        std::filesystem::remove_all(folder_, ignored);
        std::filesystem::remove_all(output_, ignored);
    }

    [[nodiscard]] std::filesystem::path at(const std::string& name) const { return folder_ / name; }
    [[nodiscard]] std::vector<std::string> files() const {
        std::vector<std::string> names;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_))
            if (entry.is_regular_file()) names.push_back(std::filesystem::relative(entry.path(), folder_).string());
        std::sort(names.begin(), names.end());
        return names;
    }

    // With `signal_after` >= 0: sends `signal` so many seconds after the start.
    Outcome run(const std::vector<std::string>& words, double signal_after = -1, int signal = SIGINT,
                const std::string& program = FIRSTLIGHT_BINARY_DIR "/bin/firstlight") const {
        const std::string out = (output_ / "out").string();
        const std::string error = (output_ / "error").string();
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_addopen(&actions, 1, out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        posix_spawn_file_actions_addopen(&actions, 2, error.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        posix_spawn_file_actions_addchdir_np(&actions, folder_.c_str());
        std::vector<char*> arguments{const_cast<char*>(program.c_str())};
        for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
        arguments.push_back(nullptr);
        pid_t child = 0;
        const int failed = posix_spawn(&child, program.c_str(), &actions, nullptr, arguments.data(), environ);
        posix_spawn_file_actions_destroy(&actions);
        EXPECT_EQ(failed, 0) << program;
        if (failed != 0) return {};
        auto start = std::chrono::steady_clock::now();
        if (signal_after >= 0) {
            std::this_thread::sleep_for(std::chrono::duration<double>(signal_after));
            start = std::chrono::steady_clock::now();
            kill(child, signal);
        }
        int status = 0;
        Outcome outcome;
        // Of the program's own memory image: what wait4 says includes this process, from which it was started.
        while (waitpid(child, &status, WNOHANG) == 0) {
            std::istringstream lines(text_of("/proc/" + std::to_string(child) + "/status"));
            for (std::string line; std::getline(lines, line);)
                if (line.rfind("VmHWM:", 0) == 0) outcome.peak_mib = std::stod(line.substr(6)) / 1024;
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        outcome.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
        outcome.out = text_of(out);
        outcome.error = text_of(error);
        return outcome;
    }

    // The program refuses with exactly this line and code, prints no data, and leaves every file as it was.
    void expect_refusal(const std::vector<std::string>& words, int code, const std::string& line) const {
        std::vector<std::pair<std::string, std::string>> before;
        for (const std::string& name : files()) before.emplace_back(name, sha256_of_file(at(name)));
        const Outcome outcome = run(words);
        EXPECT_EQ(outcome.code, code) << outcome.error;
        EXPECT_EQ(outcome.error, "firstlight: error: " + line + "\n");
        EXPECT_EQ(outcome.out, "");
        std::vector<std::pair<std::string, std::string>> after;
        for (const std::string& name : files()) after.emplace_back(name, sha256_of_file(at(name)));
        EXPECT_EQ(before, after);
    }

  private:
    std::filesystem::path folder_, output_;
};

}  // namespace firstlight
