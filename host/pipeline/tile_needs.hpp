// What the stages of a recipe write, and so what a tile of its trace stages must have room for.
#pragma once

#include <functional>
#include <vector>

#include "host/pipeline/recipe.hpp"
#include "host/pipeline/tile_memory.hpp"

namespace firstlight {

// Layers that any stage of this kind writes, each once, in the order of Layer; of image stages without those made from
// a layer that no trace stage writes. `wanted` may be empty: all stages.
[[nodiscard]] std::vector<Layer> layers_of(const Recipe& recipe, StageKind kind,
                                           const std::function<bool(const RecipeStage&)>& wanted = {});

// Of the trace stages; light is not kept.
[[nodiscard]] TileNeeds tile_needs(const Recipe& recipe, const Scan& scan);

}  // namespace firstlight
