// Damaged HDF5 files can crash libhdf5. So a file from outside is first opened by a small child process with limits on
// memory and time (`firstlight-probe`), which reads exactly what the reader will read, except the counts themselves,
// which never go through HDF5. If the child dies, the file is refused.
//
// The child is found under FIRSTLIGHT_PROBE, beside the running program or library, or in ../libexec/firstlight of it.
#pragma once

#include <filesystem>

namespace firstlight {

enum class ProbeKind { acquisition, result, capture };

// Returns when the child lived. Errors: bad_input when it died or took too long; internal when there is no probe.
void probe(const std::filesystem::path& path, ProbeKind kind);

}  // namespace firstlight
