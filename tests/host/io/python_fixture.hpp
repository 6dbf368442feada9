// Runs a Python script with h5py and its friends, where there is one: FIRSTLIGHT_PYTHON names the interpreter.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace firstlight {

// A folder of this test process, emptied at its start.
inline std::filesystem::path scratch_folder(const std::string& name) {
    const std::filesystem::path folder =
        std::filesystem::temp_directory_path() / ("firstlight_" + name + "_" + std::to_string(::getpid()));
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    return folder;
}

// Removes its folder at the end of a test.
struct ScratchFolder {
    std::filesystem::path path;
    explicit ScratchFolder(const std::string& name) : path(scratch_folder(name)) {}
    ~ScratchFolder() { std::filesystem::remove_all(path); }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;
};

// The interpreter, or "" when tests that need it are to be skipped.
inline std::string python() {
    const char* given = std::getenv("FIRSTLIGHT_PYTHON");
    return given == nullptr ? "" : given;
}

inline int run_python(const std::string& script, const std::string& arguments) {
    const std::string command =
        "'" + python() + "' '" + std::string(FIRSTLIGHT_SOURCE_DIR) + "/tests/host/io/" + script + "' " + arguments;
    return std::system(command.c_str());
}

#define FIRSTLIGHT_NEEDS_PYTHON() \
    if (python().empty()) GTEST_SKIP() << "FIRSTLIGHT_PYTHON names no Python with h5py, hdf5plugin, xarray"

}  // namespace firstlight
