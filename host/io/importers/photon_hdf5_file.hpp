// A Photon-HDF5 file: what its fields say, and the pass over its photons in blocks.
//
//   const PhotonHdf5 file = read_photon_hdf5(reader);
//   each_photon(file, [&](const PhotonHdf5Photon& photon) { … }, [&](double share) { … });   // again for each pass
//
// Read are versions 0.2 to 0.5. Photons of several spots (/photon_data0, …) come in the order of their macro times, as
// they were recorded. Times are in units of the file. Nanotimes are time-forward: the format says so.
// Errors (bad_input), each naming the dataset: a mandatory one is missing, one of a wrong type, lengths that differ,
// units that differ between spots, a negative or absurd number, data in other files. Source: the format's definition,
// https://photon-hdf5.readthedocs.io/en/latest/phdata.html
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "host/io/metadata_reader.hpp"

namespace firstlight {

struct PhotonHdf5 {
    struct Spot {
        std::string group;  // "/photon_data"
        StoredDataset timestamps;
        std::optional<StoredDataset> detectors, nanotimes;  // empty: one detector; not timed
    };
    std::vector<Spot> spots;
    std::string version;
    double timestamp_unit_s = 0;
    double tcspc_unit_s = 0;                // 0: not in the file
    std::int64_t tcspc_bins = 0;            // 0: not in the file
    double repetition_rate_hz = 0;          // 0: not in the file
    double duration_s = 0;                  // 0: not in the file
    double wavelength_m = 0;                // 0: not in the file, or several
    std::vector<std::int64_t> not_photons;  // detector numbers of markers, in the order of the file
    std::map<std::int64_t, std::array<std::int64_t, 2>> places;  // x, y of detectors; empty: not in the file

    [[nodiscard]] std::int64_t photons() const;
    [[nodiscard]] bool timed() const { return spots.front().nanotimes.has_value(); }
};

struct PhotonHdf5Photon {
    std::uint64_t time = 0, nanotime = 0;
    std::int64_t detector = 0;
    std::size_t spot = 0;
};

[[nodiscard]] bool is_photon_hdf5(MetadataReader& reader);
[[nodiscard]] PhotonHdf5 read_photon_hdf5(MetadataReader& reader);

// `visit` sees every photon; `progress` is told the share that is done, at most once for each block.
void each_photon(const PhotonHdf5& file, const std::function<void(const PhotonHdf5Photon&)>& visit,
                 const std::function<void(double)>& progress);

}  // namespace firstlight
