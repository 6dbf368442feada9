// Writes and reads results (docs/file_format.md): images, volume, how they were made, how good they are.
//
//   write_result("out.h5", result, /*force=*/false);
//   Result again = read_result("out.h5", {});
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "host/data/gated_images.hpp"
#include "host/data/volume.hpp"
#include "host/io/acquisition_file.hpp"

namespace firstlight {

struct StageRecord {
    std::string name;
    double seconds = 0;
    double counts_in = 0, counts_out = 0;
    std::map<std::string, double> survey;  // what its survey found: "arrival_ps" -> 512.3
};

struct InputRecord {
    std::string path, sha256, uuid;
};
// An array in memory has a name after this and no hash: what was in it is not recorded.
inline constexpr const char* memory_input_path = "memory:";

struct Process {
    // program, version, git_commit, compiler, backend, device, driver, cuda_version, threads, seed, command, …
    std::map<std::string, std::string> facts;
    std::string recipe;  // TOML, fully resolved
    std::vector<StageRecord> stages;
    std::vector<std::string> warnings;
    std::vector<InputRecord> inputs;
};

struct Result {
    GatedImages images;
    std::optional<Volume> volume;
    Process process;
    std::map<std::string, double> quality;  // counts_total, counts_kept, pixels_masked, …
    std::string uuid, created;              // made up when empty on writing; filled in on reading
};

// Written whole or not at all. Errors: ExitCode::output; ExitCode::internal when shapes do not fit.
void write_result(const std::filesystem::path& target, const Result& result, bool force);

// Errors: ExitCode::bad_input.
[[nodiscard]] Result read_result(const std::filesystem::path& path, const OpenOptions& options);

}  // namespace firstlight
