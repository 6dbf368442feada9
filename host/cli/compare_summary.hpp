// One summary of the figures of merit of many views, for people: programs get each view.
#pragma once

#include <string>
#include <vector>

#include "host/cli/console.hpp"
#include "host/pipeline/compare_figures.hpp"

namespace firstlight::cli {

using merits::Comparison, merits::Figure, merits::Figures;

constexpr std::size_t most_views_in_full = 4;  // results of more are summed up

// "7.2 dB", "512.3 ps"; "-" where there is none.
[[nodiscard]] std::string value_with_unit(const Figure& figure);

// Of each figure the median and the range of the views that have it ("7.2 dB (6.1 dB to 8 dB)"), one value where all
// are the same; notes once, those that differ only in their numbers as the first view has them.
[[nodiscard]] Facts summary_of(const std::vector<Comparison>& views);

}  // namespace firstlight::cli
