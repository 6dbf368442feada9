#include "viewer/session/fixed_gate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace firstlight::viewer {
namespace {

constexpr std::array<const char*, 2> own_gates{AdaptiveGate::info.name, ComponentFit::info.name};
constexpr double bins_to_each_side = 5;

bool is_own_gate(const RecipeStage& stage) {
    return std::any_of(own_gates.begin(), own_gates.end(),
                       [&](std::string_view name) { return name == stage.stage->info.name; });
}

RecipeStage stage_called(const char* name) {
    const StageEntry* entry = find_stage(name);
    return {entry, entry->make_params(), {}};
}

}  // namespace

bool finds_its_gates(const Recipe& recipe) {
    return std::any_of(recipe.stages.begin(), recipe.stages.end(), is_own_gate);
}

void use_fixed_gate(Recipe& recipe, const Scan& scan, double open_ps, double close_ps) {
    const auto found = std::find_if(recipe.stages.begin(), recipe.stages.end(), is_own_gate);
    if (found == recipe.stages.end())
        throw Error(ExitCode::usage, fmt::format("recipe \"{}\" has no gate to replace", recipe.name),
                    "it does not find each pixel's light by itself", "choose a recipe with a gate");
    const bool has_response = !scan.irf.empty();
    if (!has_response && (std::isnan(open_ps) || std::isnan(close_ps))) {
        close_ps = bins_to_each_side * scan.bin_width_s * 1e12;
        open_ps = -close_ps;
    }
    *found = stage_called(TimeGate::info.name);
    if (!recipe.has_family("first_arrival")) {
        const bool in_reflection = scan.path != LightPath::transmission;
        const bool is_known = !in_reflection && (scan.arrival_s || scan.has_reference);
        recipe.stages.insert(found, stage_called(is_known ? ExpectedArrival::info.name : MatchedArrival::info.name));
        if (in_reflection) set_parameter(recipe, "matched_arrival.mode", "per_pixel");
        if (!is_known && !has_response) set_parameter(recipe, "matched_arrival.response", "gaussian");
    }
    if (!std::isnan(open_ps)) set_parameter(recipe, "time_gate.open_ps", fmt::format("{}", open_ps));
    if (!std::isnan(close_ps)) set_parameter(recipe, "time_gate.close_ps", fmt::format("{}", close_ps));
    if (RecipeStage* attenuation = recipe.find(Attenuation::info.name);
        attenuation != nullptr && attenuation->given.count("scattered") != 0)
        reset_parameter(recipe, "attenuation.scattered");
    recipe.name += recipe.name.empty() ? "fixed-gate" : "-fixed-gate";
    recipe.summary = "By a gate at a fixed time after the arrival";
}

}  // namespace firstlight::viewer
