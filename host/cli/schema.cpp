// firstlight schema: a JSON Schema of recipes.
#include "host/pipeline/recipe_schema.hpp"

#include "host/cli/command.hpp"
#include "host/cli/console.hpp"

namespace firstlight::cli {

void add_schema(CLI::App& program, CommandLine& line) {
    CLI::App* command = program.add_subcommand("schema", "Print the JSON Schema of recipes");
    command->callback([&line] {
        line.run = [] {
            print_json(recipe_schema());
            return 0;
        };
    });
}

}  // namespace firstlight::cli
