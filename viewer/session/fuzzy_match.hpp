// Finding by a few letters: "tgop" finds "time_gate.open_ps".
#pragma once

#include <optional>
#include <string_view>

namespace firstlight::viewer {

// How well the letters of `wanted` are found, in their order, in `text`; nothing when they are not. Case and blanks do
// not count. Higher is better: letters that follow one another, and that begin words, are worth more; long texts less.
[[nodiscard]] std::optional<double> fuzzy_match(std::string_view wanted, std::string_view text);

}  // namespace firstlight::viewer
