#include "viewer/session/stage_edits.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "host/pipeline/scan_kind.hpp"

namespace firstlight::viewer {
namespace {

std::size_t place_of(const StageEntry& stage) {
    return static_cast<std::size_t>(find_stage(stage.info.name) - stage_list().data());
}

void insert(Recipe& recipe, const StageEntry& stage) {
    const auto after = std::find_if(recipe.stages.begin(), recipe.stages.end(),
                                    [&](const RecipeStage& other) { return place_of(*other.stage) > place_of(stage); });
    recipe.stages.insert(after, RecipeStage{&stage, stage.make_params(), {}});
}

// Takes out what `unwanted` says, and notes it.
template <class Unwanted>
void take_out(StageChange& change, Unwanted unwanted) {
    std::erase_if(change.recipe.stages, [&](const RecipeStage& stage) {
        if (!unwanted(*stage.stage)) return false;
        change.also.push_back(std::string("without ") + stage.stage->info.name);
        return true;
    });
}

bool is_of(const StageEntry& stage, std::string_view family) { return family == stage.info.family; }

// Two stages of which a recipe holds one.
bool are_rivals(const StageEntry& a, const StageEntry& b) {
    if (a.kind == StageKind::volumes || b.kind == StageKind::volumes) return a.kind == b.kind;
    const bool same = std::string_view(a.info.family) == b.info.family;
    return same && (is_of(a, "gating") || is_of(a, "first_arrival") || is_of(a, "deconvolution"));
}

}  // namespace

std::string why_not(const Recipe& recipe, const Scan* scan) {
    try {
        check_recipe(recipe);
        if (scan != nullptr) check_kind(*scan, recipe);
    } catch (const Error& e) {
        return e.what();
    }
    return "";
}

StageChange adding(const Recipe& recipe, const Scan* scan, const StageEntry& stage) {
    StageChange plain{recipe, {}, ""};
    insert(plain.recipe, stage);
    plain.why_not = why_not(plain.recipe, scan);
    if (plain.why_not.empty()) return plain;
    StageChange change{recipe, {}, ""};
    take_out(change, [&](const StageEntry& other) { return are_rivals(stage, other); });
    insert(change.recipe, stage);
    if (stage.finds_arrival) take_out(change, [](const StageEntry& other) { return is_of(other, "first_arrival"); });
    if (is_of(stage, "gating") && !stage.finds_arrival && !change.recipe.has_family("first_arrival")) {
        insert(change.recipe, *find_stage(ExpectedArrival::info.name));
        change.also.push_back(std::string("with ") + ExpectedArrival::info.name);
    }
    if (!change.also.empty() && why_not(change.recipe, scan).empty()) return change;
    return {recipe, {}, plain.why_not};
}

StageChange removing(const Recipe& recipe, const Scan* scan, const std::string& stage) {
    StageChange change{recipe, {}, ""};
    std::erase_if(change.recipe.stages, [&](const RecipeStage& other) { return stage == other.stage->info.name; });
    change.why_not = why_not(change.recipe, scan);
    return change.why_not.empty() ? std::move(change) : StageChange{recipe, {}, change.why_not};
}

}  // namespace firstlight::viewer
