// The small picture of a result in a batch's report.
#pragma once

#include <filesystem>
#include <string>

namespace firstlight {

// The layer that the result is about, its first view, coloured as its recipe says and at most some 224 pixels wide: a
// PNG in base64. Empty where the result cannot be read.
[[nodiscard]] std::string picture_of(const std::filesystem::path& result);

[[nodiscard]] std::string base64(const unsigned char* data, std::size_t bytes);

}  // namespace firstlight
