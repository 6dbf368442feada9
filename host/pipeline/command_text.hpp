// What was done by mouse, as a command line and as Python, so that it can be done again without one.
//
//   ReconstructText text{"/data/my scan.h5"};
//   text.recipe = recipe;                       // "transmission" with time_gate.open_ps at -40
//   reconstruct_command(text).line()
//       ->  firstlight reconstruct '/data/my scan.h5' --recipe transmission --time_gate.open_ps -40 --backend cpu -o …
//
// A command names its recipe, so that it does the same whatever firstlight would choose, and sets only the parameters
// that differ from that recipe's own: run again it makes bit-identical layers on the same backend. The recipe is the
// built-in one of the recipe's name where it has the same stages and every difference can be said with flags; else
// `recipe_file`, with flags for what differs where that file is there and has the same stages; else `recipe_file` as it
// will be, and `must_save` says so. Nothing is written here.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "host/pipeline/recipe.hpp"

namespace firstlight {

// A word as a POSIX shell reads it back: as it is where that is safe, else in single quotes.
[[nodiscard]] std::string shell_quoted(const std::string& word);
// A word as a Python string literal.
[[nodiscard]] std::string python_quoted(const std::string& word);

struct CommandText {
    std::vector<std::string> words;  // program first
    // Not empty: the recipe must first be saved to this file (to_toml).
    std::filesystem::path must_save;

    [[nodiscard]] std::string line() const;  // quoted for a shell
};

struct ReconstructText {
    std::filesystem::path scan;
    std::filesystem::path calibration;  // empty: none
    std::filesystem::path output;       // empty: the program's own choice
    Recipe recipe;
    std::filesystem::path recipe_file;  // for recipes that are no built-in ones
    std::string backend = "auto";
    bool force = false;
    std::string program = "firstlight";
};
// Errors: ExitCode::usage when the recipe is no built-in one and no recipe_file is given.
[[nodiscard]] CommandText reconstruct_command(const ReconstructText& text);

struct ExportText {
    std::filesystem::path result, output;
    std::string format = "tiff", layer;
    std::vector<std::string> slices, projections;  // as `firstlight export` takes them
    bool force = false;
    std::string program = "firstlight";
};
[[nodiscard]] CommandText export_command(const ExportText& text);

struct CompareText {
    std::filesystem::path result, against;
    std::vector<std::string> edges, bars;  // "X0,Y0,X1,Y1", "X0,Y0,X1,Y1,PERIOD"
    std::string program = "firstlight";
};
[[nodiscard]] CommandText compare_command(const CompareText& text);

// A Python script of its own (needs the package firstlight) that does what the command does, in memory: `result` has
// the layers as NumPy arrays, result["ballistic"], with units, axes and volume. It is saved where `output` is named.
[[nodiscard]] std::string reconstruct_python(const ReconstructText& text);
// The same for a result that is there already: only opens it.
[[nodiscard]] std::string open_python(const std::filesystem::path& result);

}  // namespace firstlight
