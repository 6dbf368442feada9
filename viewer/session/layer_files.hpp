// Layers of the result on the screen as files: one, or all of them into a folder. Beside the result's layers there is
// "mask" (the flags of pixels as numbers) and "mask_hot", "mask_dead", … (1 where a pixel has that flag). Pictures have
// the colours of the screen. Files are written by the session's file thread; what came of it is a message.
//
//   write_layer_files(session, document, {{"ballistic", 0, "tiff", path}}, false);  // "layer ballistic written: …"
//   const std::vector<LayerFile> all = files_of_all_layers(document, {"tiff", "png"}, folder);
//   if (files_that_exist(all).empty()) write_layer_files(session, document, all, false);
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "viewer/session/session.hpp"

namespace firstlight::viewer {

struct LayerFile {
    std::string layer;
    std::int64_t view = 0;  // counted from 0; npy has all views in one file
    std::string format;     // of layer_formats()
    std::filesystem::path path;
};

// "star" of star.h5 and star.result.h5: what proposed names begin with.
[[nodiscard]] std::string stem_of(const Document& document);
// "star.ballistic.tif", of several views "star.ballistic_view003.tif" for view 3.
[[nodiscard]] std::string layer_file_name(const Document& document, const std::string& layer, std::int64_t view,
                                          const std::string& format);
// The format of a layer's file by its ending: png, tiff, csv, npy; "" for others.
[[nodiscard]] std::string layer_format_of(const std::filesystem::path& path);
// "mask_hot" for bit 1.
[[nodiscard]] std::string flag_layer(int bit);

// Every layer and the mask, all views, in each of the formats. There must be a result.
[[nodiscard]] std::vector<LayerFile> files_of_all_layers(const Document& document,
                                                         const std::vector<std::string>& formats,
                                                         const std::filesystem::path& folder);
[[nodiscard]] std::vector<std::filesystem::path> files_that_exist(const std::vector<LayerFile>& files);

// Why the numbers on the screen cannot be written now: they must be a result of the recipe on the screen. "" when they
// can.
[[nodiscard]] std::string why_not_written(const Document& document);

// `replace`: files that exist are replaced; else the first of them ends it. Of several files, those that cannot be made
// are left out and named in the message.
void write_layer_files(Session& session, const Document& document, const std::vector<LayerFile>& files, bool replace);

}  // namespace firstlight::viewer
