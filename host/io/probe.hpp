// Damaged HDF5 files can crash libhdf5. So a file from outside is first opened by a small child process with limits on
// memory and time (`firstlight-probe`), which reads exactly what the reader will read, except the counts themselves,
// which never go through HDF5. If the child dies, the file is refused.
//
// The child is found under FIRSTLIGHT_PROBE, beside the running program or library, or in ../libexec/firstlight of it.
#pragma once

#include <cstddef>
#include <filesystem>

namespace firstlight {

enum class ProbeKind { acquisition, validation, result, capture, calibration };

// Returns when the child could read the file. Errors: what the child found wrong with it (bad_input), that it died or
// took too long (bad_input), that there is no probe (internal).
void probe(const std::filesystem::path& path, ProbeKind kind, std::size_t memory_limit);

// The child's side: reads the file as `kind` says. Throws what the reader throws.
void read_as_probe(const std::filesystem::path& path, ProbeKind kind, std::size_t memory_limit);

}  // namespace firstlight
