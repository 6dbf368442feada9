// What is known of an opened file and its result, as words and numbers for a panel.
//
//   for (const Fact& fact : file_facts(document)) ...               // "bins", "512 of 8 ps"
//   for (const StageBar& bar : waterfall(*document.result)) ...     // bar.counts_in, bar.seconds as in the result
#pragma once

#include <string>
#include <vector>

#include "viewer/session/document.hpp"

namespace firstlight::viewer {

struct Fact {
    std::string name, value;
    std::string about;  // for a tooltip; may be empty
};

// The acquisition: what it is, its axes, its source. What the file does not say is left out.
[[nodiscard]] std::vector<Fact> file_facts(const Document& document);
// Who made the result, where, in how many seconds.
[[nodiscard]] std::vector<Fact> run_facts(const Result& result);
// Figures of /entry/quality with what they mean.
[[nodiscard]] std::vector<Fact> quality_facts(const Result& result);

struct StageBar {
    std::string name;                      // "time_gate"
    double counts_in = 0, counts_out = 0;  // of the StageRecord; both 0: it counts nothing
    double seconds = 0;
    // Lengths of the bars, 0..1 of the largest of all stages; counts on a log scale from 1 count when asked.
    double share_in = 0, share_out = 0, share_seconds = 0;
    std::string counts;       // "6,962,035 → 7,062,938 (+1.4 %)"
    std::vector<Fact> found;  // its survey: "arrival", "512.3 ps"; of many views the range
    [[nodiscard]] bool counted() const { return counts_in != 0 || counts_out != 0; }
};
[[nodiscard]] std::vector<StageBar> waterfall(const Result& result, bool log_counts);

// A name with its unit at the end, as parameters and surveys have it: "open_ps", -38.2 -> {"open", "-38.2 ps"}.
[[nodiscard]] Fact named_number(const std::string& name, double value);

}  // namespace firstlight::viewer
