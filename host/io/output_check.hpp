// Whether a file can be written, found out before any work is done for it.
#pragma once

#include <filesystem>

namespace firstlight {

// Errors: ExitCode::output, as writing itself would say; `input` (may be empty) is never overwritten, not even by
// force.
void check_output(const std::filesystem::path& target, bool force, const std::filesystem::path& input);

}  // namespace firstlight
