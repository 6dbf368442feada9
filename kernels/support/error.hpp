// The one exception of firstlight, and the exit codes of its programs.
//
// A message reads: problem (why it is one) suggestion.
//   throw Error(ExitCode::bad_input, "scan.h5: /entry/data/counts has 2 axes",
//               "a histogram acquisition is counts[y, x, t] or counts[view, y, x, t]",
//               "reshape it, or import it with `firstlight import`");
#pragma once

#include <stdexcept>
#include <string>

namespace firstlight {

enum class ExitCode {
    ok = 0,
    internal = 1,
    usage = 2,
    bad_input = 3,
    output = 4,
    device = 5,
    batch = 6,
    interrupted = 130,
    terminated = 143
};

class Error : public std::runtime_error {
  public:
    Error(ExitCode code, const std::string& problem, const std::string& why = {}, const std::string& suggestion = {})
        : std::runtime_error(problem + (why.empty() ? "" : " (" + why + ")") +
                             (suggestion.empty() ? "" : ": " + suggestion)),
          code_(code) {}

    [[nodiscard]] ExitCode code() const noexcept { return code_; }

  private:
    ExitCode code_;
};

}  // namespace firstlight
