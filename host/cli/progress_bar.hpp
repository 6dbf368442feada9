// A progress bar with the time left, on stderr and only where a person sees it (a terminal).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace firstlight::cli {

class ProgressBar {
  public:
    // `wanted` false (--quiet, --json): never drawn.
    explicit ProgressBar(bool wanted);
    ~ProgressBar();  // wipes it away
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;

    // Draws at most ten times a second. Not from several threads at once.
    void show(const char* what, std::int64_t done, std::int64_t total);
    void wipe();

  private:
    bool visible_ = false;
    bool drawn_ = false;
    std::chrono::steady_clock::time_point start_, last_;
};

// "gate       [#########-----------]  45 %  12 s left"
[[nodiscard]] std::string progress_line(const char* what, std::int64_t done, std::int64_t total, double seconds);

}  // namespace firstlight::cli
