// All of a result in one file: OME-TIFF and .npz, as result_export.hpp says what is in them.
#pragma once

#include <filesystem>
#include <string>

#include "host/io/result_file.hpp"

namespace firstlight {

// "ome-tiff" and "npz".
[[nodiscard]] bool is_whole_format(const std::string& format);

// `layer`: of the result, or its volume; empty: everything. Writes and reads back. Errors: those of write_ome_tiff and
// write_npz; bad_input where there is nothing to write.
void write_whole_result(const std::filesystem::path& path, const Result& result, const std::string& name,
                        const std::string& format, const std::string& layer, bool force);

}  // namespace firstlight
