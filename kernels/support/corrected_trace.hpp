// A corrected trace: counts with the detector's model taken out, for display, export and pooling. Likelihoods and gates
// never see it, because it is no longer Poisson distributed.
//
//   value of true bin i:  (y_i / live_i - dark * width_i) / gain,  lying over [edge_i - shift, edge_{i+1} - shift)
//
// `linear` spreads each bin evenly over the nominal bins that it overlaps: no ringing, a sum kept to 1e-6 of itself,
// a response wider by up to half a bin squared. `fourier` shifts by a phase ramp (zero-padded to twice the length):
// no widening, ringing where the trace has sharp edges. Light that leaves the window is lost in both.
// Shapes: out[bins], counts per nominal bin.
//
//   y = 0 0 8 0, shift 1.25 bins  ->  linear: 2 6 0 0 (the bin now lies over [0.75, 1.75))
#pragma once

#include "kernels/support/views.hpp"

namespace firstlight {

enum class Interpolation : std::uint8_t { linear, fourier };

void corrected_trace(const TraceTile& tile, std::int64_t trace, Interpolation how, float* out);

}  // namespace firstlight
