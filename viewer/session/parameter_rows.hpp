// The parameter table as rows of a panel: sections, names in words, what was changed, what "auto" came to. All of it
// from the table itself (kernels/support/param.hpp); nothing is listed by hand.
//
//   for (const StageRows& stage : parameter_rows(document.recipe(), {"gate", false}, document.result.get(), 0))
//       for (const ParameterRow& row : stage.rows) ...     // row.label "open", row.key "time_gate.open_ps"
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "host/io/result_file.hpp"
#include "host/pipeline/recipe.hpp"

namespace firstlight::viewer {

struct RowFilter {
    std::string text;  // words that must all be in a row's names or meaning; empty: all
    bool changed_only = false;
    [[nodiscard]] bool any() const { return changed_only || text.find_first_not_of(' ') != std::string::npos; }
};

struct ParameterRow {
    const Param* param = nullptr;
    std::string key;       // "time_gate.open_ps"
    std::string label;     // "open": the name in words, without the unit
    bool changed = false;  // another value than base_recipe() has
    bool is_auto = false;
    std::string idle;             // "only with edges = fixed" where it has no effect; "" where it has one
    std::optional<double> found;  // what the last run found for it, where it is not set
};

struct StageRows {
    const RecipeStage* stage = nullptr;
    std::string label;   // "time gate"
    std::string family;  // "first arrival"
    bool changed = false;
    std::optional<double> seconds;  // of the last run
    std::vector<ParameterRow> rows;
};

// In the recipe's order, which is that of the data flow. Stages of which nothing passes the filter are left out; one
// whose own name matches shows all of its rows. `last` may be null. `view` chooses among what was found for each view.
[[nodiscard]] std::vector<StageRows> parameter_rows(const Recipe& recipe, const RowFilter& filter, const Result* last,
                                                    std::int64_t view);

// "time_gate" -> "time gate".
[[nodiscard]] std::string in_words(std::string name);
// "open_ps" with unit ps -> "open".
[[nodiscard]] std::string label_of(const Param& param);

// The values that reset_parameter() gives back, for the same stages: those of the built-in recipe of this name, else
// defaults.
[[nodiscard]] Recipe base_recipe(const Recipe& recipe);

// The value as it is typed: the shortest text that reads back as the same number, without its unit; "auto".
[[nodiscard]] std::string typed_text(const Param& param, const void* params);
// What somebody typed, as the command line takes it: without spaces around it and without the parameter's own unit.
[[nodiscard]] std::string as_flag_text(const Param& param, const std::string& typed);
// "-40 ps", "5": what a field shows for a real or whole number.
[[nodiscard]] std::string shown_number(const Param& param, double value);

// By how much a value changes per pixel of a drag: a hundredth of its size, at the least of its default's or, where
// both are small against the range, of what such parameters usually are.
[[nodiscard]] double drag_step(const Param& param, double value, double base);
// Where an automatic parameter starts when it is set: what was found, else 0 or the nearest allowed.
[[nodiscard]] double start_value(const ParameterRow& row);

// For tooltips: meaning, range, default, flag; a line each.
[[nodiscard]] std::string about(const ParameterRow& row, const StageEntry& stage);

}  // namespace firstlight::viewer
