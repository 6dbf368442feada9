// firstlight recipe: built-in recipes, their parameters, and checks of recipe files.
#include <fmt/format.h>

#include "host/cli/command.hpp"
#include "host/cli/console.hpp"
#include "kernels/acquisition/tag_histogram.hpp"
#include "kernels/acquisition/tag_windows.hpp"
#include "kernels/rendering/projection.hpp"
#include "kernels/simulation/detector_response.hpp"
#include "kernels/simulation/photon_transport.hpp"

namespace firstlight::cli {
namespace {

int list_recipes() {
    Facts facts;
    for (const BuiltInRecipe& recipe : built_in_recipes())
        facts.emplace_back(recipe.name, load_recipe(recipe.name).summary);
    print_facts(facts);
    return 0;
}

int show_recipe(const std::string& name, bool toml) {
    const Recipe recipe = load_recipe(name);
    if (toml) {
        fmt::print("{}", to_toml(recipe));
        return 0;
    }
    fmt::print("{}: {}\n", recipe.name, recipe.summary);
    for (const RecipeStage& stage : recipe.stages)
        fmt::print("\n{}", describe_parameters(*stage.stage, stage.params.get()));
    fmt::print(
        "\nSet a parameter on the command line with --stage.parameter VALUE, or keep a copy of the recipe:\n"
        "firstlight recipe show {} --toml > mine.toml\n",
        name);
    return 0;
}

int check_recipe_file(const std::string& file) {
    const Recipe recipe = load_recipe(file);
    check_recipe(recipe);
    std::size_t given = 0;
    for (const RecipeStage& stage : recipe.stages) given += stage.given.size();
    fmt::print("{}: good; {} stages, {} parameters set\n", file, recipe.stages.size(), given);
    return 0;
}

void print_parameters(const ParamTable& table, const void* defaults) {
    fmt::print("\n| parameter | default | values | meaning |\n|---|---|---|---|\n");
    for (const Param& param : table) {
        std::string values = allowed_values(param);
        for (std::size_t bar = values.find(" | "); bar != std::string::npos; bar = values.find(" | ", bar))
            values.replace(bar, 3, ", ");
        std::string condition = param.condition_is;
        for (std::size_t bar = condition.find('|'); bar != std::string::npos; bar = condition.find('|'))
            condition.replace(bar, 1, " or ");
        fmt::print("| `{}` | {} | {} | {}{} |\n", param.name, to_display(param, defaults), values, param.meaning,
                   condition.empty() ? "" : fmt::format("; only with `{}` = {}", param.condition_on, condition));
    }
}

template <class Stage>
void print_simulation_stage() {
    fmt::print("\n### {}\n\n{}.\n", Stage::info.name, Stage::info.summary);
    const typename Stage::Params defaults;
    print_parameters(Stage::Params::table(), &defaults);
}

// docs/stages.md, made from the tables that the program itself uses.
int print_stage_reference() {
    fmt::print(
        "# Stages and their parameters\n\n"
        "Made by `firstlight recipe docs` from the parameter tables; do not edit.\n\n"
        "Set a parameter with `--stage.parameter VALUE`, or in a recipe file.\n");
    std::string family;
    for (const StageEntry& stage : stage_list()) {
        if (family != stage.info.family) {
            family = stage.info.family;
            fmt::print("\n## {}\n", family);
        }
        fmt::print("\n### {}\n\n{}.\n", stage.info.name, stage.info.summary);
        if (stage.params->empty()) fmt::print("\nIt has no parameters.\n");
        else print_parameters(*stage.params, stage.make_params().get());
    }
    // The family that the list ends with.
    fmt::print("\n### {}\n\n{}.\n\nChosen by the figure or export that is made, not by recipes.\n",
               Projection::info.name, Projection::info.summary);
    fmt::print("\n## acquisition\n\nChosen by what the acquisition holds, not by recipes.\n");
    for (const StageInfo& info : {TagHistogram::info, TagWindows::info})
        fmt::print("\n### {}\n\n{}.\n\nIt has no parameters.\n", info.name, info.summary);
    fmt::print("\n## simulation\n\nSet by the scene file that `firstlight simulate` reads, not by recipes.\n");
    print_simulation_stage<PhotonTransport>();
    print_simulation_stage<DetectorResponse>();
    return 0;
}

}  // namespace

void add_recipe(CLI::App& program, CommandLine& line) {
    struct RecipeOptions {
        std::string name, file;
        bool toml = false;
    };
    auto options = std::make_shared<RecipeOptions>();
    CLI::App* command = program.add_subcommand("recipe", "List, show and check recipes");
    CLI::App* list = command->add_subcommand("list", "List the built-in recipes");
    list->callback([&line] { line.run = list_recipes; });
    CLI::App* show =
        command->add_subcommand("show", "Show a recipe's stages and parameters with units, ranges, meaning");
    show->add_option("NAME", options->name, "Built-in recipe or TOML file")->type_name("NAME|FILE")->required();
    show->add_flag("--toml", options->toml, "Print it as a recipe file");
    show->callback([options, &line] { line.run = [options] { return show_recipe(options->name, options->toml); }; });
    CLI::App* check = command->add_subcommand("check", "Check a recipe file without running it");
    check->add_option("FILE", options->file, "TOML file")->type_name("FILE")->required();
    check->callback([options, &line] { line.run = [options] { return check_recipe_file(options->file); }; });
    CLI::App* docs = command->add_subcommand("docs", "Print the reference of all stages as Markdown")->group("");
    docs->callback([&line] { line.run = print_stage_reference; });
}

}  // namespace firstlight::cli
