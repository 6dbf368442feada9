// A volume against what is expected of it. The expected volume is first brought onto the volume's grid: each voxel gets
// the mean of the expected volume, interpolated trilinearly, at evenly spaced points of the voxel, as many along an
// axis as the expected volume has steps in the voxel's (one, its centre, where grids have equal steps: on the same grid
// nothing changes). Points beyond the expected volume's outermost centres by up to half a step take the edge's value;
// voxels with points further out take no part. Positions are in m; axes without a unit are compared by index.
//
//   const std::vector<float> expected = on_grid_of(volume, truth);
//   const VolumeQuality q = volume_quality(volume.values, expected);   // q.nrmse, q.bias, q.ncc
#pragma once

#include <cstdint>
#include <vector>

#include "host/data/volume.hpp"

namespace firstlight {

// NaN where a voxel takes no part. Errors: bad_input where one volume's axes are in m and the other's are not and their
// sizes differ.
[[nodiscard]] std::vector<float> on_grid_of(const Volume& volume, const Volume& expected);

// Of voxels where both have a finite value. NaN where a figure cannot be had.
struct VolumeQuality {
    std::int64_t voxels = 0;
    double rmse = 0;
    double nrmse = 0;  // rmse / (greatest - least of the expected)
    double bias = 0;   // mean of the volume less the mean of the expected
    double ncc = 0;    // normalised cross-correlation, -1..1
    // Inside: where the expected volume is above half of its maximum; outside: where it is not.
    std::int64_t inside_voxels = 0;
    double inside_mean = 0, inside_expected = 0;
    double outside_mean = 0, outside_expected = 0;
};
[[nodiscard]] VolumeQuality volume_quality(const std::vector<float>& values, const std::vector<float>& expected);

}  // namespace firstlight
