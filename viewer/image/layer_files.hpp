// Layers as files, for the file thread: each call takes what it needs now and returns what writes it.
//
//   session.write("layer", export_one(document, "ballistic", "tiff", path));   // "layer written: …", or an error
//
// Beside the result's layers there is "mask" (its bits as a number) and "mask_hot", "mask_dead", … (1 where it is so).
// PNGs have the colours of the screen.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "viewer/session/document.hpp"

namespace firstlight::viewer {

// "star.ballistic.tif", of many views "star.ballistic.view3.tif".
[[nodiscard]] std::string export_name(const Document& document, const std::string& layer, const std::string& format);

// Why nothing can be written now; "" when it can: the result must be of the recipe on the screen.
[[nodiscard]] std::string why_no_export(const Document& document);

[[nodiscard]] std::function<std::string()> export_one(const Document& document, const std::string& layer,
                                                      const std::string& format, const std::filesystem::path& path);
// Every layer, and the mask, of the view on the screen (npy: of all views). Writes nothing when one of the files is
// there already.
[[nodiscard]] std::function<std::string()> export_all(const Document& document, const std::string& format,
                                                      const std::filesystem::path& folder);

// "mask_hot" for bit 1.
[[nodiscard]] std::string flag_layer(int bit);

}  // namespace firstlight::viewer
