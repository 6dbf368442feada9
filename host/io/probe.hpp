// Damaged HDF5 files can crash libhdf5. So a file from outside is first opened by a small child process with limits on
// memory and time (`firstlight-probe`), which reads exactly what the reader will read, except the counts themselves,
// which never go through HDF5. If the child dies, the file is refused.
//
// The child is found under FIRSTLIGHT_PROBE, beside the running program or library, or in ../libexec/firstlight of it.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace firstlight {

// any: an acquisition or a result, whichever of ours the file is; of a calibration only that it is one. source: a file
// of another program that importers/hdf5_source.hpp knows.
enum class ProbeKind { acquisition, validation, result, capture, calibration, any, source };

// Returns when the child could read the file; for `any`, with the file's firstlight_format, for `source` with the name
// of its importer ("": none). Errors: what the child
// found wrong with it (bad_input), that it died or took too long (bad_input), that there is no probe (internal).
std::string probe(const std::filesystem::path& path, ProbeKind kind, std::size_t memory_limit);

// The child's side: reads the file as `kind` says, and returns what probe() does. Throws what the reader throws.
std::string read_as_probe(const std::filesystem::path& path, ProbeKind kind, std::size_t memory_limit);

}  // namespace firstlight
