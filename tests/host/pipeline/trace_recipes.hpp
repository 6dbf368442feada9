// Recipes of trace stages alone, whose layers are what those stages wrote.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "host/pipeline/recipe.hpp"

namespace firstlight {

// Without its image and volume stages.
inline Recipe trace_recipe(Recipe recipe) {
    recipe.stages.erase(std::remove_if(recipe.stages.begin(), recipe.stages.end(),
                                       [](const RecipeStage& s) { return s.stage->kind != StageKind::traces; }),
                        recipe.stages.end());
    return recipe;
}

inline Recipe gate_recipe(const std::string& parameters, const std::string& before = "") {
    return parse_recipe(
        fmt::format(
            "name = \"test\"\nstages = [\"pixel_mask\", {}\"dark_counts\", \"bin_nonlinearity\", \"time_skew\", "
            "\"flat_field\", \"expected_arrival\", \"time_gate\"]\n[time_gate]\n{}",
            before, parameters),
        "test");
}

}  // namespace firstlight
