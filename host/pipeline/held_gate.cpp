// HeldScan::regate: a view gated anew, and the recipe's image stages on it.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <memory>

#include "host/pipeline/held_sample.hpp"
#include "host/pipeline/held_scan.hpp"
#include "host/pipeline/image_stages.hpp"
#include "host/pipeline/pipeline.hpp"
#include "host/pipeline/tile_needs.hpp"
#include "kernels/gating/instant_gate.hpp"
#include "kernels/support/parallel_for.hpp"

namespace firstlight {
namespace {

bool is_before_gate(const RecipeStage& stage) {
    return stage.stage->kind == StageKind::traces && stage.stage->info.name != std::string_view(TimeGate::info.name);
}

// The stage with all of its parameters, as text.
std::string text_of(const RecipeStage& stage) {
    std::string text = stage.stage->info.name;
    for (const Param& param : *stage.stage->params)
        if (has_effect(param, *stage.stage->params, stage.params.get()))
            text += fmt::format("\n{} = {}", param.name, to_toml(param, stage.params.get()));
    return text;
}

std::vector<const RecipeStage*> before_gate(const Recipe& recipe) {
    std::vector<const RecipeStage*> stages;
    for (const RecipeStage& stage : recipe.stages)
        if (is_before_gate(stage)) stages.push_back(&stage);
    return stages;
}

// Why the stages before the gate are not those that were held; empty: they are.
std::string difference(const Recipe& held, const Recipe& wanted) {
    const std::vector<const RecipeStage*> a = before_gate(held), b = before_gate(wanted);
    for (const RecipeStage* stage : b) {
        const RecipeStage* there = held.find(stage->stage->info.name);
        if (there == nullptr) return fmt::format("{} was not run on what is held", stage->stage->info.name);
        if (text_of(*there) != text_of(*stage))
            return fmt::format("{} has other parameters than on what is held", stage->stage->info.name);
    }
    for (const RecipeStage* stage : a)
        if (wanted.find(stage->stage->info.name) == nullptr)
            return fmt::format("{} was run on what is held", stage->stage->info.name);
    for (std::size_t i = 0; i < a.size(); ++i)
        if (a[i]->stage != b[i]->stage) return "the stages before the gate ran in another order on what is held";
    return {};
}

void throw_if(const std::atomic<bool>* cancelled) {
    if (cancelled != nullptr && *cancelled) throw Interrupted();
}

}  // namespace

bool HeldScan::can_regate(const Recipe& recipe, std::string* why_not) const {
    const auto because = [&](const std::string& reason) {
        if (why_not != nullptr) *why_not = reason;
        return reason.empty();
    };
    if (!ready_) return because("nothing is held");
    const TimeGate::Params* gate = recipe.params<TimeGate>();
    if (gate == nullptr) return because("only the gate time_gate is instant");
    if (recipe_.find(TimeGate::info.name) == nullptr) return because("what is held was not made for time_gate");
    if (const std::string reason = difference(recipe_, recipe); !reason.empty()) return because(reason);
    if (gate->edges == TimeGate::Edges::optimal && plan_.step > 1)
        return because("optimal edges need every bin, and what is held is binned");
    if (recipe.find(Attenuation::info.name) != nullptr && recipe_.find(Attenuation::info.name) == nullptr &&
        scan_.has_reference && slots_.size() == static_cast<std::size_t>(scan_.views))
        return because("attenuation needs the reference, which is not held");
    return because("");
}

ViewImages HeldScan::gated(std::int64_t view, const Recipe& recipe, Queue& queue, Keeper& keep,
                           std::map<std::string, double>& shared, const RegateOptions& options) const {
    const Slot& from = slot(view);
    const bool is_reference = view < 0;
    StageContext context{scan_, keep};
    context.view = std::max<std::int64_t>(0, view);
    context.is_reference = is_reference;
    context.shared = &shared;
    context.found = is_reference ? nullptr : options.found;
    context.warn = [&](const std::string& text) {
        if (options.warn) options.warn(text);
    };
    const RecipeStage& stage = *recipe.find(TimeGate::info.name);
    const auto* params = static_cast<const TimeGate::Params*>(stage.params.get());
    std::unique_ptr<HeldSample> sample;
    if (TimeGate::survey(*params, scan_) != Survey::none) {
        sample = std::make_unique<HeldSample>(*queue_, scan_, from.held);
        context.sample = &sample->sample;
    }
    const TimeGate::Coefficients coefficients = TimeGate::prepare(*params, context);

    const auto pixels = static_cast<std::size_t>(scan_.pixels());
    ViewImages images;
    images.flags.resize(pixels);
    InstantGateTask task{from.held, {}, images.flags.data()};
    std::vector<QueueMemory> memory;
    const auto place = [&](auto* host) {
        if (queue.is_host()) return host;
        memory.emplace_back(queue, pixels * sizeof *host);
        return memory.back().as<std::decay_t<decltype(*host)>>();
    };
    task.flags = place(images.flags.data());
    const std::vector<Layer> of_gate = TimeGate::layers(*params);
    images.layers = layers_of(recipe, StageKind::traces);
    images.values.resize(images.layers.size());
    for (std::size_t l = 0; l < images.layers.size(); ++l) {
        const Layer layer = images.layers[l];
        if (const std::vector<float>* kept = from.images.layer(layer)) {
            images.values[l] = *kept;
            continue;
        }
        images.values[l].resize(pixels);
        task.layers[static_cast<int>(layer)] = place(images.values[l].data());
    }
    throw_if(options.cancelled);
    if (queue.is_host()) {
        with_threads(queue.lanes(), [&] { run<InstantGate>(queue, task, coefficients, 0); });
        return images;
    }
    run<InstantGate>(queue, task, coefficients, 0);
    for (std::size_t l = 0; l < images.layers.size(); ++l)
        if (const float* layer = task.layers[static_cast<int>(images.layers[l])])
            queue.download(images.values[l].data(), layer, pixels * 4, 0);
    queue.download(images.flags.data(), task.flags, pixels, 0);
    queue.synchronize(0);
    return images;
}

GatedImages HeldScan::regate(const Recipe& recipe, std::int64_t view, Queue& queue,
                             const RegateOptions& options) const {
    std::string why_not;
    if (!can_regate(recipe, &why_not))
        throw Error(ExitCode::usage, scan_.name + ": the gate cannot be changed at once", why_not,
                    "run the recipe on the scan again");
    if (own_ ? !queue.is_host() : &queue != queue_)
        throw Error(ExitCode::internal, "a held scan was asked for on another device than it is on");
    const auto wanted = [&](const RecipeStage& stage) { return options.leave_out.count(stage.stage->info.name) == 0; };
    const RecipeStage* attenuation = recipe.find(Attenuation::info.name);
    const bool has_reference = slots_.size() > static_cast<std::size_t>(scan_.views);

    Keeper keep(queue);
    std::map<std::string, double> shared = slot(view).shared;
    shared.erase("gate_share");
    shared.erase("reference.gate_share");
    ViewImages reference;
    if (has_reference && attenuation != nullptr && wanted(*attenuation)) {
        std::map<std::string, double> of_reference = slot(-1).shared;
        reference = gated(-1, recipe, queue, keep, of_reference, options);
        if (const auto share = of_reference.find("reference.gate_share"); share != of_reference.end())
            shared.insert(*share);
    }
    ViewImages images = gated(view, recipe, queue, keep, shared, options);
    if (has_reference && uses_reference(recipe)) mask_as_reference(slot(-1).images.flags, images);

    std::map<std::string, double> unasked;
    const auto context = [&] {
        throw_if(options.cancelled);
        StageContext c{scan_, keep};
        c.view = view;
        c.shared = &shared;
        c.found = options.found != nullptr ? options.found : &unasked;
        c.warn = [&](const std::string& text) {
            if (options.warn) options.warn(text);
        };
        return c;
    };
    const auto done = [&](const RecipeStage&, const std::string& remark, double) {
        if (!remark.empty() && options.warn) options.warn(remark);
    };
    run_image_stages({recipe, queue, context, wanted, done}, scan_, images, reference);

    GatedImages out = images_of(scan_, view, std::move(images));
    name_signal(out);
    return out;
}

}  // namespace firstlight
