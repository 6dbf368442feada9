// Imports PicoQuant's unified time tags (.ptu), T2 and T3, as photon events or histograms (photon_stream.hpp: what a
// photon's bin and pixel are). An image is what the header or the options call one; another file has one row with a
// pixel for each channel that saw photons. The scan has as many bins as the latest photon needs.
#pragma once

namespace firstlight {

struct Importer;
[[nodiscard]] Importer picoquant_ptu_importer();

}  // namespace firstlight
