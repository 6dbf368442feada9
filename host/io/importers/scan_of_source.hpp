// What the importers of photon streams and histograms share: memory for a cube, the time axis and the light path.
#pragma once

#include <cstdint>
#include <string>

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

}  // namespace firstlight
