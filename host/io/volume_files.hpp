// Volumes in files that other programs read: a TIFF stack as ImageJ opens it, NumPy's .npy, and plain HDF5. Arrays are
// [z][y][x]. Files appear whole or not at all. (NRRD: nrrd.hpp.)
//
//   write_volume_tiff("mu.tif", volume, force);     // one page per z
//   const Volume again = read_volume_tiff("mu.tif");
//
// Errors: output as AtomicFile says; bad_input for files that cannot be read.
#pragma once

#include <filesystem>

#include "host/data/volume.hpp"

namespace firstlight {

// Pages of IEEE floats, one strip each, not compressed; BigTIFF where classic TIFF's 4 GiB do not hold them. ImageJ
// finds slices, voxel size and origin in mm, and the display range, in the first page's description. Reading gives
// size, values, name, unit and, where they are in mm, the axes.
void write_volume_tiff(const std::filesystem::path& path, const Volume& volume, bool force);
[[nodiscard]] Volume read_volume_tiff(const std::filesystem::path& path);
// Bytes from which on a stack is BigTIFF.
[[nodiscard]] bool needs_big_tiff(std::int64_t planes, std::int64_t rows, std::int64_t columns);

// The group of volume_group.hpp at the file's root: mu[z,y,x] with the dimension scales z, y and x.
void write_volume_hdf5(const std::filesystem::path& path, const Volume& volume, bool force);
[[nodiscard]] Volume read_volume_hdf5(const std::filesystem::path& path);

}  // namespace firstlight
