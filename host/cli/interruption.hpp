// Ctrl-C and SIGTERM. The first asks the running command to stop between tiles; a second ends the program at once.
// Where a command cannot stop within 0.8 s (one long read, say), the program ends without it, unless a file is just
// being written: then that ends, with the file in its place or nothing left of it.
//
//   watch_for_interruption();                          // once, in main()
//   callbacks.cancelled = &interruption_requested();
//   { const WritingFiles now; write_result(…); }
#pragma once

#include <atomic>

#include "host/io/atomic_file.hpp"
#include "kernels/support/error.hpp"

namespace firstlight::cli {

void watch_for_interruption();

[[nodiscard]] const std::atomic<bool>& interruption_requested();

// 130 after SIGINT, 143 after SIGTERM.
[[nodiscard]] ExitCode interruption_code();

// While one lives the program is not ended in the middle of things; what it writes in this thread and has not put in
// place when the signal comes is given up.
class WritingFiles {
  public:
    WritingFiles();
    ~WritingFiles();
    WritingFiles(const WritingFiles&) = delete;
    WritingFiles& operator=(const WritingFiles&) = delete;

  private:
    StopWrites stop_;
};

}  // namespace firstlight::cli
