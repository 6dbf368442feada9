// One image or volume stage on layers that come from elsewhere, such as arrays of Python: the same stage as in a
// recipe, run the same way, without counts before it.
//
//   LayerStage task{stage, scan, std::move(images)};   // scan: views, rows, columns and what describes them
//   LayerStageOutcome made = run_layer_stage(std::move(task), *queue, {});
//
// Gates of the scan and of its reference are taken to keep equal shares of the response; in a recipe the gate says.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "host/data/gated_images.hpp"
#include "host/data/volume.hpp"
#include "host/pipeline/pipeline.hpp"

namespace firstlight {

struct LayerStage {
    RecipeStage stage;
    Scan scan;
    GatedImages images;                    // layers of FORMAT's names, with a mask
    std::optional<GatedImages> reference;  // gated alike; of one view
};

struct LayerStageOutcome {
    GatedImages images;  // what was given, with what the stage made of it
    std::optional<Volume> volume;
    std::vector<std::string> warnings;
};

// Layers that the stage cannot do without; inpainting takes any.
[[nodiscard]] std::vector<Layer> layers_needed(std::string_view stage);

// Errors: usage for parameters without effect; bad_input for a stage of traces or of light, a layer that is missing, a
// scan that does not suit the stage; those of the stage; Interrupted.
[[nodiscard]] LayerStageOutcome run_layer_stage(LayerStage task, Queue& queue, const RunOptions& options);

}  // namespace firstlight
