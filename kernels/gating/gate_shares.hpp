// How unscattered and scattered light divide between the gate and the late window (see time_gate.hpp), and the gate
// that sees unscattered light best. x is in bins after the arrival.
#pragma once

#include "kernels/gating/time_gate.hpp"
#include "kernels/support/pooled_trace.hpp"
#include "kernels/support/response.hpp"

namespace firstlight {

// Adds [share_phases][4] values p_G, p_W, s_G, s_W for one response. The unit of scattered light is arbitrary.
void add_shares(const CumulativeResponse& response, const TimeGate::Coefficients& gate, TimeGate::ScatterOnset onset,
                std::vector<float>& shares);

// The same for bins with these edges and light that arrives at `arrival`, where a sweep of gates is uneven; all phases
// are alike.
void add_shares(const CumulativeResponse& response, const TimeGate::Coefficients& gate, TimeGate::ScatterOnset onset,
                const std::vector<double>& edges, double arrival, std::vector<float>& shares);

// Sets gate.open and gate.close to where S / sqrt(S + B) is largest on the pooled trace; false where no
// gate lies in the data.
bool choose_edges(const BinnedResponse& response, const PooledTrace& pooled, TimeGate::Coefficients& gate);

}  // namespace firstlight
