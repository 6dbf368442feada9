// A saved session: which files are open, with their recipes, calibrations, regions, colours and looks. TOML; what
// others can read of it are the recipes, in the words of recipe files.
//
//   save_session(session, "monday.session.toml", force);
//   open_session(session, "monday.session.toml");   // opens its files beside those that are open
//
// Paths are kept relative to the session's folder where the file lies in it or below, so that a folder can be moved.
#pragma once

#include <filesystem>

#include "viewer/session/session.hpp"

namespace firstlight::viewer {

// Written whole or not at all; marks the files' edits as kept. Errors: ExitCode::output.
void save_session(Session& session, const std::filesystem::path& path, bool force);

// Errors: ExitCode::bad_input when it is no session (naming what is wrong and where); a file of it that is gone or
// damaged is a message of the session.
void open_session(Session& session, const std::filesystem::path& path);

// Whether a file says of itself that it is one; false where it cannot be read.
[[nodiscard]] bool is_session(const std::filesystem::path& path);

}  // namespace firstlight::viewer
