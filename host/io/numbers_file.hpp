// Layers as numbers in files of other programs: NumPy's .npy and CSV (.npz: npz_file.hpp). Written whole or not at all.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "host/data/gated_images.hpp"

namespace firstlight {

// What comes before the values of a .npy file, NumPy format 1.0, C order. `type` in NumPy's words: "<f4".
[[nodiscard]] std::string npy_header(const std::string& type, const std::vector<std::int64_t>& shape);

// float32, little-endian, C order. NumPy format 1.0. `values` has as many elements as `shape` says.
void write_npy(const std::filesystem::path& path, const std::vector<std::int64_t>& shape,
               const std::vector<float>& values, bool force);
// A layer: [y, x], or [view, y, x] with a views axis.
void write_npy(const std::filesystem::path& path, const GatedImages& images, const ImageLayer& layer, bool force);

// One view: a comment with layer and unit, then a line per image row; "nan" where there is no value. Nine digits, so
// that floats read back as the same bits.
void write_csv(const std::filesystem::path& path, const GatedImages& images, const ImageLayer& layer, std::int64_t view,
               bool force);

// The values of a file written by the above. Errors: ExitCode::output when it is not what was written.
[[nodiscard]] std::vector<float> read_npy(const std::filesystem::path& path);
[[nodiscard]] std::vector<float> read_csv(const std::filesystem::path& path);

}  // namespace firstlight
