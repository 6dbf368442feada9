// The files that can be made of a volume as it is shown, in groups, and writing them as `firstlight export` does.
//
//   for (const VolumeFiles& group : volume_files(volume, cursor, what, tone, window))
//       write_volume_file(*result, group.files[0], "scan.h5", "scan_mu_z12.png");
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "host/io/result_file.hpp"
#include "host/pipeline/volume_figure.hpp"
#include "viewer/volume/volume_layout.hpp"

namespace firstlight::viewer {

struct VolumeFile {
    std::string words;              // "slice z 12.5 mm"
    std::string format_words;       // "PNG, as shown"
    std::string name, ending;       // "mu_z12", ".png"
    std::string format;             // of firstlight export
    std::string slice, projection;  // "z=12", "max_z"; both empty: the whole volume
    ToneMap::Params tone;           // of figures, as shown
};
struct VolumeFiles {
    std::string words;
    std::vector<VolumeFile> files;
};

// The three slices at the cursor, or the three projections, then the whole volume.
[[nodiscard]] std::vector<VolumeFiles> volume_files(const Volume& volume, const VoxelAt& cursor, Projection::What what,
                                                    const ToneMap::Params& tone, const ToneWindow& window);

// Replaces a file that is there. Errors: those of write_volume_part.
void write_volume_file(const Result& result, const VolumeFile& file, const std::string& source,
                       const std::filesystem::path& path);

}  // namespace firstlight::viewer
