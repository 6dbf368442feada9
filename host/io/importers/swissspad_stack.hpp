// Imports gate stacks of SwissSPAD2 and SwissSPAD3 in the HDF5 layout of AlliGator and SwissSPAD Live, versions 0.3 to
// 0.7: `Gate Images` holds an image [y, x] for each gate, "Gate 1", "Gate 2", …, of u1, u2 or f4; the table `DAQ
// Parameters` holds times in s. Images are read in bands of rows. Files with several images for each step ("G2 Gate
// 1") are asked which with --channel, roots in alphabetical order.
//
// Errors (bad_input): gates that are missing, images of unlike shapes or types, negative or not finite counts, versions
// 0.1 and 0.2 (one array of undocumented order). Source:
// https://swissspad-live-distribution.readthedocs.io/en/latest/alligator-hdf5-file-format.html
#pragma once

namespace firstlight {

struct Importer;
class MetadataReader;
[[nodiscard]] Importer swissspad_stack_importer();

[[nodiscard]] bool is_swissspad_stack(MetadataReader& reader);
// For probe.hpp: looks at all that the importer lets HDF5 read.
void read_swissspad_tables(MetadataReader& reader);

}  // namespace firstlight
