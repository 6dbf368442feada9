// Which of our files a path is.
#pragma once

#include <filesystem>

namespace firstlight {

enum class FileKind { acquisition, result, calibration };

// Errors: bad_input when it is not HDF5, or HDF5 of another program.
[[nodiscard]] FileKind kind_of(const std::filesystem::path& path);

}  // namespace firstlight
