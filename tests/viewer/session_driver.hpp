// Drives a session without a window.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

#include "viewer/session/session.hpp"

namespace firstlight::viewer {

inline std::filesystem::path sample(const std::string& name) {
    return std::filesystem::path(FIRSTLIGHT_SOURCE_DIR) / "sample_data" / name;
}

// Polls until nothing runs any more.
inline void settle(Session& session, double seconds = 120) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    do {
        session.poll();
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        ASSERT_LT(std::chrono::steady_clock::now(), end) << "still " << session.doing();
    } while (session.busy());
    session.poll();
}

// Polls until `done` or the time is over; what `done` says at the end.
template <class Done>
bool poll_until(Session& session, Done done, double seconds = 60) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    while (!done() && std::chrono::steady_clock::now() < end) {
        session.poll();
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return done();
}

inline bool has_message(Session& session, MessageKind kind, const std::string& part) {
    for (const Message& message : session.messages().all())
        if (message.kind == kind && message.text.find(part) != std::string::npos) return true;
    return false;
}

// A folder for one test, empty at its start and gone at its end.
struct TestFolder {
    std::filesystem::path path;
    TestFolder() {
        const auto* test = testing::UnitTest::GetInstance()->current_test_info();
        path = std::filesystem::temp_directory_path() /
               (std::string("firstlight_viewer_") + test->name() + "_" + std::to_string(::getpid()));
        std::filesystem::remove_all(path);
        std::filesystem::create_directories(path);
    }
    ~TestFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
    TestFolder(const TestFolder&) = delete;
    TestFolder& operator=(const TestFolder&) = delete;
    [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return path / name; }
};

}  // namespace firstlight::viewer
