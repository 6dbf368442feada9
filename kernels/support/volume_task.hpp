// What a stage that makes a volume works on. Plain pointers, as in views.hpp, so that they serve the CPU and the GPU.
//
// Two kinds of stages: from the gated images of all views (tomography), or from the light of all traces of one view
// (confocal_diffuse). Those of the first kind are given bands of rows, because the slices of a volume do not depend on
// each other there.
#pragma once

#include <cstdint>

#include "kernels/support/views.hpp"

namespace firstlight {

struct VolumeTask {
    std::int64_t views = 0, rows = 0, columns = 0, bins = 0;
    std::int64_t first_row = 0;             // of the scan, where `rows` is a band of its rows
    const float* layers[layer_count] = {};  // each [views][rows][columns] or null
    const std::uint8_t* flags = nullptr;    // [views][rows][columns] Flag bits
    // [rows][columns][bins] counts in each bin with the detector's model taken out (corrected_light) or an estimate of
    // the light (deconvolution); NaN in masked pixels. Null for stages from gated images.
    const float* light = nullptr;
    const float* dark = nullptr;      // [rows][columns] dark counts per bin that were taken off `light`
    float* volume = nullptr;          // [z][y][x] what is to be written; z = row in stages from gated images
    float* images[layer_count] = {};  // [rows][columns] layers that the stage writes beside it

    FL_HD const float* layer(Layer which) const { return layers[static_cast<int>(which)]; }
    FL_HD float* image(Layer which) const { return images[static_cast<int>(which)]; }
    FL_HD std::int64_t rays() const { return views * rows * columns; }
};

// Positions of voxel centres: origin + i * step.
struct VolumeAxis {
    std::int64_t size = 0;
    double origin_m = 0, step_m = 0;
};

struct VolumeBox {
    const char* name = "mu";  // "mu" or "albedo"
    const char* unit = "1/m";
    const char* long_name = "";
    VolumeAxis z, y, x;

    [[nodiscard]] std::int64_t voxels() const { return z.size * y.size * x.size; }
};

}  // namespace firstlight
