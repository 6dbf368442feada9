#include "viewer/session/edits.hpp"

#include <fmt/format.h>

#include <utility>

namespace firstlight::viewer {

namespace {

template <class Leaves>
std::string part_without(const Recipe& recipe, const std::filesystem::path& calibration, Leaves leaves) {
    Recipe part = recipe;
    part.name.clear();
    part.summary.clear();
    std::erase_if(part.stages, [&](const RecipeStage& s) { return leaves(*s.stage); });
    return calibration.string() + "\n" + to_toml(part);
}

}  // namespace

std::string computed_part(const Recipe& recipe, const std::filesystem::path& calibration) {
    return part_without(recipe, calibration,
                        [](const StageEntry& stage) { return stage.kind == StageKind::rendering; });
}

std::string held_part(const Recipe& recipe, const std::filesystem::path& calibration) {
    return part_without(recipe, calibration, [](const StageEntry& stage) {
        return stage.kind != StageKind::traces || std::string_view(stage.info.family) == "gating";
    });
}

void drop_idle_parameters(Recipe& recipe) {
    for (RecipeStage& stage : recipe.stages) {
        const std::shared_ptr<void> defaults = stage.stage->make_params();
        for (const Param& param : *stage.stage->params) {
            if (stage.given.count(param.name) == 0) continue;
            if (has_effect(param, *stage.stage->params, stage.params.get())) continue;
            param.set(stage.params.get(), param.get(defaults.get()));
            stage.given.erase(param.name);
        }
    }
}

void reset_parameter(Recipe& recipe, const std::string& key) {
    const std::size_t dot = key.find('.');
    RecipeStage* stage = recipe.find(key.substr(0, dot));
    if (stage == nullptr)
        throw Error(ExitCode::usage, fmt::format("recipe \"{}\" has no stage \"{}\"", recipe.name, key.substr(0, dot)));
    RecipeStage own{stage->stage, stage->stage->make_params(), {}};
    for (const BuiltInRecipe& built_in : built_in_recipes()) {
        if (recipe.name != built_in.name) continue;
        const Recipe base = load_recipe(built_in.name);
        if (const RecipeStage* found = base.find(stage->stage->info.name)) {
            own.params = found->stage->copy_params(found->params.get());
            own.given = found->given;
        }
    }
    if (dot == std::string::npos) {
        *stage = own;
        return;
    }
    const std::string name = key.substr(dot + 1);
    const Param* param = find_param(*stage->stage, name);
    if (param == nullptr)
        throw Error(ExitCode::usage, fmt::format("{} has no parameter \"{}\"", stage->stage->info.name, name));
    param->set(stage->params.get(), param->get(own.params.get()));
    stage->given.erase(name);
    if (own.given.count(name) != 0) stage->given.insert(name);
}

void refuse_if_idle(const Recipe& recipe, const std::string& key) {
    const std::size_t dot = key.find('.');
    const RecipeStage* stage = recipe.find(key.substr(0, dot));
    const Param* param = stage == nullptr ? nullptr : find_param(*stage->stage, key.substr(dot + 1));
    if (param == nullptr || has_effect(*param, *stage->stage->params, stage->params.get())) return;
    throw Error(ExitCode::usage, key + " has no effect",
                fmt::format("it matters only with {} = {}", param->condition_on, param->condition_is),
                fmt::format("set {}.{} first", stage->stage->info.name, param->condition_on));
}

History::History(Edits first) { steps_.push_back({"", "", std::move(first), 0}); }

const std::string& History::computed() const {
    const Step& step = steps_[at_];
    if (!step.computed) step.computed = computed_part(step.edits.recipe, step.edits.calibration);
    return *step.computed;
}

const std::string& History::held() const {
    const Step& step = steps_[at_];
    if (!step.held) step.held = held_part(step.edits.recipe, step.edits.calibration);
    return *step.held;
}

void History::add(const std::string& label, Edits edits, const std::string& mark) {
    steps_.erase(steps_.begin() + static_cast<std::ptrdiff_t>(at_) + 1, steps_.end());
    const bool merges = !mark.empty() && at_ > 0 && steps_[at_].mark == mark && steps_[at_].id != kept_;
    if (merges) {
        steps_[at_].edits = std::move(edits);
        steps_[at_].id = next_id_++;
        steps_[at_].computed.reset();
        steps_[at_].held.reset();
        return;
    }
    steps_.push_back({label, mark, std::move(edits), next_id_++});
    if (steps_.size() > most_steps) steps_.erase(steps_.begin());
    at_ = steps_.size() - 1;
}

void History::end_merge() { steps_[at_].mark.clear(); }

void History::undo() {
    if (!can_undo()) return;
    end_merge();
    --at_;
    end_merge();
}

void History::redo() {
    if (!can_redo()) return;
    ++at_;
    end_merge();
}

}  // namespace firstlight::viewer
