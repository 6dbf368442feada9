// A recipe: which stages run, in which order, with which parameters. TOML in files and in results:
//
//   name = "transmission"
//   summary = "…"
//   stages = ["pixel_mask", "time_gate", "attenuation"]
//   [time_gate]
//   open_ps = -40
//
// Unknown stages and parameters are errors that name the nearest right one; so are parameters without effect.
#pragma once

#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "host/pipeline/stage_list.hpp"

namespace firstlight {

struct RecipeStage {
    const StageEntry* stage = nullptr;
    std::shared_ptr<void> params;
    std::set<std::string> given;  // parameters that were set rather than left at their defaults
};

struct Recipe {
    std::string name, summary;
    std::vector<RecipeStage> stages;

    Recipe() = default;
    Recipe(const Recipe& other);  // copies the parameters too
    Recipe& operator=(const Recipe& other);
    Recipe(Recipe&&) = default;
    Recipe& operator=(Recipe&&) = default;
    ~Recipe() = default;

    [[nodiscard]] const RecipeStage* find(std::string_view stage) const;
    [[nodiscard]] RecipeStage* find(std::string_view stage);
    [[nodiscard]] bool has_family(std::string_view family) const;  // one of its stages is of this family
    [[nodiscard]] const RecipeStage* volume() const;               // the stage that makes a volume, or null
    template <class S>
    [[nodiscard]] const typename S::Params* params() const {
        const RecipeStage* stage = find(S::info.name);
        return stage == nullptr ? nullptr : static_cast<const typename S::Params*>(stage->params.get());
    }
};

// Errors: ExitCode::usage, naming `source` (a path, "recipe transmission", "result.h5") and the key.
[[nodiscard]] Recipe parse_recipe(const std::string& toml, const std::string& source);

// Every parameter of every stage written out, so that the text alone reproduces the run.
[[nodiscard]] std::string to_toml(const Recipe& recipe);

// "stage.parameter" = text, as from the command line. Errors: ExitCode::usage.
void set_parameter(Recipe& recipe, const std::string& key, const std::string& text);
// The same from a value, as from Python; `where` names it for messages. Errors: ExitCode::usage.
void set_parameter(Recipe& recipe, const std::string& key, const ParamValue& value, const std::string& where);

// A recipe may be the beginning of one: more stages may follow, so what has no use yet is no mistake.
enum class RecipeEnd : std::uint8_t { complete, open };

// Refuses an order that cannot work (families out of data-flow order, a gate without an arrival before it, a stage
// twice) and parameters that were given but have no effect; and of a complete recipe, that nothing comes out of it or
// of one of its stages. Called by everything that runs a recipe.
void check_recipe(const Recipe& recipe, RecipeEnd end = RecipeEnd::complete);

// What the trace stages have to say of the images they made.
[[nodiscard]] std::vector<std::string> trace_remarks(const Recipe& recipe, const ImageTile& images);

struct BuiltInRecipe {
    const char* name;
    const char* toml;
};
[[nodiscard]] const std::vector<BuiltInRecipe>& built_in_recipes();

// A built-in recipe's name, or the path of a TOML file. Errors: ExitCode::usage, naming the nearest.
[[nodiscard]] Recipe load_recipe(const std::string& name_or_path);

}  // namespace firstlight
