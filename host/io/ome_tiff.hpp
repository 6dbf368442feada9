// Images of several channels, times and slices as OME-TIFF (OME's schema 2016-06): pages of 32-bit floats, and what
// they are as XML in the first page. Opened by Fiji (Bio-Formats), napari and tifffile.
//
//   OmeImage image;
//   image.rows = 64;  image.columns = 64;  image.pixel_width_um = 100;
//   image.channels = {{"ballistic", "counts", "ballistic light", values.data()}};
//   write_ome_tiff("out.ome.tif", {image}, force);      // and reads it back
//
// Each image is a series of its own. Pages lie in the order XYCZT: channels fastest, then slices, then times. Channels
// have their names; OME has no place for the unit of values, which is in a map annotation of each channel (unit,
// long_name), as are the image's notes. BigTIFF from 4 GiB.
//
// Errors: bad_input for what TIFF cannot hold; output as AtomicFile says, and when other numbers are read back.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace firstlight {

struct OmeChannel {
    std::string name, unit, long_name;
    const float* values = nullptr;  // [times][slices][rows][columns]
};

struct OmeImage {
    std::string name;
    std::int64_t times = 1, slices = 1, rows = 0, columns = 0;
    double pixel_width_um = 0, pixel_height_um = 0, slice_distance_um = 0;  // 0: not known
    std::vector<OmeChannel> channels;
    std::vector<std::pair<std::string, std::string>> notes;
};

// The XML of a file of these images.
[[nodiscard]] std::string ome_xml(const std::vector<OmeImage>& images);

void write_ome_tiff(const std::filesystem::path& path, const std::vector<OmeImage>& images, bool force);

// Reads the file page by page and compares. Errors: output.
void check_ome_tiff(const std::filesystem::path& path, const std::vector<OmeImage>& images);

}  // namespace firstlight
