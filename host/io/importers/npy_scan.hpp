// Imports NumPy arrays (.npy) with a TOML file that says what their axes are (npy_axes.hpp): histograms [.., t] or the
// frames of a gated camera [.., gate], in any order of axes, C or Fortran, of either byte order. A response and a
// reference may lie beside. The array is read in bands (counts_in_bands.hpp), never as a whole.
// Errors: those of npy_header.hpp, npy_axes.hpp and counts_in_bands.hpp.
#pragma once

namespace firstlight {

struct Importer;
[[nodiscard]] Importer npy_importer();

}  // namespace firstlight
