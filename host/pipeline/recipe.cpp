#include "host/pipeline/recipe.hpp"

#include <fmt/format.h>

#include <toml++/toml.h>
#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>

namespace firstlight {
namespace {

constexpr std::array families{"acquisition", "corrections",    "deconvolution", "first_arrival",
                              "gating",      "reconstruction", "rendering"};

std::size_t family_rank(const std::string& family) {
    return static_cast<std::size_t>(std::find(families.begin(), families.end(), family) - families.begin());
}

[[noreturn]] void refuse(const std::string& problem, const std::string& why, const std::string& suggestion = {}) {
    throw Error(ExitCode::usage, problem, why, suggestion);
}

std::string did_you_mean(const std::string& word, const std::vector<std::string>& names) {
    const std::string near = nearest_name(word, names);
    return near.empty() ? fmt::format("choose from {}", fmt::join(names, ", ")) : "did you mean \"" + near + "\"?";
}

std::vector<std::string> param_names(const StageEntry& stage) {
    std::vector<std::string> names;
    for (const Param& param : *stage.params) names.push_back(param.name);
    return names;
}

ParamValue value_of(const toml::node& node, const std::string& where) {
    if (const auto* b = node.as_boolean()) return b->get();
    if (const auto* i = node.as_integer()) return i->get();
    if (const auto* f = node.as_floating_point()) return f->get();
    if (const auto* s = node.as_string()) return s->get();
    refuse(where + ": not a value", "expected a number, true or false, or text");
}

RecipeStage make_stage(const std::string& name, const std::string& source) {
    const StageEntry* stage = find_stage(name);
    if (stage == nullptr)
        refuse(fmt::format("{}: there is no stage \"{}\"", source, name), "", did_you_mean(name, stage_names()));
    return {stage, stage->make_params(), {}};
}

void fill_parameters(RecipeStage& stage, const toml::table& table, const std::string& source) {
    for (const auto& [key, node] : table) {
        const std::string name(key.str());
        const std::string where = fmt::format("{}: {}.{}", source, stage.stage->info.name, name);
        const Param* param = find_param(*stage.stage, name);
        if (param == nullptr)
            refuse(where + ": there is no such parameter", "", did_you_mean(name, param_names(*stage.stage)));
        assign(*param, stage.params.get(), value_of(node, where), where);
        stage.given.insert(name);
    }
}

}  // namespace

Recipe::Recipe(const Recipe& other) : name(other.name), summary(other.summary), stages(other.stages) {
    for (RecipeStage& stage : stages) stage.params = stage.stage->copy_params(stage.params.get());
}

Recipe& Recipe::operator=(const Recipe& other) {
    Recipe copy(other);
    *this = std::move(copy);
    return *this;
}

const RecipeStage* Recipe::find(std::string_view stage) const {
    for (const RecipeStage& s : stages)
        if (stage == s.stage->info.name) return &s;
    return nullptr;
}

RecipeStage* Recipe::find(std::string_view stage) { return const_cast<RecipeStage*>(std::as_const(*this).find(stage)); }

bool Recipe::has_family(std::string_view family) const {
    return std::any_of(stages.begin(), stages.end(),
                       [&](const RecipeStage& s) { return family == s.stage->info.family; });
}

const RecipeStage* Recipe::volume() const {
    for (const RecipeStage& s : stages)
        if (s.stage->kind == StageKind::volumes) return &s;
    return nullptr;
}

Recipe parse_recipe(const std::string& text, const std::string& source) {
    toml::table table;
    try {
        table = toml::parse(text);
    } catch (const toml::parse_error& e) {
        refuse(fmt::format("{}:{}: not TOML", source, e.source().begin.line), std::string(e.description()));
    }
    Recipe recipe;
    recipe.name = table["name"].value_or(std::string());
    recipe.summary = table["summary"].value_or(std::string());
    const toml::array* stages = table["stages"].as_array();
    if (stages == nullptr)
        refuse(source + ": there is no list of stages", "a recipe says what runs in which order",
               "add a line such as: stages = [\"expected_arrival\", \"time_gate\"]");
    for (const toml::node& node : *stages) {
        const auto name = node.value<std::string>();
        if (!name) refuse(source + ": stages holds something that is not a name", "expected names of stages in quotes");
        if (recipe.find(*name) != nullptr) refuse(fmt::format("{}: stage \"{}\" is listed twice", source, *name), "");
        recipe.stages.push_back(make_stage(*name, source));
    }
    for (const auto& [key, node] : table) {
        const std::string name(key.str());
        if (name == "name" || name == "summary" || name == "stages") continue;
        const toml::table* parameters = node.as_table();
        if (parameters == nullptr || find_stage(name) == nullptr) {
            std::vector<std::string> known = stage_names();
            known.insert(known.end(), {"name", "summary", "stages"});
            refuse(fmt::format("{}: unknown key \"{}\"", source, name), "", did_you_mean(name, known));
        }
        RecipeStage* stage = recipe.find(name);
        if (stage == nullptr)
            refuse(fmt::format("{}: [{}] has no effect", source, name), "the stage is not in the list of stages",
                   fmt::format("add \"{}\" to stages or remove the section", name));
        fill_parameters(*stage, *parameters, source);
    }
    return recipe;
}

std::string to_toml(const Recipe& recipe) {
    std::vector<std::string> names;
    for (const RecipeStage& stage : recipe.stages) names.push_back(fmt::format("\"{}\"", stage.stage->info.name));
    std::ostringstream text;
    text << "name = " << toml::value<std::string>(recipe.name)
         << "\nsummary = " << toml::value<std::string>(recipe.summary)
         << fmt::format("\nstages = [{}]\n", fmt::join(names, ", "));
    for (const RecipeStage& stage : recipe.stages) {
        text << fmt::format("\n[{}]\n", stage.stage->info.name);
        for (const Param& param : *stage.stage->params) {
            if (!has_effect(param, *stage.stage->params, stage.params.get())) continue;
            text << param.name << " = " << to_toml(param, stage.params.get());
            if (!param.unit.empty()) text << "  # " << param.unit;
            text << '\n';
        }
    }
    return text.str();
}

namespace {

struct FoundParameter {
    RecipeStage& stage;
    const Param& param;
};

FoundParameter find_parameter(Recipe& recipe, const std::string& key, const std::string& where) {
    const std::size_t dot = key.find('.');
    const std::string stage_name = key.substr(0, dot);
    RecipeStage* stage = recipe.find(stage_name);
    if (stage == nullptr) {
        std::vector<std::string> names;
        for (const RecipeStage& s : recipe.stages) names.emplace_back(s.stage->info.name);
        refuse(fmt::format("{}: recipe \"{}\" has no stage \"{}\"", where, recipe.name, stage_name), "",
               did_you_mean(stage_name, names));
    }
    const std::string name = dot == std::string::npos ? "" : key.substr(dot + 1);
    const Param* param = find_param(*stage->stage, name);
    if (param == nullptr)
        refuse(fmt::format("{}: {} has no parameter \"{}\"", where, stage_name, name), "",
               did_you_mean(name, param_names(*stage->stage)));
    return {*stage, *param};
}

void set_found(const FoundParameter& found, const ParamValue& value, const std::string& where) {
    assign(found.param, found.stage.params.get(), value, where);
    found.stage.given.insert(found.param.name);
}

}  // namespace

void set_parameter(Recipe& recipe, const std::string& key, const std::string& text) {
    const std::string flag = "--" + key;
    const FoundParameter found = find_parameter(recipe, key, flag);
    set_found(found, parse_param(found.param, text, flag), flag);
}

void set_parameter(Recipe& recipe, const std::string& key, const ParamValue& value, const std::string& where) {
    set_found(find_parameter(recipe, key, where), value, where);
}

void check_recipe(const Recipe& recipe, RecipeEnd end) {
    const std::string where = fmt::format("recipe \"{}\"", recipe.name);
    const StageEntry* before = nullptr;
    bool has_arrival = false;
    bool has_gate = false;
    bool has_volume = false;
    for (const RecipeStage& stage : recipe.stages) {
        const std::string family = stage.stage->info.family;
        if (recipe.find(stage.stage->info.name) != &stage)
            refuse(fmt::format("{}: stage \"{}\" is listed twice", where, stage.stage->info.name), "");
        if (before != nullptr && family_rank(family) < family_rank(before->info.family))
            refuse(fmt::format("{}: {} comes after {}", where, stage.stage->info.name, before->info.name),
                   fmt::format("light flows through {}", fmt::join(families, ", ")), "put the stages in that order");
        if (family == "deconvolution") {
            if (before != nullptr && family == before->info.family)
                refuse(where + ": two deconvolutions", "both estimate the signal from the counts", "keep one");
            const bool used = recipe.find("time_gate") != nullptr ||
                              (recipe.volume() != nullptr && recipe.volume()->stage->uses_light);
            if (!used && end == RecipeEnd::complete)
                refuse(fmt::format("{}: {} has no effect", where, stage.stage->info.name),
                       "only time_gate and confocal_diffuse look at the light that it estimates",
                       "add one of them, or leave it out");
        }
        if (family == "first_arrival" && has_arrival)
            refuse(where + ": two stages say when light arrives", "the second would overwrite the first", "keep one");
        if (family == "gating") {
            if (stage.stage->finds_arrival && has_arrival)
                refuse(fmt::format("{}: {} finds the arrival itself", where, stage.stage->info.name),
                       fmt::format("what {} says would be overwritten", before->info.name), "keep one of them");
            if (!has_arrival && !stage.stage->finds_arrival)
                refuse(fmt::format("{}: {} has no arrival to refer to", where, stage.stage->info.name), "",
                       "put expected_arrival or matched_arrival before it");
            if (has_gate) refuse(where + ": two gates", "both write the ballistic image", "keep one");
        }
        if (stage.stage->kind == StageKind::volumes) {
            if (has_volume) refuse(where + ": two stages make a volume", "a result holds one", "keep one");
            if (stage.stage->uses_light && !recipe.has_family("deconvolution"))
                refuse(fmt::format("{}: {} has no light to work on", where, stage.stage->info.name), "",
                       "put corrected_light before it");
            if (!stage.stage->uses_light && recipe.find("attenuation") == nullptr)
                refuse(fmt::format("{}: {} has no optical depths to work on", where, stage.stage->info.name), "",
                       "put time_gate and attenuation before it");
            has_volume = true;
        } else if (has_volume && family == "reconstruction") {
            refuse(fmt::format("{}: {} comes after {}", where, stage.stage->info.name, before->info.name),
                   "images are done before a volume is made of them", "put the volume's stage last");
        }
        const bool computes = stage.stage->layers != nullptr && !stage.stage->layers(stage.params.get()).empty();
        const bool has_images = has_arrival || recipe.find("corrected_light") != nullptr;
        if (stage.stage->kind == StageKind::images && !has_gate && (computes || !has_images))
            refuse(fmt::format("{}: {} has no images to work on", where, stage.stage->info.name), "",
                   "put time_gate, adaptive_gate or component_fit before it");
        has_arrival = has_arrival || family == "first_arrival" || stage.stage->finds_arrival;
        has_gate = has_gate || family == "gating";
        for (const std::string& name : stage.given) {
            const Param& param = *find_param(*stage.stage, name);
            if (has_effect(param, *stage.stage->params, stage.params.get())) continue;
            refuse(fmt::format("{}.{} has no effect", stage.stage->info.name, name),
                   fmt::format("it matters only with {} = {}", param.condition_on, param.condition_is),
                   fmt::format("set {}.{} too, or leave it out", stage.stage->info.name, param.condition_on));
        }
        before = stage.stage;
    }
    if (!has_arrival && !has_gate && !has_volume && end == RecipeEnd::complete)
        refuse(where + ": nothing would come out of it", "neither an arrival nor a gate is in it", "add time_gate");
}

std::vector<std::string> trace_remarks(const Recipe& recipe, const ImageTile& images) {
    std::vector<std::string> remarks;
    for (const RecipeStage& stage : recipe.stages) {
        if (stage.stage->kind != StageKind::traces || stage.stage->remark == nullptr) continue;
        std::string remark = stage.stage->remark(images);
        if (!remark.empty()) remarks.push_back(std::move(remark));
    }
    return remarks;
}

const std::vector<BuiltInRecipe>& built_in_recipes() {
    static const std::vector<BuiltInRecipe> recipes{
        {"transmission", R"(name = "transmission"
summary = "Ballistic image and optical depth of a scan through a scattering medium, by a time gate"
stages = ["pixel_mask", "pile_up", "dark_counts", "bin_nonlinearity", "time_skew", "flat_field",
          "expected_arrival", "time_gate", "attenuation", "inpainting", "tone_map"]
)"},
        {"transmission-fit", R"(name = "transmission-fit"
summary = "Ballistic image and optical depth by a fit of ballistic, snake, diffuse light and background; needs the response"
stages = ["pixel_mask", "pile_up", "dark_counts", "bin_nonlinearity", "time_skew", "flat_field",
          "expected_arrival", "component_fit", "attenuation", "inpainting", "tone_map"]
[attenuation]
scattered = "ignored"
)"},
        {"arrival", R"(name = "arrival"
summary = "When light arrives in each pixel, by a matched filter, with its standard deviation"
stages = ["pixel_mask", "time_skew", "matched_arrival", "inpainting", "tone_map"]
[matched_arrival]
mode = "per_pixel"
[tone_map]
layer = "arrival"
)"},
        {"kerr", R"(name = "kerr"
summary = "Ballistic image and optical depth of a sweep of a gated camera or an optical Kerr gate"
stages = ["gate_sweep", "pixel_mask", "dark_counts", "time_skew", "flat_field", "expected_arrival", "time_gate",
          "attenuation", "inpainting", "tone_map"]
[pixel_mask]
guard_ps = 0.5  # sweeps may span a few picoseconds
[dark_counts]
guard_ps = 0.5
)"},
        {"depth", R"(name = "depth"
summary = "Distance of the surface in each pixel, behind fog or a scatterer, by an adaptive gate"
stages = ["pixel_mask", "pile_up", "dark_counts", "bin_nonlinearity", "time_skew", "flat_field",
          "adaptive_gate", "depth_map", "inpainting", "tone_map"]
[tone_map]
layer = "depth"
)"},
        {"diffuse", R"(name = "diffuse"
summary = "Volume behind a scattering slab, from a confocal scan, by confocal diffuse tomography"
stages = ["pixel_mask", "pile_up", "dark_counts", "bin_nonlinearity", "time_skew", "flat_field", "corrected_light",
          "confocal_diffuse", "tone_map"]
[tone_map]
layer = "depth"
)"},
        {"tomography", R"(name = "tomography"
summary = "Volume of mu from views of many angles, by filtered backprojection of optical depths"
stages = ["pixel_mask", "pile_up", "dark_counts", "bin_nonlinearity", "time_skew", "flat_field",
          "expected_arrival", "time_gate", "attenuation", "filtered_backprojection", "tone_map"]
[attenuation]
reference = "required"
[tone_map]
layer = "optical_depth"
)"},
        {"tomography-tv", R"(name = "tomography-tv"
summary = "Volume of mu from few or noisy views, by iteration with total variation"
stages = ["pixel_mask", "pile_up", "dark_counts", "bin_nonlinearity", "time_skew", "flat_field",
          "expected_arrival", "time_gate", "attenuation", "os_sart_tv", "tone_map"]
[attenuation]
reference = "required"
[tone_map]
layer = "optical_depth"
)"},
        {"tomography-ml", R"(name = "tomography-ml"
summary = "Volume of mu of nearly opaque objects, by maximum likelihood of the counts"
stages = ["pixel_mask", "pile_up", "dark_counts", "bin_nonlinearity", "time_skew", "flat_field",
          "expected_arrival", "time_gate", "attenuation", "ml_tr", "tone_map"]
[attenuation]
reference = "required"
[tone_map]
layer = "optical_depth"
)"},
    };
    return recipes;
}

Recipe load_recipe(const std::string& name_or_path) {
    std::vector<std::string> names;
    for (const BuiltInRecipe& recipe : built_in_recipes()) {
        if (name_or_path == recipe.name) return parse_recipe(recipe.toml, fmt::format("recipe {}", recipe.name));
        names.emplace_back(recipe.name);
    }
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(name_or_path, ignored))
        refuse(fmt::format("{}: neither a built-in recipe nor a file", name_or_path), "",
               did_you_mean(name_or_path, names));
    std::ifstream file(name_or_path);
    std::ostringstream text;
    text << file.rdbuf();
    if (!file) refuse(name_or_path + ": cannot be read", "");
    Recipe recipe = parse_recipe(text.str(), name_or_path);
    if (recipe.name.empty()) recipe.name = std::filesystem::path(name_or_path).stem().string();
    return recipe;
}

}  // namespace firstlight
