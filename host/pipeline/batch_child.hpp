// One item of a batch while it runs: the program itself, as a child process with a process group of its own.
//
// The child's standard output is kept, its errors go to the item's log. It is told by its environment:
//   FIRSTLIGHT_PARENT=PID         ends at once when this process does, so that a killed batch leaves nobody behind
//   FIRSTLIGHT_PROGRESS_FD=3      writes lines "WHAT DONE TOTAL" there
//
// Must be started by the main thread: what ends with the parent ends with the thread that started it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

struct pollfd;

namespace firstlight {

struct ChildProgress {
    std::string what;  // stage
    double share = 0;  // 0..1
};

class BatchChild {
  public:
    // Appends to `log`. Errors: internal when it cannot be started, output when the log cannot be written.
    BatchChild(const std::filesystem::path& program, const std::vector<std::string>& arguments,
               const std::filesystem::path& log, const std::vector<std::pair<std::string, std::string>>& environment);
    ~BatchChild();  // kills it where it still runs
    BatchChild(const BatchChild&) = delete;
    BatchChild& operator=(const BatchChild&) = delete;

    void wait_on(std::vector<pollfd>& list) const;  // what to poll() for
    // Takes what it wrote without waiting for more; true once it has ended.
    [[nodiscard]] bool look();
    void send(int signal) const;

    [[nodiscard]] int code() const { return code_; }  // exit code, or minus the signal that ended it
    [[nodiscard]] const std::string& out() const { return out_; }
    [[nodiscard]] const ChildProgress& progress() const { return progress_; }
    [[nodiscard]] double seconds() const;  // since it was started, or that it took

  private:
    pid_t pid_ = -1;
    int out_end_ = -1, progress_end_ = -1, code_ = -1;
    std::string out_, line_;
    ChildProgress progress_;
    std::chrono::steady_clock::time_point start_, end_;
};

// The child's side: ends this process when the one named by FIRSTLIGHT_PARENT ends. Nothing where none is named.
void end_with_parent();

// The child's side: a line to FIRSTLIGHT_PROGRESS_FD, at most ten a second. Nothing where none is named.
void tell_parent(const char* what, std::int64_t done, std::int64_t total);

}  // namespace firstlight
