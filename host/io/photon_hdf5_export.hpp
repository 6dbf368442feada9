// An acquisition of photon events as Photon-HDF5 0.5, the format of FRETBursts and phconvert (photon-hdf5.org): time
// stamps, nanotimes and pixels as they are in the acquisition, in its order; read and written in blocks, so that memory
// does not grow with the number of photons (up to 128 MiB of photons are written in memory).
//
//   const AcquisitionFile file = AcquisitionFile::open("scan.h5", {});
//   const PhotonHdf5Report report = write_photon_hdf5("scan.hdf5", file, {});
//
// Pixels are detectors: numbers y * columns + x in photon_data/detectors, with counts and places (x, y) in
// setup/detectors. Duration is the time from the first to the last time stamp. measurement_specs (generic) needs the
// repetition rate of the laser and is left out where the acquisition does not say it. What the format has no place for
// (calibration, exposure, reference, truth) is left out.
//
// After writing, the file is read back and every photon compared. Errors: bad_input where the acquisition holds no
// photon events, or a number of them is out of range; output; ExitCode::interrupted.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "host/io/acquisition_file.hpp"

namespace firstlight {

struct PhotonHdf5Options {
    bool force = false;            // an existing file is replaced
    std::string software_version;  // of this program, for /identity
    std::string created;           // ISO 8601; empty: now
    std::size_t memory_bytes = std::size_t{1} << 30;
    std::function<void(std::int64_t done, std::int64_t total)> step;  // called between blocks; may throw to end it
};

struct PhotonHdf5Report {
    std::int64_t photons = 0;
    std::vector<std::string> left_out;  // in words, for people
};

PhotonHdf5Report write_photon_hdf5(const std::filesystem::path& path, const AcquisitionFile& acquisition,
                                   const PhotonHdf5Options& options);

}  // namespace firstlight
