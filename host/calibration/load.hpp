// Puts a calibration in place of what a scan says of itself.
//
// What the calibration holds replaces the scan's own; what it does not hold stays. Returns a sentence for each thing
// that was replaced. A medium's thickness is the scan's business and stays unless the scan does not say it. Errors
// (bad_input): arrays per pixel of another size than the scan's.
//
//   apply_calibration(read_calibration("calibration.h5", {}), "calibration.h5", scan)
#pragma once

#include <string>
#include <vector>

#include "host/io/calibration_file.hpp"

namespace firstlight {

std::vector<std::string> apply_calibration(const Calibration& calibration, const std::string& name, Scan& scan);

}  // namespace firstlight
