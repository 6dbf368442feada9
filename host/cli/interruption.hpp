// Ctrl-C and SIGTERM. The first asks the running command to stop between tiles; a second ends the program at once.
// Where a command cannot stop within 0.8 s (one long read, say), the program ends without it, unless a file is just
// being put in place: commands write nothing before they are done, so nothing is left half-written.
//
//   watch_for_interruption();                          // once, in main()
//   callbacks.cancelled = &interruption_requested();
//   { const WritingFiles now; write_result(…); }
#pragma once

#include <atomic>

#include "kernels/support/error.hpp"

namespace firstlight::cli {

void watch_for_interruption();

[[nodiscard]] const std::atomic<bool>& interruption_requested();

// 130 after SIGINT, 143 after SIGTERM.
[[nodiscard]] ExitCode interruption_code();

// While one lives the program is not ended in the middle of things.
class WritingFiles {
  public:
    WritingFiles();
    ~WritingFiles();
    WritingFiles(const WritingFiles&) = delete;
    WritingFiles& operator=(const WritingFiles&) = delete;
};

}  // namespace firstlight::cli
