// SHA-256 of a file, to say in the provenance which input a result came from.
#pragma once

#include <atomic>
#include <filesystem>
#include <string>
#include <vector>

namespace firstlight {

// 64 hexadecimal digits. `cancel` (may be null) is looked at every MiB; then Error with ExitCode::interrupted.
// Errors: bad_input when the file cannot be read.
[[nodiscard]] std::string sha256_of_file(const std::filesystem::path& path, const std::atomic<bool>* cancel = nullptr);
// Of the contents of several, one after the other.
[[nodiscard]] std::string sha256_of_files(const std::vector<std::filesystem::path>& paths,
                                          const std::atomic<bool>* cancel = nullptr);

}  // namespace firstlight
