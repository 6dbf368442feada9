// What `firstlight info` says of a calibration file.
#pragma once

#include <filesystem>

namespace firstlight::cli {

// Prints it, as lines or as one JSON object. Errors: those of reading (bad_input).
int show_calibration(const std::filesystem::path& path, bool as_json);

}  // namespace firstlight::cli
