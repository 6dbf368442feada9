// Reads a manifest of a batch (batch_list.hpp says what is in one).
#pragma once

#include <filesystem>
#include <vector>

#include "host/pipeline/batch_list.hpp"

namespace firstlight {

// `first` with what `second` has in its place.
[[nodiscard]] BatchParameters over(const BatchParameters& first, const BatchParameters& second);

// Errors: bad_input where the file cannot be read; usage, with all that is wrong, where it is no manifest.
[[nodiscard]] std::vector<BatchItem> read_manifest(const std::filesystem::path& path);

}  // namespace firstlight
