// The delay axis of a gated camera as the bins that trace stages know.
//
// Bin i belongs to gate i. Its edges lie midway between the delays (the outermost half a step outside), so bins tile
// the axis however uneven it is; the unit is their mean width, so that edge[gates] = gates. A frame's relative
// exposure is exposure * gate_width over the mean of that product: what it gathers of light that does not change while
// the gate is open.
//
//   delays 0 1 2 4 6 ps  ->  edges -0.5 0.5 1.5 3 5 7 ps, unit 1.5 ps: 0 0.667 1.333 2.333 3.667 5
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/support/scan.hpp"

namespace firstlight {

struct GateBins {
    std::vector<double> edges;     // [gates + 1] bins
    std::vector<double> exposure;  // [gates] relative, mean 1
    double first_edge_s = 0;
    double unit_s = 0;  // mean width of a bin
};

// Errors (bad_input, naming `name` and the dataset): fewer than two gates, lengths other than `gates`, delays that do
// not increase, widths or exposures that are not positive, values that are not finite, a saturation count or bit depth
// that cannot be.
void check_gates(const GateAxis& axis, std::int64_t gates, const std::string& name);

// Of an axis that check_gates() accepts.
[[nodiscard]] GateBins gate_bins(const GateAxis& axis);

// Puts the axis into scan.bin_width_s and first_bin_centre_s: positions in bins are then those of gate_bins().
void set_time_axis(Scan& scan);

// Mean exposure of a frame in s.
[[nodiscard]] double mean_exposure_s(const GateAxis& axis);

// Counts from here on are saturated: the file's number, else the largest of its bit depth, else of its type; 0: none.
[[nodiscard]] double saturation_of(const GateAxis& axis, CountType type);

}  // namespace firstlight
