#include "host/pipeline/tile_needs.hpp"

#include <algorithm>

#include "host/pipeline/plan.hpp"
#include "kernels/support/layers.hpp"

namespace firstlight {

std::vector<Layer> layers_of(const Recipe& recipe, StageKind kind,
                             const std::function<bool(const RecipeStage&)>& wanted) {
    std::vector<Layer> layers;
    for (const RecipeStage& stage : recipe.stages) {
        if (stage.stage->kind != kind || (wanted && !wanted(stage))) continue;
        for (const Layer layer : stage.stage->layers(stage.params.get())) layers.push_back(layer);
    }
    std::sort(layers.begin(), layers.end());
    layers.erase(std::unique(layers.begin(), layers.end()), layers.end());
    if (kind != StageKind::images) return layers;
    const std::vector<Layer> of_traces = layers_of(recipe, StageKind::traces);
    const auto has_no_source = [&](Layer layer) {
        const Layer from = made_from(layer);
        return from != layer && std::find(of_traces.begin(), of_traces.end(), from) == of_traces.end();
    };
    layers.erase(std::remove_if(layers.begin(), layers.end(), has_no_source), layers.end());
    return layers;
}

TileNeeds tile_needs(const Recipe& recipe, const Scan& scan) {
    TileNeeds needs;
    needs.bins = scan.bins;
    needs.layers = layers_of(recipe, StageKind::traces);
    needs.stages =
        static_cast<int>(std::count_if(recipe.stages.begin(), recipe.stages.end(), [](const RecipeStage& stage) {
            return stage.stage->kind == StageKind::traces;
        }));
    const ModelParts parts = model_parts_of(recipe);
    needs.live = parts.live;
    needs.edges = parts.edges;
    needs.signal = parts.signal;
    return needs;
}

}  // namespace firstlight
