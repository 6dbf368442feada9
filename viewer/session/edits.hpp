// What can be undone: the recipe, the calibration, the regions and the colours of each layer, and their history.
//
//   History history(Edits{load_recipe("transmission"), {}, {}, {}});
//   Edits changed = history.now();
//   set_parameter(changed.recipe, "time_gate.open_ps", "-40");
//   history.add("time_gate.open_ps", changed, "time_gate.open_ps");   // merges with an edit of the same mark just
//   before history.undo();
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "host/pipeline/recipe.hpp"
#include "viewer/session/looks.hpp"

namespace firstlight::viewer {

struct Edits {
    Recipe recipe;
    std::filesystem::path calibration;  // empty: what the scan says of itself
    std::vector<Region> regions;
    std::map<std::string, ToneMap::Params> tones;  // by layer; not there: as the recipe's tone_map says
};

// What decides results: the calibration, then the recipe as TOML without name, summary and tone_map.
[[nodiscard]] std::string computed_part(const Recipe& recipe, const std::filesystem::path& calibration);

// What decides what is held for instant gating: the calibration, then the stages on traces before a gate.
[[nodiscard]] std::string held_part(const Recipe& recipe, const std::filesystem::path& calibration);

// Gives parameters without effect their defaults back (they were set, then a choice made them idle).
void drop_idle_parameters(Recipe& recipe);

// Gives "stage.parameter", or all of "stage", the value that the built-in recipe of this name has, else the default.
// Errors: usage for an unknown key.
void reset_parameter(Recipe& recipe, const std::string& key);

// Errors: usage when "stage.parameter" has no effect as other parameters are.
void refuse_if_idle(const Recipe& recipe, const std::string& key);

class History {
  public:
    explicit History(Edits first);

    [[nodiscard]] const Edits& now() const { return steps_[at_].edits; }
    // computed_part() and held_part() of what is there now, written once for each step. Not for two threads at once.
    [[nodiscard]] const std::string& computed() const;
    [[nodiscard]] const std::string& held() const;
    [[nodiscard]] bool can_undo() const { return at_ > 0; }
    [[nodiscard]] bool can_redo() const { return at_ + 1 < steps_.size(); }
    [[nodiscard]] std::string undo_label() const { return can_undo() ? steps_[at_].label : ""; }
    [[nodiscard]] std::string redo_label() const { return can_redo() ? steps_[at_ + 1].label : ""; }

    // What was undone is gone. An edit with the same mark (not "") as the one before takes its place: a whole drag is
    // one step. end_merge() closes a drag.
    void add(const std::string& label, Edits edits, const std::string& mark = {});
    void end_merge();
    void undo();
    void redo();

    // Whether something would be lost: what is there now differs from what was kept last.
    [[nodiscard]] bool unsaved() const { return steps_[at_].id != kept_; }
    void mark_kept() { kept_ = steps_[at_].id; }
    // The same for what was there when `id` was asked for: writing takes its time.
    [[nodiscard]] std::uint64_t id() const { return steps_[at_].id; }
    void mark_kept(std::uint64_t id) { kept_ = id; }

  private:
    struct Step {
        std::string label, mark;
        Edits edits;
        std::uint64_t id = 0;
        mutable std::optional<std::string> computed = {}, held = {};
    };
    static constexpr std::size_t most_steps = 200;
    std::vector<Step> steps_;
    std::size_t at_ = 0;
    std::uint64_t next_id_ = 1, kept_ = 0;
};

}  // namespace firstlight::viewer
