#include "host/pipeline/layer_stage.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>

#include "host/pipeline/image_stages.hpp"
#include "host/pipeline/scan_kind.hpp"
#include "host/pipeline/view_images.hpp"
#include "host/pipeline/volume_run.hpp"
#include "kernels/support/layers.hpp"

namespace firstlight {
namespace {

ViewImages view_of(const GatedImages& images, std::int64_t view) {
    const std::int64_t pixels = images.rows * images.columns;
    ViewImages out;
    for (const ImageLayer& layer : images.layers) {
        out.layers.push_back(find_layer(layer.name)->layer);
        out.values.emplace_back(layer.values.begin() + view * pixels, layer.values.begin() + (view + 1) * pixels);
    }
    out.flags.assign(images.mask.begin() + view * pixels, images.mask.begin() + (view + 1) * pixels);
    return out;
}

void refuse_what_is_missing(const LayerStage& task) {
    const std::string_view name = task.stage.stage->info.name;
    const auto refuse = [&](const std::string& problem, const std::string& why, const std::string& way_out) {
        throw Error(ExitCode::bad_input, fmt::format("{}: {}", name, problem), why, way_out);
    };
    if (task.stage.stage->kind == StageKind::traces || task.stage.stage->uses_light)
        refuse("got layers", "it works on the light of all traces",
               "give it counts, or what a stage before it made of them");
    std::vector<std::string> have, missing;
    for (const ImageLayer& layer : task.images.layers) {
        if (find_layer(layer.name) == nullptr) {
            const std::string near = nearest_name(layer.name, layer_names());
            refuse(fmt::format("there is no layer \"{}\"", layer.name), "",
                   near.empty() ? fmt::format("layers are {}", fmt::join(layer_names(), ", "))
                                : "did you mean \"" + near + "\"?");
        }
        have.push_back(layer.name);
    }
    for (const Layer layer : layers_needed(name))
        if (task.images.layer(layer_info(layer).name) == nullptr) missing.emplace_back(layer_info(layer).name);
    if (!missing.empty())
        refuse(fmt::format("there is no layer {}", fmt::join(missing, ", ")),
               fmt::format("got {}", have.empty() ? "none" : fmt::format("{}", fmt::join(have, ", "))),
               "make it with the stages before, or give it too");
    for (const std::string& given : task.stage.given) {
        const Param& param = *find_param(*task.stage.stage, given);
        if (!has_effect(param, *task.stage.stage->params, task.stage.params.get()))
            throw Error(ExitCode::usage, fmt::format("{}.{} has no effect", name, given),
                        fmt::format("it matters only with {} = {}", param.condition_on, param.condition_is),
                        fmt::format("set {}.{} too, or leave it out", name, param.condition_on));
    }
}

}  // namespace

std::vector<Layer> layers_needed(std::string_view stage) {
    if (stage == PoissonTv::info.name || stage == Attenuation::info.name || stage == MlTr::info.name)
        return {Layer::ballistic, Layer::ballistic_sigma};
    if (stage == DepthMap::info.name) return {Layer::arrival};
    if (stage == FilteredBackprojection::info.name) return {Layer::optical_depth};
    if (stage == OsSartTv::info.name) return {Layer::optical_depth, Layer::optical_depth_sigma};
    return {};
}

LayerStageOutcome run_layer_stage(LayerStage task, Queue& queue, const RunOptions& options) {
    refuse_what_is_missing(task);
    const Scan& scan = task.scan;
    LayerStageOutcome outcome;
    Recipe recipe;
    recipe.name = task.stage.stage->info.name;
    recipe.stages = {task.stage};
    check_kind(scan, recipe);

    Keeper keep(queue);
    std::map<std::string, double> found, shared;
    ViewImages reference;
    if (task.reference) reference = view_of(*task.reference, 0);
    ImageTile reference_tile = reference.tile(scan.rows, scan.columns);
    const auto context_of = [&](std::int64_t view) {
        StageContext c{scan, keep};
        c.view = view;
        c.found = &found;
        c.shared = &shared;
        if (task.reference) c.reference_images = &reference_tile;
        c.warn = [&](const std::string& text) {
            if (std::find(outcome.warnings.begin(), outcome.warnings.end(), text) == outcome.warnings.end())
                outcome.warnings.push_back(text);
        };
        return c;
    };
    outcome.images = std::move(task.images);
    if (task.stage.stage->kind == StageKind::volumes) {
        const std::size_t memory = options.memory_bytes != 0 ? options.memory_bytes : machine_memory() / 2;
        StageContext c = context_of(scan.views - 1);
        c.proceed = [&](double share) {
            if (options.cancelled != nullptr && *options.cancelled) throw Interrupted();
            if (options.progress) options.progress({"volume", static_cast<std::int64_t>(share * 1000), 1000});
        };
        const VolumeNeeds needs = volume_needs(scan, task.stage, memory);
        outcome.volume = run_volume({scan, task.stage, queue, needs.band_rows, outcome.images, {}, {}, c});
        return outcome;
    }
    GatedImages made = images_of(scan);
    const std::vector<Layer> writes = task.stage.stage->layers(task.stage.params.get());
    for (std::int64_t view = 0; view < scan.views; ++view) {
        if (options.cancelled != nullptr && *options.cancelled) throw Interrupted();
        ViewImages images = view_of(outcome.images, view);
        mask_as_reference(reference.flags, images);
        // Of layers made from another, run_image_stages() adds those whose source a stage before would write.
        for (const Layer layer : writes)
            if (images.layer(layer) == nullptr && made_from(layer) != layer &&
                images.layer(made_from(layer)) != nullptr) {
                images.layers.push_back(layer);
                images.values.emplace_back(images.flags.size(), std::numeric_limits<float>::quiet_NaN());
            }
        const auto say = [&](const RecipeStage&, const std::string& remark, double) {
            if (!remark.empty()) context_of(view).warn(remark);
        };
        run_image_stages({recipe, queue, [&] { return context_of(view); }, {}, say}, scan, images, reference);
        store_view(images, view, made);
    }
    outcome.images = std::move(made);
    return outcome;
}

}  // namespace firstlight
