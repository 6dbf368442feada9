// A result is on the disk whole or not at all, whatever ends the writer.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <random>

#include "host/io/atomic_file.hpp"
#include "host/io/result_file.hpp"
#include "kernels/support/error.hpp"
#include "tests/host/io/python_fixture.hpp"

namespace firstlight {
namespace {

Result result_of(float value, std::int64_t side) {
    Result r;
    r.images.rows = r.images.columns = side;
    r.images.y = index_axis("y", "y", side);
    r.images.x = index_axis("x", "x", side);
    r.images.layers.push_back(
        {"ballistic", "counts", "", std::vector<float>(static_cast<std::size_t>(side * side), value)});
    return r;
}

std::size_t files_in(const std::filesystem::path& folder) {
    std::size_t n = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) n += entry.exists() ? 1 : 0;
    return n;
}

TEST(ResultWrite, kill_leaves_the_old_or_the_new) {
    const ScratchFolder folder("kill");
    const std::filesystem::path path = folder.path / "result.h5";
    const Result old = result_of(1, 256), fresh = result_of(2, 256);
    write_result(path, old, false);
    OpenOptions options;
    options.probe = false;
    std::mt19937 random(11);
    for (int round = 0; round < 20; ++round) {
        const pid_t child = fork();
        if (child == 0) {
            while (true) {
                write_result(path, fresh, true);
                write_result(path, old, true);
            }
        }
        usleep(static_cast<useconds_t>(2000 + random() % 30000));
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
        const float found = read_result(path, options).images.layers.at(0).values.at(777);
        EXPECT_TRUE(found == 1 || found == 2);
    }
}

TEST(ResultWrite, limit_of_file_sizes_is_an_output_error_and_leaves_nothing) {
    const ScratchFolder folder("limit");
    const pid_t child = fork();
    if (child == 0) {
        const rlimit small{4096, 4096};
        setrlimit(RLIMIT_FSIZE, &small);
        int code = 99;
        try {
            write_result(folder.path / "result.h5", result_of(1, 64), false);
        } catch (const Error& error) {
            code = static_cast<int>(error.code());
        }
        _exit(code);
    }
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), static_cast<int>(ExitCode::output));
    EXPECT_EQ(files_in(folder.path), 0U);
}

TEST(ResultWrite, leftovers_of_killed_writers_are_removed_by_the_next) {
    const ScratchFolder folder("leftovers");
    const auto touch = [&](const std::string& name) { std::ofstream(folder.path / name) << "part"; };
    const Result r = result_of(1, 256);
    pid_t dead = 0;
    for (int round = 0; round < 200 && files_in(folder.path) == 0; ++round) {
        dead = fork();
        if (dead == 0) {
            const AtomicFile file(folder.path / "result.h5", true);
            while (true) pause();
        }
        usleep(20000);
        kill(dead, SIGKILL);
        waitpid(dead, nullptr, 0);
    }
    ASSERT_EQ(files_in(folder.path), 1U) << "the killed writer left its part";
    const std::string number = std::to_string(dead), mine = std::to_string(getpid());
    const std::vector<std::string> kept{".result.h5." + mine + "-77.part",  // its writer lives
                                        ".other.h5." + number + "-0.part",  // of another target
                                        ".result.h5." + number + "-0.part.txt", ".result.h5.part", "result.h5.part"};
    for (const std::string& name : kept) touch(name);
    write_result(folder.path / "result.h5", r, false);
    for (const std::string& name : kept) EXPECT_TRUE(std::filesystem::exists(folder.path / name)) << name;
    EXPECT_EQ(files_in(folder.path), kept.size() + 1);
}

TEST(ResultWrite, parts_that_another_machine_writes_are_left_alone) {
    const ScratchFolder folder("foreign");
    const pid_t dead = fork();
    if (dead == 0) _exit(0);
    waitpid(dead, nullptr, 0);
    const auto part = folder.path / (".result.h5." + std::to_string(dead) + "-0.part");
    const int held = open(part.c_str(), O_RDWR | O_CREAT, 0600);
    ASSERT_EQ(flock(held, LOCK_EX | LOCK_NB), 0);
    write_result(folder.path / "result.h5", result_of(1, 8), false);
    EXPECT_TRUE(std::filesystem::exists(part));
    close(held);
    write_result(folder.path / "result.h5", result_of(1, 8), true);
    EXPECT_FALSE(std::filesystem::exists(part));
}

TEST(ResultWrite, refuses_what_it_must_not_replace) {
    const ScratchFolder folder("replace");
    const Result r = result_of(1, 4);
    write_result(folder.path / "result.h5", r, false);
    const auto code_of = [&](const std::filesystem::path& path, bool force) {
        try {
            write_result(path, r, force);
        } catch (const Error& error) {
            return error.code();
        }
        return ExitCode::ok;
    };
    EXPECT_EQ(code_of(folder.path / "result.h5", false), ExitCode::output);
    EXPECT_EQ(code_of(folder.path / "result.h5", true), ExitCode::ok);
    EXPECT_EQ(code_of(folder.path, true), ExitCode::output);
    EXPECT_EQ(code_of(folder.path / "no" / "such" / "folder.h5", false), ExitCode::output);
    EXPECT_EQ(files_in(folder.path), 1U);
}

}  // namespace
}  // namespace firstlight
