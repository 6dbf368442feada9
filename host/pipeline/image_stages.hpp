// The image stages of a recipe on the images of one view: what reconstruct() and a view that is gated again
// (held_scan.hpp) do alike.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "host/pipeline/recipe.hpp"
#include "host/pipeline/view_images.hpp"

namespace firstlight {

// Whether the recipe looks at a reference scan, so that the trace stages run on it first.
[[nodiscard]] bool uses_reference(const Recipe& recipe);

// A pixel that is bad in the reference has no optical depth either. `reference`: its flags, or none.
void mask_as_reference(const std::vector<std::uint8_t>& reference, ViewImages& images);

struct ImageStagesTask {
    const Recipe& recipe;
    Queue& queue;
    std::function<StageContext()> context;           // for each stage anew
    std::function<bool(const RecipeStage&)> wanted;  // empty: all
    // After each stage; `remark` is what people should know of its images, or "". May be empty.
    std::function<void(const RecipeStage&, const std::string& remark, double seconds)> done;
};

// Adds the stages' layers to `images` and fills them. `reference`: images of the reference scan, without flags where
// there is none. Errors: those of the stages.
void run_image_stages(const ImageStagesTask& task, const Scan& scan, ViewImages& images, ViewImages& reference);

// Which layer is shown first.
void name_signal(GatedImages& images);

}  // namespace firstlight
