// What the importers of photon streams and histograms share: memory for a cube, the time axis, the light path, and
// writing a cube.
#pragma once

#include <cstdint>
#include <string>

#include "host/data/photon_cube.hpp"
#include "host/io/importers/importer.hpp"

namespace firstlight {

// Bytes that an import may take: the request's, else half of the machine's.
[[nodiscard]] double allowed_memory(const ImportRequest& request);

// Throws (bad_input) where the histograms of `scan` need more memory than the request allows; `instead`: the option
// that needs less, "" for none. `more_bytes` are needed beside them.
void need_histogram_memory(const ImportRequest& request, const Scan& scan, std::uint64_t more_bytes,
                           const std::string& instead);

// First bin and light path, as given, else half a bin and transmission; what was assumed goes to the provenance.
void set_time_and_path(Scan& scan, AcquisitionInfo& info, const ImportRequest& request);

// The light path, as given, else transmission.
void set_light_path(Scan& scan, AcquisitionInfo& info, const ImportRequest& request);

// Writes the acquisition of a cube that is read whole, from half of the progress on; reports its counts and
// assumptions.
[[nodiscard]] ImportReport write_cube(const ImportRequest& request, const Scan& scan, const AcquisitionInfo& info,
                                      const PhotonCube& cube);

}  // namespace firstlight
