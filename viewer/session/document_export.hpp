// What is on the screen as files of other programs and as text for the clipboard. Files are written by the session's
// file thread; what went wrong is a message.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "viewer/session/session.hpp"

namespace firstlight::viewer {

// The result's own recipe, with the colours that the layer has on the screen.
[[nodiscard]] Recipe recipe_with_colours(const Result& result, const std::string& source, const std::string& layer,
                                         ToneMap::Params tone, const std::string& format);

// Why the numbers on the screen cannot be written now (there are none, or they are a preview of a run that has not
// ended); "" when they can.
[[nodiscard]] std::string why_not_exported(const Document& document);

// The format of a file by its ending: png, tiff, csv, npy for images, "" for others.
[[nodiscard]] std::string format_of(const std::filesystem::path& path);

// The shown layer and view, in its colours. `sixteen_bits`: a PNG of 16 bits.
void export_shown_layer(Session& session, const Document& document, const std::filesystem::path& path,
                        bool sixteen_bits, bool force);
// Every layer, as float TIFF and as PNG, into a folder: LAYER.tif, LAYER.png, or LAYER_view003.tif where there are
// views.
void export_all_layers(Session& session, const Document& document, const std::filesystem::path& folder);
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
