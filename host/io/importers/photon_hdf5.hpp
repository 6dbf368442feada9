// Imports Photon-HDF5 (.h5, .hdf5) as photon events or histograms. A photon's time after the laser pulse is its
// nanotime, else its time stamp since the pulse that the repetition rate puts before it, from macro time 0 on.
// Pixels: detector numbers are y * columns + x with --rows and --columns; else as /setup/detectors/position says; else
// one row with a pixel for each detector of each spot that saw photons. Markers (non_photon_id) are no photons.
#pragma once

namespace firstlight {

struct Importer;
[[nodiscard]] Importer photon_hdf5_importer();

}  // namespace firstlight
