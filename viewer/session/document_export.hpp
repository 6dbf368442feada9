// Volumes and points as files of other programs (layers: layer_files.hpp), and what is on the screen as text for the
// clipboard. Files are written by the session's file thread; what went wrong is a message.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "viewer/session/session.hpp"

namespace firstlight::viewer {

// nrrd, npy, tif (a stack) or h5, by the ending.
void export_volume(Session& session, const Document& document, const std::filesystem::path& path, bool force);
void export_surface_points(Session& session, const Document& document, const std::filesystem::path& path, bool force);

// Rows as lines, columns between tabs: what spreadsheets take.
[[nodiscard]] std::string values_as_text(const Document& document);
// "star.h5  x 12  y 30  ballistic 117.25 counts": every layer at the picked pixel.
[[nodiscard]] std::string pixel_as_text(const Document& document);
// The command, with a line before it where its recipe must be saved first.
[[nodiscard]] std::string command_as_text(const Session& session, const Document& document);
[[nodiscard]] std::string python_as_text(const Session& session, const Document& document);

}  // namespace firstlight::viewer
