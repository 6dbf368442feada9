// Volumes as NRRD ("nearly raw raster data", teem.sourceforge.net/nrrd/format.html), which 3D Slicer, ITK, ImageJ and
// pynrrd read. One file: a header in text, an empty line, the voxels as little-endian floats, x fastest, plain or
// packed by gzip. Written whole or not at all.
//
// Header: space directions and origin in mm along x, y and z where all axes are in m and have more than one voxel or
// a step; else spacings of 1. An axis that is not evenly spaced gets its mean step. Key/value pairs name and unit say
// what the voxels are.
//
//   write_nrrd("mu.nrrd", volume, /*gzip=*/true, force);
//
// Errors: output as AtomicFile says; bad_input for files that cannot be read.
#pragma once

#include <filesystem>

#include "host/data/volume.hpp"

namespace firstlight {

void write_nrrd(const std::filesystem::path& path, const Volume& volume, bool gzip, bool force);

// Reads back what write_nrrd wrote: every field of the header is checked.
[[nodiscard]] Volume read_nrrd(const std::filesystem::path& path);

}  // namespace firstlight
