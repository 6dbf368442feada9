// Which of our files a path is.
#pragma once

#include <cstddef>
#include <filesystem>

namespace firstlight {

enum class FileKind { acquisition, result, calibration };

// A child process has read the file when this returns (probe.hpp): what reads an acquisition or a result next, within
// `memory_limit` (bytes, as OpenOptions has it), needs no other.
// Errors: those of reading it; bad_input when it is not HDF5, or HDF5 of another program.
[[nodiscard]] FileKind kind_of(const std::filesystem::path& path, std::size_t memory_limit = std::size_t{1} << 30);

}  // namespace firstlight
