// Whether a file could be written, found out before the work that makes it.
#pragma once

#include <filesystem>

namespace firstlight {

// Errors: ExitCode::output, as writing itself would say; `input` (may be empty) is never overwritten, not even by
// `force`.
void check_output(const std::filesystem::path& target, bool force, const std::filesystem::path& input);

}  // namespace firstlight
