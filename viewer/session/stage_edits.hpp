// Stages that can be put into a recipe or taken out of it, and why others cannot: for menus. What may be is decided by
// check_recipe() and check_kind(), as for everything that runs.
//
//   const StageChange change = adding(document.recipe(), scan, *find_stage("adaptive_gate"));
//   change.also    // {"without time_gate", "without expected_arrival"}: what goes with it
//   change.why_not // "" when change.recipe is fit to run
#pragma once

#include <string>
#include <vector>

#include "host/pipeline/recipe.hpp"
#include "kernels/support/scan.hpp"

namespace firstlight::viewer {

struct StageChange {
    Recipe recipe;                  // after it; as it was where it cannot be
    std::vector<std::string> also;  // "without time_gate", "with expected_arrival"
    std::string why_not;            // in the words of the command line
};

// Where the data flow has it, with the stage's defaults. Where two of a kind cannot be, it takes the other's place: a
// gate for a gate, an arrival for an arrival, a volume for a volume.
[[nodiscard]] StageChange adding(const Recipe& recipe, const Scan* scan, const StageEntry& stage);
[[nodiscard]] StageChange removing(const Recipe& recipe, const Scan* scan, const std::string& stage);

// Why the recipe cannot run, or not on this scan (null: any); "" when it can.
[[nodiscard]] std::string why_not(const Recipe& recipe, const Scan* scan);

}  // namespace firstlight::viewer
