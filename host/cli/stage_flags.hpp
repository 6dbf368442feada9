// Flags that set parameters of stages, e.g. `--time_gate.open_ps -40` or `--time_gate.open_ps=-40`. They are made from
// the parameter tables, so a new stage has its flags without a line here.
//
//   std::vector<std::string> words{"reconstruct", "scan.h5", "--time_gate.open_ps", "-40"};
//   const auto flags = take_stage_flags(words);  // {{"time_gate.open_ps", "-40"}}; two words are left
#pragma once

#include <string>
#include <vector>

#include "host/pipeline/recipe.hpp"

namespace firstlight::cli {

struct StageFlag {
    std::string key;    // "time_gate.open_ps"
    std::string value;  // "-40"
};

// Takes every `--a.b value` and `--a.b=value` out of `words`, up to a word "--". Errors: usage when a value is missing.
[[nodiscard]] std::vector<StageFlag> take_stage_flags(std::vector<std::string>& words);

// Errors: those of set_parameter().
void set_stage_flags(Recipe& recipe, const std::vector<StageFlag>& flags);

// The parameters of a stage as a table for people: flag, value, range, unit, meaning. `params` are the values shown.
[[nodiscard]] std::string describe_parameters(const StageEntry& stage, const void* params);

// "-1e+06 to 1e+06 ps", "one of hard, soft", "true or false".
[[nodiscard]] std::string allowed_values(const Param& param);

}  // namespace firstlight::cli
