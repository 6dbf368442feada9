// What volume stages ask of how a scan looked at its object, whatever their parameters: known before any count is read.
//
// Errors (bad_input), each with a way out: one view; angles missing, not finite, beyond two turns (degrees) or all the
// same modulo pi; a scan that is not confocal.
#pragma once

#include <cstddef>
#include <vector>

#include "kernels/support/scan.hpp"

namespace firstlight {

// Angles in [0, pi) in order, with the views that have them. Radians.
struct Direction {
    double angle = 0;
    std::vector<std::size_t> views;
};
[[nodiscard]] std::vector<Direction> directions(const std::vector<double>& angles);

// Of views from many angles. `stage`: the name of the stage that needs them, for messages.
void check_view_angles(const Scan& scan, const char* stage);

// Of laser and detector that look at the same point.
void check_confocal(const Scan& scan, const char* stage);

}  // namespace firstlight
