// Files that were opened before, most recent first: one path a line in `recent_files` of a folder.
#pragma once

#include <filesystem>
#include <vector>

namespace firstlight::viewer {

// Where programs of this user keep such things: $XDG_STATE_HOME/firstlight, or ~/.local/state/firstlight; empty where
// neither is known.
[[nodiscard]] std::filesystem::path default_state_folder();

// Empty where there is no folder or no file. What cannot be read is as if it were not there.
[[nodiscard]] std::vector<std::filesystem::path> read_recent_files(const std::filesystem::path& folder);

// Shortens `files` to the 20 most recent. Does nothing without a folder. Errors: ExitCode::output.
void write_recent_files(const std::filesystem::path& folder, std::vector<std::filesystem::path>& files);

}  // namespace firstlight::viewer
