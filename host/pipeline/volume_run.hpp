// Runs the volume stage of a recipe over what the other stages left: gated images of all views, band by band of rows,
// or the light of all traces at once. Memory beside the input and the volume is that of one band.
#pragma once

#include <functional>
#include <map>
#include <vector>

#include "host/data/gated_images.hpp"
#include "host/data/volume.hpp"
#include "host/pipeline/recipe.hpp"
#include "kernels/support/queue.hpp"

namespace firstlight {

// Rows of a band on `scan`, so that a band's images, voxels and work fit into `memory_bytes`; all rows for stages that
// use the light. `taken_bytes` of the memory are needed for other things. Errors (bad_input): not even the smallest
// band fits, with the need stated.
struct VolumeNeeds {
    std::int64_t band_rows = 0;
    std::size_t volume_bytes = 0;  // the volume itself, and the light where it is used
    std::size_t band_bytes = 0;    // what a band takes beside it
};
[[nodiscard]] VolumeNeeds volume_needs(const Scan& scan, const RecipeStage& stage, std::size_t memory_bytes,
                                       std::size_t taken_bytes = 0);

struct VolumeRun {
    const Scan& scan;
    const RecipeStage& stage;
    Queue& queue;
    std::int64_t band_rows = 0;
    GatedImages& images;              // all views; gains the layers that the stage writes
    const std::vector<float>& light;  // [pixels][bins]; empty for stages from gated images
    const std::vector<float>& dark;   // [pixels]
    StageContext& context;            // for prepare(); volume_input is set here
};

// Errors: those of the stage; Interrupted from context.proceed.
[[nodiscard]] Volume run_volume(const VolumeRun& run);

}  // namespace firstlight
