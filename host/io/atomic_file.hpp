// A file that appears whole or not at all: written beside the target under a temporary name, flushed to the disk, then
// renamed over the target. Without commit() nothing is left behind; what a killed process left (.NAME.PID-N.part) is
// removed by the next that writes the same target.
//
//   AtomicFile file("out.png", force);
//   file.write(bytes.data(), bytes.size());
//   file.commit();
//
// A program that writes by name itself (TIFF) writes to temporary() instead. Errors: ExitCode::output.
#pragma once

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <set>
#include <string>

namespace firstlight {

class AtomicFile {
  public:
    // Errors: the target exists and `force` is false, is a folder, or its folder cannot be written.
    AtomicFile(const std::filesystem::path& target, bool force);
    ~AtomicFile();
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;

    [[nodiscard]] const std::filesystem::path& temporary() const { return temporary_; }
    void write(const void* data, std::size_t bytes);
    void commit();

  private:
    std::filesystem::path target_, temporary_;
    bool force_ = false;
    int descriptor_ = -1;
};

// Removes what killed writers left of any of these targets (names of files) in the folder.
void remove_leftovers_of(const std::filesystem::path& folder, const std::set<std::string>& targets);

// While it lives, what this thread writes and has not put in place yet ends with an Error (ExitCode::interrupted) once
// `stop` is true, and leaves nothing behind.
class StopWrites {
  public:
    explicit StopWrites(const std::atomic<bool>& stop);
    ~StopWrites();
    StopWrites(const StopWrites&) = delete;
    StopWrites& operator=(const StopWrites&) = delete;

  private:
    const std::atomic<bool>* before_ = nullptr;
};

// While it lives, writing past the limit of file sizes is an error of the call, not a signal that ends the program.
class NoFileSizeSignal {
  public:
    NoFileSizeSignal();
    ~NoFileSizeSignal();
    NoFileSizeSignal(const NoFileSizeSignal&) = delete;
    NoFileSizeSignal& operator=(const NoFileSizeSignal&) = delete;

  private:
    bool was_blocked_ = false;
};

// write_whole("out.csv", data, bytes, force): the above in one call.
void write_whole(const std::filesystem::path& target, const void* data, std::size_t bytes, bool force);

}  // namespace firstlight
