#include "host/io/atomic_file.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <set>
#include <string>

#include "kernels/support/error.hpp"
#include "tests/host/io/python_fixture.hpp"

namespace firstlight {
namespace {

template <class Write>
ExitCode code_of_stopped(const Write& write) {
    try {
        write();
    } catch (const Error& e) {
        return e.code();
    }
    return ExitCode::ok;
}

TEST(AtomicFile, what_is_stopped_before_it_is_in_place_leaves_nothing) {
    const ScratchFolder folder("stopped");
    const std::string text = "text";
    write_whole(folder.path / "old.txt", text.data(), text.size(), false);
    std::atomic<bool> stop{false};
    {
        const StopWrites stops(stop);
        write_whole(folder.path / "before.txt", text.data(), text.size(), false);
        AtomicFile half(folder.path / "half.txt", false);
        half.write(text.data(), text.size());
        stop = true;
        EXPECT_EQ(code_of_stopped([&] { half.commit(); }), ExitCode::interrupted);
        EXPECT_EQ(code_of_stopped([&] { write_whole(folder.path / "after.txt", text.data(), text.size(), false); }),
                  ExitCode::interrupted);
        EXPECT_EQ(code_of_stopped([&] { write_whole(folder.path / "old.txt", "new", 3, true); }),
                  ExitCode::interrupted);
    }
    write_whole(folder.path / "later.txt", text.data(), text.size(), false);
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder.path))
        names.insert(entry.path().filename().string());
    EXPECT_EQ(names, (std::set<std::string>{"old.txt", "before.txt", "later.txt"}));
    EXPECT_EQ(std::filesystem::file_size(folder.path / "old.txt"), text.size());
}

}  // namespace
}  // namespace firstlight
