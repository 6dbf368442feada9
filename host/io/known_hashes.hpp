// Hashes of files that were hashed before. SHA-256 runs at about 1.5 GB/s on one core, slower than images are made from
// a file in memory, and scans are reconstructed many times over. So the hash is kept with the file's identity (device,
// inode, size, times of change to the nanosecond) in $XDG_CACHE_HOME/firstlight or ~/.cache/firstlight, and found
// there as long as nothing of that changed. FIRSTLIGHT_CACHE names another folder; empty, nothing is kept.
//
// A file that changed less than 2 s ago is hashed and not kept: its clock might not tell a second change.
#pragma once

#include <atomic>
#include <filesystem>
#include <string>

namespace firstlight {

// As sha256_of_file. Errors: those of sha256_of_file; never of the folder where hashes are kept.
[[nodiscard]] std::string known_sha256_of_file(const std::filesystem::path& path,
                                               const std::atomic<bool>* cancel = nullptr);

}  // namespace firstlight
