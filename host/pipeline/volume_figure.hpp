// A volume as figures that people look at: its maximum along z, y and x, and one slice across each axis.
//
//   for (const VolumePicture& picture : volume_pictures(volume))
//       write_volume_figure(folder / ("scan_mu_" + picture.name + ".png"), volume, picture, recipe, "scan.h5", force);
//
// Images keep the volume's order of axes, the first downwards: along z [y][x], along y [z][x], along x [z][y]. Lengths
// are in mm and true to scale, also where steps differ; the thinnest image is 24 pixels wide.
#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "host/data/gated_images.hpp"
#include "host/data/volume.hpp"
#include "host/pipeline/recipe.hpp"
#include "kernels/rendering/projection.hpp"

namespace firstlight {

struct VolumePicture {
    std::string name;  // "max_z", "slice_x"
    Projection::Settings settings;
    bool position = false;  // of a maximum: where it is along the axis (in the axis's unit) instead of how much
};

// The names that volume_pictures() gives, whatever the volume.
[[nodiscard]] const std::vector<std::string>& volume_picture_names();

// The six pictures. Slices are those that hold most: of all voxels above half of the maximum, the slice with the
// greatest sum (the middle one where nothing is above 0).
[[nodiscard]] std::vector<VolumePicture> volume_pictures(const Volume& volume);

// The image of a picture: float32 [first axis][second axis], NaN where no voxel has a value.
struct VolumeImage {
    std::vector<float> values;
    std::string unit;
    Axis down, across;  // its rows and columns
};
// Errors: usage when there is no such slice.
[[nodiscard]] VolumeImage image_of(const Volume& volume, const VolumePicture& picture);

// What stands above a figure whose image is `pixels` wide: in two lines where one would be too long.
[[nodiscard]] std::string volume_title(const std::string& source, const Volume& volume, const VolumePicture& picture,
                                       std::int64_t pixels);

// The tone of a picture of these values: the recipe's where it says percentiles of its own, and for positions; else
// small bright things must not saturate, so from 0 (the low percentile where that is below 0) to the largest value.
[[nodiscard]] ToneMap::Params volume_tone(const Recipe& recipe, const ImageLayer& layer, bool position);

// Colours as `tone` says; none: as volume_tone, on a linear scale. Errors: as write_png and ToneMap; usage when there
// is no such slice.
void write_volume_figure(const std::filesystem::path& path, const Volume& volume, const VolumePicture& picture,
                         const Recipe& recipe, const std::string& source, bool force,
                         const std::optional<ToneMap::Params>& tone = {});

}  // namespace firstlight
