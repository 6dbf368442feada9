// The volume of a result as files that other programs read, as `firstlight export` writes them: which of its files are
// to be written, and writing them. A whole volume goes into tiff (a stack), nrrd, npy and hdf5; its slices and
// projections, which are images, into png, png16, tiff, npy and csv.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "host/data/volume.hpp"
#include "host/pipeline/volume_figure.hpp"

namespace firstlight {

struct VolumeRequest {
    std::string result, format;
    std::vector<std::string> slices, projections;  // "z=12"; "max_z", "mean_y", "sum_x", "position_z"
    bool gzip = false, force = false;
    std::optional<ToneMap::Params> tone;  // of figures; none: as write_volume_figure says
};

struct VolumePart {
    std::string name;  // of the file and in reports: "mu", "mu_max_z", "mu_z12"
    std::string unit;
    std::optional<VolumePicture> picture;  // none: the whole volume
};

[[nodiscard]] bool is_volume_format(const std::string& format);  // holds volumes only: nrrd, hdf5

// What is to be written. `by_name`: the volume was asked for, so that a format which cannot hold it is refused; else it
// is left out there (empty). Errors: usage, for slices and projections that are none, outside the volume, or in a
// format for volumes.
[[nodiscard]] std::vector<VolumePart> volume_parts(const VolumeRequest& request, const Volume& volume, bool by_name);

// Writes one file and reads it back. Errors: as the writers say; output when other numbers are read.
void write_volume_part(const VolumeRequest& request, const Volume& volume, const VolumePart& part, const Recipe& recipe,
                       const std::filesystem::path& path);

}  // namespace firstlight
